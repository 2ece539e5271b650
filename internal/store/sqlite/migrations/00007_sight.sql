-- +goose Up
-- When the check that stands was begun: forges give up one that stays incomplete.
ALTER TABLE check_record ADD COLUMN at INTEGER NOT NULL DEFAULT 0;

-- Where a pull request stood at each look that showed something new, as JSON.
CREATE TABLE sighting (
    repo_id INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    seq     INTEGER NOT NULL, -- counts those of the pull request
    body    TEXT NOT NULL,
    PRIMARY KEY (repo_id, number, seq)
) WITHOUT ROWID;

-- What was first seen of each review in each state, as JSON.
CREATE TABLE sight (
    repo_id INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    review  INTEGER NOT NULL,
    state   TEXT NOT NULL,
    since   INTEGER NOT NULL, -- seq of the first sighting that matters to it
    till    INTEGER NOT NULL, -- of the last one, which had it first
    body    TEXT NOT NULL,
    PRIMARY KEY (repo_id, number, review, state)
) WITHOUT ROWID;

-- What signed deliveries told: of a review as it was submitted, as JSON, or, as
-- review 0, only how new the pull request was.
CREATE TABLE told (
    repo_id     INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    review      INTEGER NOT NULL,
    dismissed   INTEGER NOT NULL DEFAULT 0, -- it was, since
    body        TEXT NOT NULL DEFAULT '',
    updated_at  INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repo_id, number, review)
) WITHOUT ROWID;
