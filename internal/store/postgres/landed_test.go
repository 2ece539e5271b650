package postgres

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
)

func migrationFiles(t *testing.T) fs.FS {
	t.Helper()
	dir, err := fs.Sub(migrations, "migrations")
	must(t, err)
	return dir
}

// TestMigrationsAreFrozen holds that no migration is edited after it has landed.
func TestMigrationsAreFrozen(t *testing.T) {
	t.Parallel()
	storetest.Frozen(t, migrationFiles(t), map[string]string{
		"00001_start.sql":     "bd325c5a92cd1c8eaceada6f26a7f927d34f99c866367e4b12723a251110d950",
		"00002_sight.sql":     "8d4f0d7d3e640fa04bf6e5f8fa3718224cd9966fe3383cdb2b6f86c6100464d8",
		"00003_objection.sql": "73fd706a78eab24501d49d5cfd756e5931bee47db32872b01678ebea5eccac3e",
		"00004_repair.sql":    "7b10cc0101324cd0f14583041ea81610406df74ef3f8e992302599629d4d1932",
		"00005_lists.sql":     "92b6f4a5a346387ee9b2749319326323647a04871cad96ed5b02795d220534bc",
		"00006_order.sql":     "764dbede9eca60aa0857d53b20c66ac99dea223a3ad65a746074646fe120a10a",
		"00007_gated.sql":     "59d776c80b0e35731f89e1855320166b8b5fc2cc88997195c3d4e253dfbc8cf4",
		"00008_head.sql":      "a3ee30e0eabd88ba31522b386360d5258a7696b50194250f309edfb45779f7d2",
		"00009_fact.sql":      "b3ac4240adc418b17ea657b20bf5303c397e3974f9e47e1d795bfd43142635cb",
		"00010_check.sql":     "76e1ae00b1c84090ac9293fc9c1b38816fbf2962dd86778915bd21b5c055e246",
		"00011_session.sql":   "c4e3987e14e1aa45ff21aebe71cbbba530cef66cfa664e4a63390ff7990df7ae",
		"00014_chart.sql":     "3a436efac1c33cc14596996ba03ab93255d62ade617e22a93bf977cd6c310a5e",
		"00013_response.sql":  "e33adc3a48c1ee5b37240d9cb09780f8b14f242d3428ca4434f1a44f92635b92",
		"00012_wait.sql":      "06f0f5c94004c3826deba0abdb1d48ea1c9c2ee769859de302c8b33ed74d8e00",
	})
}

// TestSchemaIsListed holds that readiness looks for all that a new database has.
func TestSchemaIsListed(t *testing.T) {
	t.Parallel()
	s := reopen(t, postgrestest.Open(t).Database(t, ""))
	has, err := columns(t.Context(), conn{s.pool})
	must(t, err)
	storetest.Listed(t, "schema.txt", has)
}

// landed are the sets of migrations that landed, in order: files of the present one,
// and those of testdata/landed as they were before they were edited.
func landed() [][]string {
	return [][]string{
		{"testdata/landed/00001_start.sql"},
		{"00001_start.sql"},
		{"00001_start.sql", "00002_sight.sql"},
		{"00001_start.sql", "00002_sight.sql", "00003_objection.sql"},
	}
}

// TestUpgradeFromLanded holds that a database of each set that landed gets all that a
// new one has, and serves.
func TestUpgradeFromLanded(t *testing.T) {
	t.Parallel()
	for _, set := range landed() {
		t.Run(path.Base(set[len(set)-1])+" of "+path.Dir(set[len(set)-1]), func(t *testing.T) {
			t.Parallel()
			address := postgrestest.Open(t).Database(t, "")
			dir := fstest.MapFS{}
			for _, name := range set {
				from := migrationFiles(t)
				if path.Dir(name) != "." {
					from = os.DirFS(path.Dir(name))
				}
				text, err := fs.ReadFile(from, path.Base(name))
				must(t, err)
				dir[path.Base(name)] = &fstest.MapFile{Data: text}
			}
			pool, err := pgxpool.New(t.Context(), address)
			must(t, err)
			db := stdlib.OpenDBFromPool(pool)
			provider, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
			must(t, err)
			_, err = provider.Up(t.Context())
			must(t, err)
			must(t, db.Close())
			pool.Close()
			s := reopen(t, address)
			has, err := columns(t.Context(), conn{s.pool})
			must(t, err)
			must(t, store.Lacking(store.Needed(schema), has))
			storetest.Serves(t, s)
		})
	}
}

// TestNotReadyWithoutAColumn holds that a database of the right version that lacks
// something is not ready, and that it is said what it lacks.
func TestNotReadyWithoutAColumn(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]string{
		"column repo.forge_id":  `ALTER TABLE repo DROP COLUMN forge_id`,
		"column fact.body":      `DROP TABLE fact`,
		"unique repo_name":      `DROP INDEX repo_name`,
		"unique pr_work_job_id": `DROP INDEX pr_work_job_id`,
		"column river_job.args": `ALTER TABLE river_job RENAME TO gone`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := reopen(t, postgrestest.Open(t).Database(t, ""))
			must(t, s.Ready(t.Context()))
			mustExec(t, s, do)
			if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%v, want %q", err, what)
			}
		})
	}
}
