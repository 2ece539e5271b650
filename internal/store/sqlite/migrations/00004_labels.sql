-- +goose Up
-- Labels that the gate put on pull requests.
CREATE TABLE label (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    name    TEXT NOT NULL COLLATE NOCASE,
    at      INTEGER NOT NULL,
    done    INTEGER NOT NULL, -- the forge has answered the call
    taken   INTEGER NOT NULL, -- somebody took it off, or the forge refused it
    PRIMARY KEY (repo_id, number, name)
) STRICT, WITHOUT ROWID;
