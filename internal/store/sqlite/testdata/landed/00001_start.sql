-- +goose Up
-- Times are microseconds since 1970 in UTC; 0 is no time.

CREATE TABLE repo (
    id    INTEGER PRIMARY KEY,
    forge TEXT NOT NULL,
    owner TEXT NOT NULL COLLATE NOCASE, -- spelled as first seen
    name  TEXT NOT NULL COLLATE NOCASE,
    UNIQUE (forge, owner, name)
) STRICT;

-- Deliveries accepted; kept to know a redelivered one.
CREATE TABLE delivery (
    forge       TEXT NOT NULL,
    id          TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (forge, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_received_at ON delivery (received_at);

-- References that have work; number 0 is the repository as a whole. A row is
-- deleted when its work is done. job_id names the one River job that may run
-- it: any other job that carries the reference does nothing.
CREATE TABLE pr_work (
    repo_id  INTEGER NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    gen      INTEGER NOT NULL,           -- raised by each event
    state    TEXT NOT NULL,              -- waiting, retrying, sleeping, dead
    job_id   INTEGER,                    -- NULL where dead
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    since    INTEGER NOT NULL,           -- of the first event that is not served
    due_at   INTEGER NOT NULL,           -- of the next attempt
    error    TEXT NOT NULL DEFAULT '',   -- of the last attempt
    PRIMARY KEY (repo_id, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pr_work_job_id ON pr_work (job_id);

CREATE TABLE known (
    repo_id     INTEGER NOT NULL REFERENCES repo (id),
    number      INTEGER NOT NULL,
    head        TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    base_tip    TEXT NOT NULL,
    open        INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    check_name  TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    sources     TEXT NOT NULL,
    due_at      INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_open_head ON known (repo_id, head) WHERE open;
CREATE INDEX known_open_due_at ON known (due_at) WHERE open AND due_at > 0;

CREATE TABLE head (
    seq         INTEGER PRIMARY KEY,
    repo_id     INTEGER NOT NULL REFERENCES repo (id),
    number      INTEGER NOT NULL,
    id          TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    merge_base  TEXT NOT NULL,
    body        BLOB NOT NULL, -- gzip of JSON
    UNIQUE (repo_id, number, id, base_branch, merge_base)
) STRICT;

CREATE TABLE check_record (
    seq      INTEGER PRIMARY KEY,
    repo_id  INTEGER NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    head     TEXT NOT NULL,
    name     TEXT NOT NULL,
    forge_id INTEGER NOT NULL,
    outcome  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    done     INTEGER NOT NULL,
    UNIQUE (repo_id, number, head, name)
) STRICT;

CREATE TABLE comment_record (
    repo_id  INTEGER NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    forge_id INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    done     INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE asked (
    seq     INTEGER PRIMARY KEY,
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    head    TEXT NOT NULL,
    login   TEXT NOT NULL COLLATE NOCASE,
    refused INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (repo_id, number, head, login)
) STRICT;

CREATE TABLE run (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    head    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    body    BLOB NOT NULL -- gzip
) STRICT;
CREATE INDEX run_of ON run (repo_id, number, seq);

-- A cache: the oldest go first. blob_size holds the sum of the sizes.
CREATE TABLE blob (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    id      TEXT NOT NULL,
    data    BLOB NOT NULL,
    UNIQUE (repo_id, id)
) STRICT;
CREATE TABLE blob_size (bytes INTEGER NOT NULL) STRICT;
INSERT INTO blob_size VALUES (0);
