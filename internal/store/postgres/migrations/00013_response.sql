-- +goose Up
-- How pull requests wait, or waited, for areas that have a time to answer in.
CREATE TABLE response (
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    area     TEXT NOT NULL,
    since    BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    answered BIGINT NOT NULL, -- 0: not
    ended    BIGINT NOT NULL, -- without an answer; 0: not
    PRIMARY KEY (repo_id, number, area)
);
-- Until when the first review of an area of theirs should come, and which; 0 where none should.
ALTER TABLE wait ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE wait ADD COLUMN area TEXT NOT NULL DEFAULT '';
