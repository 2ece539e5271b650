-- +goose Up
-- What heads change, kept once each, apart from the heads.
CREATE TABLE list (
    repo_id BIGINT NOT NULL,
    number  INTEGER NOT NULL,
    digest  TEXT NOT NULL,
    seq     BIGINT NOT NULL, -- counts those of the pull request
    base    TEXT NOT NULL,   -- digest of the one that body refers to; empty where it is whole
    body    BYTEA NOT NULL,  -- gzip of JSON
    PRIMARY KEY (repo_id, number, digest)
);

-- NULL: from before lists were kept apart; the body has it.
ALTER TABLE head ADD COLUMN list TEXT;
