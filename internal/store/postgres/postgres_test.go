package postgres

import (
	"context"
	"log/slog"
	"testing"

	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
	"github.com/reviewgate/reviewgate/internal/store/visitortest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	server := postgrestest.Open(t)
	empty := server.Database(t, "")
	must(t, reopen(t, empty).Close())
	storetest.Run(t, func(t *testing.T) storetest.Open {
		address := server.Database(t, postgrestest.Name(t, empty))
		return func(t *testing.T) storetest.Store { return reopen(t, address) }
	})
}

// TestVisitors holds the store to what people who look at pages need.
func TestVisitors(t *testing.T) {
	t.Parallel()
	server := postgrestest.Open(t)
	visitortest.Run(t, func(t *testing.T) visitortest.Store { return reopen(t, server.Database(t, "")) })
}

func reopen(t testing.TB, address string) *Store {
	t.Helper()
	s, err := Open(context.WithoutCancel(t.Context()), address, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
