package forgetest

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/reviewgate/reviewgate/internal/store/sqlite"
)

// madeTables is an SQLite file with all tables and nothing in them, as making them
// takes longer than most stories.
var madeTables = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "reviewgate")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is the system's to clear
	path := filepath.Join(dir, "gate.db")
	store, err := sqlite.Open(context.Background(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// MakeStore makes an SQLite file with all tables and nothing in them, unless it is there.
func MakeStore(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	made, err := madeTables()
	if err != nil {
		return err
	}
	return os.WriteFile(file, made, 0o600)
}
