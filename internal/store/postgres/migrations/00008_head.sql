-- +goose Up
-- The head commit that the last event told of: work on one head is done one after the
-- other, also where none of it was judged before.
ALTER TABLE pr_work ADD COLUMN head TEXT NOT NULL DEFAULT '';
