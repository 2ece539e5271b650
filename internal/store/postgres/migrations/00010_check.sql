-- +goose Up
-- Where a forge's checks belong to pull requests, each of a head has its own: of_number is
-- the one, 0 where all of the head share it.
ALTER TABLE check_record ADD COLUMN of_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE check_record DROP CONSTRAINT check_record_repo_id_head_name_key;
ALTER TABLE check_record ADD CONSTRAINT check_record_repo_id_head_name_of_number_key UNIQUE (repo_id, head, name, of_number);
