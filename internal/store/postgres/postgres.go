// Package postgres is the store in a Postgres database, which any number of
// replicas may share: what the gate remembers, the deliveries it has accepted
// and the work that follows from them.
//
// It promises that what a method wrote is on the server's disk when it returns,
// that a kill of any replica at any instant loses none of it, that no two
// replicas run one reference at once, and that one that was silent and comes
// back writes nothing over what was done in its place. Names compare without
// case and keep the spelling in which they were first seen. When work is run
// again and when it is given up is decided in package queue; what an evaluation
// does is the gate's business.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/tables"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Store is an open database. It implements history.Store and webhook.Inbox, and
// runs the work.
type Store struct {
	tables.Records
	pool      *pgxpool.Pool
	log       *slog.Logger
	replica   string // this process's name among the replicas
	blobLimit int64
	need      store.Versions
	turns     store.Turns
	turnConns *semaphore.Weighted // connections that turns may hold

	batch  *store.Batcher[*delivery]
	aside  *aside
	closed sync.Once

	runner atomic.Pointer[queue.Runner] // nil before Start

	work      sync.Mutex                // held while work is started or stopped; who runs asks the store meanwhile
	heartbeat atomic.Pointer[heartbeat] // nil before Start
}

var (
	_ history.Store = (*Store)(nil)
	_ webhook.Inbox = (*Store)(nil)
)

// maxBatch bounds how many deliveries share one commit.
const maxBatch = 256

// Open connects to a database and brings its tables up to date; replicas that
// start at once do so one after the other. Close it after use.
func Open(ctx context.Context, address string, log *slog.Logger) (*Store, error) {
	pool, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool, log: log, replica: newReplica(), blobLimit: store.KeepBlobs, aside: newAside(),
		turnConns: semaphore.NewWeighted(max(1, int64(pool.Config().MaxConns)/2))}
	if err := s.migrate(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store %s: %w", shown(address), explain(err))
	}
	s.Records = s.records()
	s.batch = store.NewBatcher(maxBatch, s.commit)
	return s, nil
}

func (s *Store) records() tables.Records {
	return tables.NewRecords(tables.NewReader(dialect(), conn{s.pool}), tables.Engine{Read: s.read, Write: s.write, Ring: s.ring})
}

// newReplica makes a name that no other process has, this one's last run
// included.
func newReplica() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%.60s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// Limits of a session. A replica that vanishes in the middle of a transaction
// must not hold its locks for long.
const (
	connectTimeout = 10 * time.Second
	idleInTx       = "10s"
	statementTime  = "60s"
	aliveIdle      = "10" // seconds until the server asks whether a silent one still is,
	aliveInterval  = "5"  // and how often, or the locks of its session would stay for hours
	aliveCount     = "3"
	lockTime       = "20s"
	defaultConns   = 24
	fewestConns    = 4 // a writer of a check holds one while it uses another
)

// connect opens a pool whose sessions are set as the store needs them.
func connect(ctx context.Context, address string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("database: the address can't be read; want postgres://USER@HOST:PORT/NAME")
	}
	u, err := url.Parse(address)
	if err == nil && !u.Query().Has("pool_max_conns") {
		config.MaxConns = defaultConns
	}
	config.MaxConns = max(config.MaxConns, fewestConns)
	c := config.ConnConfig
	c.Tracer = troubles{}
	c.ConnectTimeout = connectTimeout
	for name, value := range map[string]string{
		"application_name": "reviewgate", "idle_in_transaction_session_timeout": idleInTx,
		"statement_timeout": statementTime, "lock_timeout": lockTime,
		"tcp_keepalives_idle": aliveIdle, "tcp_keepalives_interval": aliveInterval, "tcp_keepalives_count": aliveCount,
	} {
		if _, set := c.RuntimeParams[name]; !set {
			c.RuntimeParams[name] = value
		}
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// What was said to be stored must be: a server may be set to answer
		// sooner. A stricter setting of the server's stays.
		_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		err = checkServer(ctx, pool)
	}
	if err != nil {
		if pool != nil {
			pool.Close()
		}
		return nil, fmt.Errorf("open store %s: %w", shown(address), explain(err))
	}
	return pool, nil
}

// checkServer refuses a database that could not hold what must be stored.
func checkServer(ctx context.Context, pool *pgxpool.Pool) error {
	var encoding string
	if err := pool.QueryRow(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s; create it with ENCODING 'UTF8'", encoding)
	}
	return nil
}

// shown is an address without what may be secret.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres"
	}
	return "postgres://" + u.User.Username() + "@" + u.Host + u.Path
}

// explain adds to an error what the operator can do about it, by its code
// (postgresql.org, "PostgreSQL Error Codes").
func explain(err error) error {
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		if e, ok := errors.AsType[*pgconn.PgError](connect); ok {
			return hint(err, e.Code)
		}
		return fmt.Errorf("%w; is the server up, and may this host reach it", err)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return hint(err, e.Code)
	}
	return err
}

func hint(err error, code string) error {
	texts := map[string]string{
		"28P01": "check the password in database_password_file",
		"28000": "the server refuses this user; check pg_hba.conf",
		"3D000": "create the database first: CREATE DATABASE reviewgate ENCODING 'UTF8'",
		"42501": "grant the user the right to create tables in this database",
		"53100": "free space on the server's disk",
		"53300": "raise the server's max_connections, or lower pool_max_conns in the address",
		"25006": "the server is read-only; give the address of the primary",
	}
	if text := texts[code]; text != "" {
		return fmt.Errorf("%w; %s", err, text)
	}
	return err
}

// Ready reports whether the database answers and its tables are those that this
// program needs.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.checkVersions(ctx); err != nil {
		return fmt.Errorf("store is not ready: %w", explain(err))
	}
	return nil
}

// closeTimeout is how long Close waits for evaluations that were not stopped
// before.
const closeTimeout = 30 * time.Second

// Close stops work if it runs, finishes what is being written and closes the
// connections. It may be called twice.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		err = s.Stop(ctx)
		s.batch.Close()
		s.aside.under.Wait()
		s.pool.Close()
	})
	return err
}
