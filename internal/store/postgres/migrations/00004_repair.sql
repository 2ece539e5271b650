-- +goose Up
-- What 00001 gained after it had landed: a database that had run it before lacks it.
ALTER TABLE repo ADD COLUMN IF NOT EXISTS forge_id BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX IF NOT EXISTS repo_forge_id ON repo (forge, forge_id) WHERE forge_id > 0;
