-- +goose Up
-- Work is claimed in an order of our own, by due times of this database's clock.
-- A reference waits, or a holder runs it: a process, and the run that it knows it
-- by. job_id and River's tables stay for replicas of the version before.
ALTER TABLE pr_work
    ADD COLUMN class SMALLINT NOT NULL DEFAULT 2, -- a queue.Class
    ADD COLUMN rank  BIGINT NOT NULL DEFAULT 0,   -- the order within the class, the smallest first
    ADD COLUMN run   BIGINT NOT NULL DEFAULT 0;   -- the holder's number of it
CREATE INDEX pr_work_waiting ON pr_work (repo_id, class, rank, number) WHERE state = 'waiting' AND holder IS NULL;
CREATE INDEX pr_work_due_at ON pr_work (due_at) WHERE state IN ('retrying', 'sleeping');

-- The forges that a replica gets no answer from.
ALTER TABLE replica ADD COLUMN unreached TEXT[] NOT NULL DEFAULT '{}';
