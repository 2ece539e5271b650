-- +goose Up
-- What is only read whole, of a pull request or of a repository: one table for all kinds.
CREATE TABLE fact (
    seq     INTEGER PRIMARY KEY, -- the order in which they came
    repo_id INTEGER NOT NULL,
    number  INTEGER NOT NULL, -- -1: of the repository
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,    -- tells those of a kind apart; names in it are in lower case, as far as they are ASCII
    body    TEXT NOT NULL,    -- JSON
    UNIQUE (repo_id, number, kind, key)
) STRICT;

INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'asked', head || ' ' || lower(login),
        json_object('v', 1, 'value', json_object('Head', head, 'Login', login, 'Refused', json(iif(refused, 'true', 'false')),
            'At', iif(at <= 0, '0001-01-01T00:00:00Z', strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000)),
            'Why', json_remove(why, '$.v')))
    FROM asked ORDER BY seq;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'comment', '',
        json_object('v', 1, 'value', json_object('id', iif(forge_id = 0, '', CAST(forge_id AS TEXT)), 'digest', digest, 'done', json(iif(done, 'true', 'false'))))
    FROM comment_record;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'label', lower(name),
        json_object('v', 1, 'value', json_object('name', name,
            'at', iif(at <= 0, '0001-01-01T00:00:00Z', strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000)),
            'done', json(iif(done, 'true', 'false')), 'taken', json(iif(taken, 'true', 'false'))))
    FROM label;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'objection', printf('%020d %d', review, spoken <> 0), body
    FROM objection;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'cancelled', printf('%020d ', max(at, 0)) || lower(login),
        json_object('v', 1, 'value', json_object('who', json_object('Login', login, 'ID', person, 'Bot', json(iif(bot, 'true', 'false'))),
            'at', iif(at <= 0, '0001-01-01T00:00:00Z', strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000))))
    FROM cancelled;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, number, 'answered', key, json_object('v', 1, 'value', json_object('key', key))
    FROM answered;
INSERT INTO fact (repo_id, number, kind, key, body)
    SELECT repo_id, -1, 'account', lower(login), json_object('v', 1, 'value', json_object('login', login, 'id', id))
    FROM account;

DROP TABLE asked;
DROP TABLE comment_record;
DROP TABLE label;
DROP TABLE objection;
DROP TABLE cancelled;
DROP TABLE answered;
DROP TABLE account;

-- A check's id is whatever its forge calls it.
ALTER TABLE check_record ADD COLUMN forge_key TEXT NOT NULL DEFAULT '';
UPDATE check_record SET forge_key = iif(forge_id = 0, '', CAST(forge_id AS TEXT));
ALTER TABLE check_record DROP COLUMN forge_id;
ALTER TABLE check_record RENAME COLUMN forge_key TO forge_id;
