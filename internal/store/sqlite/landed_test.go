package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/store/tables"
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
		"00001_start.sql":     "a86d46394b13a797919b4fd76380f974fa0eb5a5b8d1430dc610e6733968e0ab",
		"00002_commands.sql":  "b9ae8cc5ddcfc4a91655d5cf0dcffc8a93770b95b198757a0521f9804742fbfb",
		"00003_sightings.sql": "eef59f99dd7dc8f9013fc42040813e893f4c97866ac0e45a2933efebcb2f7c61",
		"00004_labels.sql":    "bb64087a4040d8d071e857124c1ae44549f3cbd9af3b99da735f77b1aabd08c0",
		"00005_people.sql":    "f997f51d62d4a0f4573326ac5bb444835ba6816e90e2d8027b0f6cda719daece",
		"00006_retention.sql": "c324757023bb6854465c4eedbb1ac5fbadbf8a2e647062f14a57522f225f8f66",
		"00007_sight.sql":     "939d14fba5d4ee9aa102a6a9dfab8818ce9e7a051239659225385b3882886a28",
		"00008_objection.sql": "8aaf59d7edad8507fc0874da7b1e410e79db95f6689e83a9deeddd7f29349bf7",
		"00010_lists.sql":     "74f36892960a27eafad0ab6787d75d2e66f1283a0e391c987041065a8a03f499",
		"00011_order.sql":     "40b49164638e6084a27390012b951206d739f9c205f4951eebdb007d5849936d",
		"00012_gated.sql":     "fc82969a5f316ea4b8700f082e8892c87c47ee739e0a5caf918dba9b75146f35",
		"00013_head.sql":      "a3ee30e0eabd88ba31522b386360d5258a7696b50194250f309edfb45779f7d2",
		"00014_fact.sql":      "5efb9280dc08cdfaad0a73aa663d550a0a3483e3ac018c3bd52963609c5879b5",
		"00015_check.sql":     "424a254a977e6dcbd8493765912ef326e882d9a16c05ccf6151b83b8907e9cbe",
		"00016_session.sql":   "e7730fd7ad1b19c7e233316218fc6f5af50c4e59b5403a7ba8296628b268957f",
		"00019_chart.sql":     "fd76733285e06255b34566d8aedc712d1dcc52ee46ab4e5699923f2f3d2c7d0b",
		"00018_response.sql":  "d4e7e903c51ac1e36d5ef761c1fd1fc73bb35f21f8aada62142fbd6720d9782a",
		"00017_wait.sql":      "60a5842295d7a66ae8a5486ee63ef866073de1a80ba481a7bf8d5d21e50ea8a6",
	})
}

// TestSchemaIsListed holds that readiness looks for all that a new database has.
func TestSchemaIsListed(t *testing.T) {
	t.Parallel()
	has, err := columns(t.Context(), conn{newStore(t).reader})
	must(t, err)
	storetest.Listed(t, "schema.txt", has)
}

// landed are the sets of migrations that landed, in order: files of the present one,
// and those of testdata/landed as they were before they were edited.
func landed() [][]string {
	const was = "testdata/landed/"
	return [][]string{
		{was + "00001_start.sql"},
		{"00001_start.sql"},
		{"00001_start.sql", "00002_commands.sql"},
		{"00001_start.sql", "00002_commands.sql", was + "00003_sightings.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00005_people.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00004_labels.sql", "00005_people.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00004_labels.sql", "00005_people.sql", was + "00006_retention.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00004_labels.sql", "00005_people.sql", "00006_retention.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00004_labels.sql", "00005_people.sql", "00006_retention.sql",
			"00007_sight.sql"},
		{"00001_start.sql", "00002_commands.sql", "00003_sightings.sql", "00004_labels.sql", "00005_people.sql", "00006_retention.sql",
			"00007_sight.sql", "00008_objection.sql"},
	}
}

// build makes a database by a set of migrations.
func build(t *testing.T, file string, set []string) {
	t.Helper()
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
	db, err := sql.Open("sqlite", dsn(file, "_txlock=immediate"))
	must(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.Up(t.Context())
	must(t, err)
	must(t, db.Close())
}

// TestUpgradeFromLanded holds that a database of each set that landed gets all that a
// new one has, and serves.
func TestUpgradeFromLanded(t *testing.T) {
	t.Parallel()
	for _, set := range landed() {
		t.Run(path.Base(set[len(set)-1])+" of "+path.Dir(set[len(set)-1]), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "gate.db")
			build(t, file, set)
			s := reopen(t, file)
			has, err := columns(t.Context(), conn{s.reader})
			must(t, err)
			must(t, store.Lacking(store.Needed(schema), has))
			storetest.Serves(t, s)
		})
	}
}

