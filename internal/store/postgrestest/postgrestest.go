// Package postgrestest lends tests databases on a Postgres server.
//
// It promises that each test has databases of its own, which are gone when the test ends.
// It starts no server: REVIEWGATE_POSTGRES names one.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Server is the server that tests have databases on.
type Server struct{ address *url.URL }

var databases atomic.Int64

// Open returns the server that REVIEWGATE_POSTGRES names, such as
// postgres://user@127.0.0.1:5432/postgres; its user must be allowed to create
// databases. Without it the test is skipped, or fails if
// REVIEWGATE_POSTGRES_REQUIRED is set.
func Open(t testing.TB) *Server {
	t.Helper()
	address := os.Getenv("REVIEWGATE_POSTGRES")
	if address == "" {
		const text = "needs a Postgres server; set REVIEWGATE_POSTGRES to its address, such as postgres://user@127.0.0.1:5432/postgres"
		if os.Getenv("REVIEWGATE_POSTGRES_REQUIRED") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("REVIEWGATE_POSTGRES: %v", err)
	}
	return &Server{u}
}

// Database creates a database, as a copy of another one if template is not
// empty, and gives its address; it is dropped when the test ends.
func (s *Server) Database(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("reviewgate_test_%d_%d", os.Getpid(), databases.Add(1))
	create := `CREATE DATABASE ` + name
	if template != "" {
		create += ` TEMPLATE ` + template
	}
	s.exec(t, create)
	t.Cleanup(func() { s.exec(t, `DROP DATABASE `+name+` WITH (FORCE)`) })
	u := *s.address
	u.Path = "/" + name
	return u.String()
}

// Name returns the name of the database at an address.
func Name(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path[1:]
}

func (s *Server) exec(t testing.TB, query string) {
	t.Helper()
	ctx := context.Background() // also when the test has ended
	conn, err := pgx.Connect(ctx, s.address.String())
	if err != nil {
		t.Fatalf("REVIEWGATE_POSTGRES: %v", err)
	}
	_, err = conn.Exec(ctx, query)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}
