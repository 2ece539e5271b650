-- +goose Up
-- Where a forge's checks belong to pull requests, each of a head has its own: of_number is
-- the one, 0 where all of the head share it.
CREATE TABLE check_of_request (
    seq       INTEGER PRIMARY KEY,
    repo_id   INTEGER NOT NULL REFERENCES repo (id),
    number    INTEGER NOT NULL,
    head      TEXT NOT NULL,
    name      TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    digest    TEXT NOT NULL,
    done      INTEGER NOT NULL,
    at        INTEGER NOT NULL DEFAULT 0,
    forge_id  TEXT NOT NULL DEFAULT '',
    of_number INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repo_id, head, name, of_number)
) STRICT;
INSERT INTO check_of_request (seq, repo_id, number, head, name, outcome, digest, done, at, forge_id)
    SELECT seq, repo_id, number, head, name, outcome, digest, done, at, forge_id FROM check_record ORDER BY seq;
DROP TABLE check_record;
ALTER TABLE check_of_request RENAME TO check_record;
CREATE INDEX check_record_number ON check_record (repo_id, number);
