-- +goose Up
-- Requests for changes as they were last read, as JSON.
CREATE TABLE objection (
    repo_id BIGINT NOT NULL,
    number  INTEGER NOT NULL,
    review  BIGINT NOT NULL,
    spoken  BOOLEAN NOT NULL, -- review is a comment
    body    TEXT NOT NULL,
    PRIMARY KEY (repo_id, number, review, spoken)
);
