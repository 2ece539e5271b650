-- +goose Up
-- Work is claimed in an order of our own. A reference waits, or this process runs it.
-- River's tables are no longer used.
DROP INDEX pr_work_job_id;
ALTER TABLE pr_work DROP COLUMN job_id;
ALTER TABLE pr_work ADD COLUMN class INTEGER NOT NULL DEFAULT 2; -- a queue.Class
ALTER TABLE pr_work ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;  -- the order within the class, the smallest first
ALTER TABLE pr_work ADD COLUMN run INTEGER NOT NULL DEFAULT 0;   -- the process's number of it, 0 for none
CREATE INDEX pr_work_waiting ON pr_work (repo_id, class, rank, number) WHERE state = 'waiting' AND run = 0;
CREATE INDEX pr_work_run ON pr_work (run) WHERE run > 0;
CREATE INDEX pr_work_due_at ON pr_work (due_at) WHERE state IN ('retrying', 'sleeping');
