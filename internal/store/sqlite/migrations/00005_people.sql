-- +goose Up
-- Why somebody was asked: JSON.
ALTER TABLE asked ADD COLUMN why TEXT NOT NULL DEFAULT '{}';

-- Requests for review, one row for each time that somebody was asked.
CREATE TABLE duty (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    who     TEXT NOT NULL COLLATE NOCASE, -- a login, or "@organisation/slug"
    at      INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number, who, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX duty_waiting ON duty (who) WHERE waiting;

-- Reviews that were given.
CREATE TABLE review (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    id      INTEGER NOT NULL, -- the forge's
    who     TEXT NOT NULL COLLATE NOCASE,
    at      INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_who ON review (who, at);

-- For which subsystems of a pull request's files people approve.
CREATE TABLE area (
    repo_id   INTEGER NOT NULL REFERENCES repo (id),
    number    INTEGER NOT NULL,
    who       TEXT NOT NULL COLLATE NOCASE,
    subsystem TEXT NOT NULL,
    PRIMARY KEY (repo_id, number, who, subsystem)
) STRICT, WITHOUT ROWID;

-- The mark of what was noted last, and whether what people learned by the pull
-- request was noted.
CREATE TABLE activity (
    repo_id  INTEGER NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    mark     TEXT NOT NULL,
    credited INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number)
) STRICT, WITHOUT ROWID;

-- What people know of paths, directories (with a slash at the end) and whole
-- repositories (''), as of a time.
CREATE TABLE knowledge (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    place   TEXT NOT NULL,
    login   TEXT NOT NULL, -- in lower case
    weight  REAL NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (repo_id, place, login)
) STRICT, WITHOUT ROWID;
