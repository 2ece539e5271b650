-- +goose Up
-- Replicas of the version before may still write. All that they do with these tables
-- begins with repo, or takes them in this order.
LOCK TABLE repo, objection, asked, label, comment_record, cancelled, answered, account IN ACCESS EXCLUSIVE MODE;

-- What is only read whole, of a pull request or of a repository: one table for all kinds.
CREATE TABLE fact (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY, -- the order in which they came
    repo_id BIGINT NOT NULL,
    number  INTEGER NOT NULL, -- -1: of the repository
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,    -- tells those of a kind apart; names in it are in lower case, as far as they are ASCII
    body    TEXT NOT NULL     -- JSON
);
CREATE UNIQUE INDEX fact_once ON fact (repo_id, number, kind, md5(key)); -- names may be longer than a key

INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'asked', head || ' ' || lower(login COLLATE "C"),
        json_build_object('v', 1, 'value', json_build_object('Head', head, 'Login', login, 'Refused', refused,
            'At', CASE WHEN at <= 0 THEN '0001-01-01T00:00:00Z' ELSE to_char(to_timestamp(at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.') || lpad((at % 1000000)::text, 6, '0') || 'Z' END,
            'Why', regexp_replace(why, '^\{"v":1,', '{')::json))
    FROM asked ORDER BY seq;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'comment', '',
        json_build_object('v', 1, 'value', json_build_object('id', CASE forge_id WHEN 0 THEN '' ELSE forge_id::text END, 'digest', digest, 'done', done))
    FROM comment_record;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'label', lower(name COLLATE "C"),
        json_build_object('v', 1, 'value', json_build_object('name', name,
            'at', CASE WHEN at <= 0 THEN '0001-01-01T00:00:00Z' ELSE to_char(to_timestamp(at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.') || lpad((at % 1000000)::text, 6, '0') || 'Z' END,
            'done', done, 'taken', taken))
    FROM label;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'objection', lpad(review::text, 20, '0') || ' ' || spoken::integer, body
    FROM objection;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'cancelled', lpad(greatest(at, 0)::text, 20, '0') || ' ' || lower(login COLLATE "C"),
        json_build_object('v', 1, 'value', json_build_object('who', json_build_object('Login', login, 'ID', person, 'Bot', bot),
            'at', CASE WHEN at <= 0 THEN '0001-01-01T00:00:00Z' ELSE to_char(to_timestamp(at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.') || lpad((at % 1000000)::text, 6, '0') || 'Z' END))
    FROM cancelled;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'answered', key, json_build_object('v', 1, 'value', json_build_object('key', key))
    FROM answered;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, -1, 'account', lower(login COLLATE "C"), json_build_object('v', 1, 'value', json_build_object('login', login, 'id', id))
    FROM account;

DROP TABLE asked, comment_record, label, objection, cancelled, answered, account;

-- A check's id is whatever its forge calls it.
ALTER TABLE check_record ALTER COLUMN forge_id TYPE text USING CASE forge_id WHEN 0 THEN '' ELSE forge_id::text END;
