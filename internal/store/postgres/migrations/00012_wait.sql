-- +goose Up
-- What people have to do with open pull requests, as the last evaluation of each said.
CREATE TABLE wait (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    who     TEXT NOT NULL,    -- a login in lower case
    own     BOOLEAN NOT NULL, -- it is theirs
    turn    BOOLEAN NOT NULL, -- something of it waits for them
    files   INTEGER NOT NULL, -- that they can review; of their own, that miss review
    alone   TEXT NOT NULL,    -- JSON: paths of those that nobody else can approve
    title   TEXT NOT NULL,
    since   BIGINT NOT NULL,
    PRIMARY KEY (repo_id, number, who, own)
);
CREATE INDEX wait_who ON wait (who, since);