// TestChecksOfOneHeadAreJoined holds that where several pull requests of a head had each
// a row of its own, the last one stays.
func TestChecksOfOneHeadAreJoined(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gate.db")
	build(t, file, landed()[0])
	db, err := sql.Open("sqlite", dsn(file, ""))
	must(t, err)
	for _, insert := range []string{
		`INSERT INTO repo (id, forge, owner, name) VALUES (1, 'github', 'acme', 'linux')`,
		`INSERT INTO check_record (repo_id, number, head, name, forge_id, outcome, digest, done) VALUES
			(1, 1, 'h', 'review-gate', 5, 'pending', 'a', 1), (1, 2, 'h', 'review-gate', 6, 'success', 'b', 1), (1, 2, 'i', 'review-gate', 7, 'success', 'c', 0)`,
	} {
		_, err := db.ExecContext(t.Context(), insert)
		must(t, err)
	}
	must(t, db.Close())
	got, err := tables.Values[string](t.Context(), conn{reopen(t, file).reader}, `SELECT forge_id FROM check_record ORDER BY seq`)
	must(t, err)
	if !slices.Equal(got, []string{"6", "7"}) {
		t.Errorf("checks %v are left", got)
	}
}

// TestNotReadyWithoutAColumn holds that a database of the right version that lacks
// something is not ready, and that it is said what it lacks.
func TestNotReadyWithoutAColumn(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]string{
		"column repo.forge_id": `DROP INDEX repo_forge_id; ALTER TABLE repo DROP COLUMN forge_id`,
		"column fact.body":     `DROP TABLE fact`,
		"unique check_record (repo_id, head, name, of_number)": `ALTER TABLE check_record RENAME TO old; CREATE TABLE check_record AS SELECT * FROM old; DROP TABLE old`,
		"unique repo (forge, forge_id)":                        `DROP INDEX repo_forge_id`,
		"column river_job.args":                                `ALTER TABLE river_job RENAME TO gone`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			must(t, s.Ready(t.Context()))
			must(t, s.write(t.Context(), func(ctx context.Context, tx tables.DB) error { return tables.Execute(ctx, tx, do) }))
			wantError(t, s.Ready(t.Context()), what)
		})
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want %q", err, text)
	}
}

// TestOldHeadsGetLight holds that the lists of heads from before they were kept apart are
// taken out of them, and come back as they were.
func TestOldHeadsGetLight(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ref := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: 1}
	head := func(i int) *pull.Head {
		return &pull.Head{ID: fmt.Sprint("h", i), SeenAt: time.Unix(int64(i), 0).UTC(), Complete: true, Hidden: []string{"b"},
			Files: []pull.Content{{Path: "a", ID: fmt.Sprint(i)}, {Path: "b"}}}
	}
	must(t, s.Remember(t.Context(), ref, history.Update{Head: head(0)}))
	for i := range store.LightenAtOnce {
		must(t, s.write(t.Context(), func(ctx context.Context, tx tables.DB) error {
			body, err := store.PackHead(head(i + 1))
			if err != nil {
				return err
			}
			return tables.Execute(ctx, tx,
				`INSERT INTO head (repo_id, number, id, base_branch, merge_base, seen_at, body) VALUES (1, 1, ?, '', '', ?, ?)`, head(i+1).ID, i+1,
				body)
		}))
	}
	must(t, s.Remember(t.Context(), ref, history.Update{Head: head(store.LightenAtOnce + 1)}))
	m, err := s.Recall(t.Context(), ref)
	must(t, err)
	for i, h := range m.Heads {
		if h.List == "" || h.Files != nil {
			t.Fatalf("%s has its list", h.ID)
		}
		lists, err := s.Lists(t.Context(), ref, []string{h.List})
		must(t, err)
		h.Files, h.Hidden, h.List = lists[h.List].Files, lists[h.List].Hidden, ""
		if diff := cmp.Diff(*head(i), h); diff != "" {
			t.Errorf("head (-want +got):\n%s", diff)
		}
	}
}
