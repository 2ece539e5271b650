package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

var update = flag.Bool("update", false, "rewrite lists that tests hold to what they should be")

// Frozen holds that migrations are those that landed, by their SHA-256: databases have
// run them, and do not run them again.
func Frozen(t *testing.T, dir fs.FS, sums map[string]string) {
	t.Helper()
	files, err := fs.Glob(dir, "*.sql")
	check(t, err)
	if len(files) < len(sums) {
		t.Errorf("%d migrations are there of %d that landed; put them back", len(files), len(sums))
	}
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		check(t, err)
		sum := sha256.Sum256(text)
		got := hex.EncodeToString(sum[:])
		switch want := sums[file]; want {
		case got:
		case "":
			t.Errorf("%s is new: add its sum %s to this test, and from then on leave it as it is", file, got)
		default:
			t.Errorf("%s was edited, but there are databases that have run it as it was and will not run it again: put it back, and write a "+
				"new migration", file)
		}
	}
}

// Listed holds that the list of what statements need is what a new database has; with
// -update it is rewritten.
func Listed(t *testing.T, file string, has []string) {
	t.Helper()
	want := strings.Join(has, "\n") + "\n"
	if *update {
		check(t, os.WriteFile(file, []byte(want), 0o600))
	}
	got, err := os.ReadFile(file)
	check(t, err)
	same(t, "what "+file+" lists (run this test with -update, and read the difference)", want, string(got))
}

// Serves holds that a store is ready, stores an event and runs its work.
func Serves(t *testing.T, s Store) {
	t.Helper()
	check(t, s.Ready(t.Context()))
	var c crew
	start(t, s, c.options())
	check(t, s.Accept(t.Context(), delivery("of an old database", webhook.Hint{Repo: repo(), Number: 1, RepoID: 77})))
	untilIdle(t, s)
	same(t, "runs", 1, c.ran(ref(1)))
	check(t, s.Stop(context.WithoutCancel(t.Context())))
}
