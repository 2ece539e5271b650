-- +goose Up
-- What is dropped by its age is found by it.
CREATE INDEX run_at ON run (at);
CREATE INDEX known_closed ON known (updated_at) WHERE NOT open;
