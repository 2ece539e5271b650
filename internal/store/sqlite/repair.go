package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"
)

// repairVersion is the number of the migration that repair is, among those that are
// files. Like them it stays as it is, but that it leaves alone what later ones made.
const repairVersion = 9

// repairs are what files gained after they had landed: a database that had run them
// before has their version, and lacks it. Each is done if its condition holds.
func repairs() []struct{ name, lacks, do string } {
	const columns = `SELECT count(*) = 0 FROM pragma_table_info('%s') WHERE name = '%s'`
	return []struct{ name, lacks, do string }{
		{"repo.forge_id", fmt.Sprintf(columns, "repo", "forge_id"),
			`ALTER TABLE repo ADD COLUMN forge_id INTEGER NOT NULL DEFAULT 0`},
		{"repo_forge_id", `SELECT 1`,
			`CREATE UNIQUE INDEX IF NOT EXISTS repo_forge_id ON repo (forge, forge_id) WHERE forge_id > 0`},
		{"account", `SELECT 1`,
			`CREATE TABLE IF NOT EXISTS account (
    repo_id INTEGER NOT NULL REFERENCES repo (id),
    login   TEXT NOT NULL COLLATE NOCASE,
    id      INTEGER NOT NULL,
    PRIMARY KEY (repo_id, login)
) STRICT, WITHOUT ROWID`},
		// All pull requests of a head shared a check; of several rows the last one holds.
		{"check_record (repo_id, head, name)",
			`SELECT count(*) = 0 FROM pragma_index_list('check_record') l WHERE l."unique" AND
			(SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) IN
			('repo_id,head,name', 'repo_id,head,name,of_number')`,
			`CREATE TABLE check_of_head (
    seq      INTEGER PRIMARY KEY,
    repo_id  INTEGER NOT NULL REFERENCES repo (id),
    number   INTEGER NOT NULL,
    head     TEXT NOT NULL,
    name     TEXT NOT NULL,
    forge_id INTEGER NOT NULL,
    outcome  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    done     INTEGER NOT NULL,
    at       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repo_id, head, name)
) STRICT;
INSERT OR REPLACE INTO check_of_head SELECT seq, repo_id, number, head, name, forge_id, outcome, digest, done, at FROM check_record ORDER BY seq;
DROP TABLE check_record;
ALTER TABLE check_of_head RENAME TO check_record`},
		{"check_record_number", `SELECT 1`,
			`CREATE INDEX IF NOT EXISTS check_record_number ON check_record (repo_id, number)`},
	}
}

// repair is a migration in Go, as SQLite has no ADD COLUMN IF NOT EXISTS.
func repair() *goose.Migration {
	return goose.NewGoMigration(repairVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, r := range repairs() {
			var lacks bool
			err := tx.QueryRowContext(ctx, r.lacks).Scan(&lacks)
			if err == nil && lacks {
				_, err = tx.ExecContext(ctx, r.do)
			}
			if err != nil {
				return fmt.Errorf("repair %s: %w", r.name, err)
			}
		}
		return nil
	}}, nil)
}
