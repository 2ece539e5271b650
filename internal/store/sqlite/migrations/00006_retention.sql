-- +goose Up
-- What is dropped by its age is found by it.
CREATE INDEX run_at ON run (at);
CREATE INDEX known_closed ON known (updated_at) WHERE NOT open;

-- The forge's number of a repository, which stays when its name changes; 0 until
-- an event tells it.
ALTER TABLE repo ADD COLUMN forge_id INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX repo_forge_id ON repo (forge, forge_id) WHERE forge_id > 0;
