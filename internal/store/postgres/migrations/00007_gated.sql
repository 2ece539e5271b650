-- +goose Up
-- When a policy first gated a pull request of the repository, in the forge's time less
-- what is allowed for; NULL: none did so far, 0: before this was kept.
ALTER TABLE repo ADD COLUMN gated_at BIGINT;
UPDATE repo SET gated_at = 0 WHERE EXISTS (SELECT 1 FROM known k WHERE k.repo_id = repo.id AND k.check_name <> '');
