package sqlite

import (
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestHardLinkIsTheSameFile holds that no second name of a file gets past its lock.
func TestHardLinkIsTheSameFile(t *testing.T) {
	t.Parallel()
	path, link := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "b.db")
	s := reopen(t, path)
	must(t, os.Link(path, link))
	if _, err := Open(t.Context(), link, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrInUse) {
		t.Errorf("opened by another name: %v", err)
	}
	must(t, s.Accept(t.Context(), delivered(1)))
	must(t, s.Close())
	reopen(t, link)
}

// TestFileThatIsGone holds that nothing is said to be stored in a file that nobody will
// find, and that it can be put back.
func TestFileThatIsGone(t *testing.T) {
	t.Parallel()
	for name, suffix := range map[string]string{"the file": "", "its log": "-wal"} {
		for how, replace := range map[string]bool{"removed": false, "replaced": true} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "gate.db")
				s := reopen(t, path)
				must(t, s.Accept(t.Context(), delivered(1)))
				must(t, os.Rename(path+suffix, path+".aside"))
				if replace {
					data, err := os.ReadFile(path + ".aside")
					must(t, err)
					must(t, os.WriteFile(path+suffix, data, 0o600))
				}
				if err := s.Accept(t.Context(), delivered(2)); !errors.Is(err, errFileGone) {
					t.Errorf("accepted: %v", err)
				}
				wantError(t, s.Ready(t.Context()), "put it back")
				must(t, os.Rename(path+".aside", path+suffix))
				must(t, s.Ready(t.Context()))
				must(t, s.Accept(t.Context(), delivered(2)))
			})
		}
	}
}

// TestLogIsBounded holds that the write-ahead log grows no further while somebody else
// reads an old state, that work goes on for a while, and that all goes on after it.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gate.db")
	s := reopen(t, path)
	const most = 6 << 20
	s.file.most = most
	must(t, s.Accept(t.Context(), delivered(1)))
	other, err := OpenRuns(t.Context(), path)
	must(t, err)
	tx, err := other.pool.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	var n int
	must(t, tx.QueryRowContext(t.Context(), `SELECT count(*) FROM delivery`).Scan(&n))
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		must(t, err)
		return info.Size()
	}
	var refused error
	for i := int64(2); i < 5000 && refused == nil; i++ {
		refused = s.Accept(t.Context(), delivered(i))
	}
	if !errors.Is(refused, errWAL) || size() > most+most/4 {
		t.Fatalf("%v, with a log of %d bytes", refused, size())
	}
	wantError(t, s.Ready(t.Context()), "end that")
	repo := pull.Repo{Forge: "github", Owner: "o", Name: "r"}
	for i := 0; i < 1000 && err == nil; i++ {
		err = s.SaveBlob(t.Context(), repo, strconv.Itoa(i), make([]byte, 100<<10))
	}
	if !errors.Is(err, errWAL) || size() > 2*most+most/4 {
		t.Errorf("work: %v, with a log of %d bytes", err, size())
	}
	must(t, tx.Rollback())
	must(t, other.CloseRuns())
	end := time.Now().Add(10 * time.Second)
	for s.Accept(t.Context(), delivered(10_000)) != nil {
		if time.Now().After(end) {
			t.Fatal("refused, although nobody reads any more")
		}
		<-time.After(50 * time.Millisecond)
	}
	must(t, s.Ready(t.Context()))
	if got := size(); got > keptWAL {
		t.Errorf("the log has %d bytes after it was emptied", got)
	}
}
