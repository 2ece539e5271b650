-- +goose Up
-- Overrides taken back in comments: remembered, because comments can be
-- deleted.
CREATE TABLE cancelled (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    login   TEXT NOT NULL COLLATE NOCASE,
    person  INTEGER NOT NULL, -- the forge's numeric id; 0 where unknown
    bot     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number, at, login)
) STRICT, WITHOUT ROWID;

-- Comments and reviews whose commands were answered.
CREATE TABLE answered (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    key     TEXT NOT NULL,
    words   INTEGER NOT NULL, -- by a comment
    PRIMARY KEY (repo_id, number, key)
) STRICT, WITHOUT ROWID;
