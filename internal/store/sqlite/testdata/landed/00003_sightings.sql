-- +goose Up
-- A head that is back again is a row of its own: what a review saw depends on
-- when it was given.
CREATE TABLE sighting (
    seq         INTEGER PRIMARY KEY,
    repo_id     INTEGER NOT NULL REFERENCES repo (id),
    number      INTEGER NOT NULL,
    id          TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    merge_base  TEXT NOT NULL,
    seen_at     INTEGER NOT NULL, -- 0: before times were kept here; body has it
    body        BLOB NOT NULL, -- gzip of JSON
    UNIQUE (repo_id, number, id, base_branch, merge_base, seen_at)
) STRICT;
INSERT INTO sighting (seq, repo_id, number, id, base_branch, merge_base, seen_at, body)
    SELECT seq, repo_id, number, id, base_branch, merge_base, 0, body FROM head;
DROP TABLE head;
ALTER TABLE sighting RENAME TO head;

ALTER TABLE known ADD COLUMN merge_base TEXT NOT NULL DEFAULT '';
