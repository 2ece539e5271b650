-- +goose Up
-- How much of a pull request was reviewed when it was judged last.
CREATE TABLE judged (
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    reviewed INTEGER NOT NULL, -- files
    counted  INTEGER NOT NULL, -- files that needed review
    passed   BOOLEAN NOT NULL,
    merged   BIGINT NOT NULL, -- 0: not
    PRIMARY KEY (repo_id, number)
);
CREATE INDEX judged_merged ON judged (repo_id, merged);
-- Who owns the tree of a repository, as it was found out last.
CREATE TABLE survey (
    repo_id BIGINT NOT NULL PRIMARY KEY REFERENCES repo (id),
    asked   BIGINT NOT NULL, -- when somebody wanted to know; 0: nobody did
    at      BIGINT NOT NULL, -- 0: not yet
    body    BYTEA NOT NULL  -- JSON
);
