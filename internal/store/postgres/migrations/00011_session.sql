-- +goose Up
-- Who is signed in on pages: key is a hash of what the browser has.
CREATE TABLE session (
    key        TEXT PRIMARY KEY,
    forge      TEXT NOT NULL,
    person     BIGINT NOT NULL, -- the forge's number of the account
    login      TEXT NOT NULL,
    until      BIGINT NOT NULL, -- the end, however much it is used
    expires_at BIGINT NOT NULL  -- the end unless it is used before
);
CREATE INDEX session_login ON session (forge, login);
CREATE INDEX session_expires_at ON session (expires_at);
