-- +goose Up
-- Times are microseconds since 1970 in UTC; 0 is no time. Names of repositories
-- and people compare without case and keep the spelling first seen.

CREATE TABLE repo (
    id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forge TEXT NOT NULL,
    owner TEXT NOT NULL,
    name  TEXT NOT NULL
);
CREATE UNIQUE INDEX repo_name ON repo (forge, lower(owner), lower(name));

-- Deliveries accepted; kept to know a redelivered one.
CREATE TABLE delivery (
    forge       TEXT NOT NULL,
    id          TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (forge, id)
);
CREATE INDEX delivery_received_at ON delivery (received_at);

-- References that have work; number 0 is the repository as a whole. A row is
-- deleted when its work is done. job_id names the one River job that may run
-- it: any other job that carries the reference does nothing.
CREATE TABLE pr_work (
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    gen      BIGINT NOT NULL,            -- raised by each event
    state    TEXT NOT NULL,              -- waiting, retrying, sleeping, dead
    job_id   BIGINT,                     -- NULL where dead
    holder   TEXT,                       -- the replica that runs it
    lease    BIGINT NOT NULL DEFAULT 0,  -- raised by each claim and each loss of one
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    since    BIGINT NOT NULL,            -- of the first event that is not served
    due_at   BIGINT NOT NULL,            -- of the next attempt
    error    TEXT NOT NULL DEFAULT '',   -- of the last attempt
    PRIMARY KEY (repo_id, number)
);
CREATE UNIQUE INDEX pr_work_job_id ON pr_work (job_id);
CREATE INDEX pr_work_holder ON pr_work (holder) WHERE holder IS NOT NULL;

-- The processes that are alive, by the database's clock.
CREATE TABLE replica (
    id      TEXT PRIMARY KEY,
    beat_at TIMESTAMPTZ NOT NULL
);

-- Who does what only one of them should do.
CREATE TABLE leader (
    duty   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  TIMESTAMPTZ NOT NULL
);

CREATE TABLE known (
    repo_id     BIGINT NOT NULL REFERENCES repo (id),
    number      INTEGER NOT NULL,
    head        TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    base_tip    TEXT NOT NULL,
    merge_base  TEXT NOT NULL,
    open        BOOLEAN NOT NULL,
    updated_at  BIGINT NOT NULL,
    check_name  TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    sources     TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    PRIMARY KEY (repo_id, number)
);
CREATE INDEX known_open_head ON known (repo_id, head) WHERE open;
CREATE INDEX known_open_due_at ON known (due_at) WHERE open AND due_at > 0;
CREATE INDEX known_closed ON known (updated_at) WHERE NOT open;

-- A head that is back again is a row of its own: what a review saw depends on
-- when it was given.
CREATE TABLE head (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo_id     BIGINT NOT NULL REFERENCES repo (id),
    number      INTEGER NOT NULL,
    id          TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    merge_base  TEXT NOT NULL,
    seen_at     BIGINT NOT NULL,
    body        BYTEA NOT NULL, -- gzip of JSON
    UNIQUE (repo_id, number, id, base_branch, merge_base, seen_at)
);

-- What stands on commits. All pull requests of a head share it; number is the
-- one that wrote last.
CREATE TABLE check_record (
    seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    head     TEXT NOT NULL,
    name     TEXT NOT NULL,
    forge_id BIGINT NOT NULL,
    outcome  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    done     BOOLEAN NOT NULL,
    UNIQUE (repo_id, head, name)
);
CREATE INDEX check_record_number ON check_record (repo_id, number);

CREATE TABLE comment_record (
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    forge_id BIGINT NOT NULL,
    digest   TEXT NOT NULL,
    done     BOOLEAN NOT NULL,
    PRIMARY KEY (repo_id, number)
);

CREATE TABLE asked (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    head    TEXT NOT NULL,
    login   TEXT NOT NULL,
    refused BOOLEAN NOT NULL,
    at      BIGINT NOT NULL,
    why     TEXT NOT NULL -- JSON
);
CREATE UNIQUE INDEX asked_once ON asked (repo_id, number, head, lower(login));

-- Overrides taken back in comments: remembered, because comments can be
-- deleted.
CREATE TABLE cancelled (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    login   TEXT NOT NULL,
    person  BIGINT NOT NULL, -- the forge's numeric id; 0 where unknown
    bot     BOOLEAN NOT NULL,
    at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX cancelled_once ON cancelled (repo_id, number, at, lower(login));

-- Comments and reviews whose commands were answered.
CREATE TABLE answered (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    key     TEXT NOT NULL,
    words   BOOLEAN NOT NULL, -- by a comment
    PRIMARY KEY (repo_id, number, key)
);

-- The accounts first seen behind logins.
CREATE TABLE account (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    login   TEXT NOT NULL,
    id      BIGINT NOT NULL -- the forge's number
);
CREATE UNIQUE INDEX account_once ON account (repo_id, lower(login));

-- Labels that the gate put on pull requests.
CREATE TABLE label (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    name    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    done    BOOLEAN NOT NULL, -- the forge has answered the call
    taken   BOOLEAN NOT NULL  -- somebody took it off, or the forge refused it
);
CREATE UNIQUE INDEX label_once ON label (repo_id, number, md5(lower(name)));

CREATE TABLE run (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    head    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    body    BYTEA NOT NULL -- gzip
);
ALTER TABLE run ALTER COLUMN body SET STORAGE EXTERNAL; -- it is compressed already
CREATE INDEX run_of ON run (repo_id, number, seq);
CREATE INDEX run_at ON run (at);

-- A cache: the oldest go first.
CREATE TABLE blob (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    id      TEXT NOT NULL,
    data    BYTEA NOT NULL,
    UNIQUE (repo_id, id)
);

-- Requests for review, one row for each time that somebody was asked.
CREATE TABLE duty (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    who     TEXT NOT NULL, -- a login, or "@organisation/slug"
    at      BIGINT NOT NULL,
    waiting BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX duty_once ON duty (repo_id, number, lower(who), at);
CREATE INDEX duty_waiting ON duty (lower(who)) WHERE waiting;

-- Reviews that were given.
CREATE TABLE review (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    number  INTEGER NOT NULL,
    id      BIGINT NOT NULL, -- the forge's
    who     TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (repo_id, number, id)
);
CREATE INDEX review_who ON review (lower(who), at);

-- For which subsystems of a pull request's files people approve.
CREATE TABLE area (
    repo_id   BIGINT NOT NULL REFERENCES repo (id),
    number    INTEGER NOT NULL,
    who       TEXT NOT NULL,
    subsystem TEXT NOT NULL
);
CREATE UNIQUE INDEX area_once ON area (repo_id, number, lower(who), md5(subsystem)); -- names may be longer than a key

-- The mark of what was noted last, and whether what people learned by the pull
-- request was noted.
CREATE TABLE activity (
    repo_id  BIGINT NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    mark     TEXT NOT NULL,
    credited BOOLEAN NOT NULL,
    PRIMARY KEY (repo_id, number)
);

-- What people know of paths, directories (with a slash at the end) and whole
-- repositories (''), as of a time.
CREATE TABLE knowledge (
    repo_id BIGINT NOT NULL REFERENCES repo (id),
    place   TEXT NOT NULL,
    login   TEXT NOT NULL, -- in lower case
    weight  DOUBLE PRECISION NOT NULL,
    at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX knowledge_once ON knowledge (repo_id, md5(place), login);
