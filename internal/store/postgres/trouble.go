package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reviewgate/reviewgate/internal/queue"
)

// troubles tells evaluations that the database failed them. Without it a pull request
// would pay for each cut connection by a longer pause, and wait for it when the database
// is back.
type troubles struct{}

var (
	_ pgx.QueryTracer       = troubles{}
	_ pgx.BatchTracer       = troubles{}
	_ pgxpool.AcquireTracer = troubles{}
)

// TraceQueryStart implements pgx.QueryTracer.
func (troubles) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (troubles) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	note(ctx, data.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (troubles) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (troubles) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	note(ctx, data.Err)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (troubles) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	note(ctx, data.Err)
}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (troubles) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return ctx
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (troubles) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	note(ctx, data.Err)
}

func note(ctx context.Context, err error) {
	// What the caller gave up says nothing of the server.
	if err != nil && ctx.Err() == nil && isTrouble(err) {
		queue.Trouble(ctx)
	}
}

// isTrouble tells an error of the server, or of the way to it, from one of what was
// asked (postgresql.org, "PostgreSQL Error Codes").
func isTrouble(err error) bool {
	e, told := errors.AsType[*pgconn.PgError](err)
	if !told {
		return !errors.Is(err, pgx.ErrNoRows)
	}
	for _, class := range []string{
		"08",    // the connection
		"25006", // it has become a standby
		"53",    // resources: connections, disk, memory
		"57P",   // it is stopped, crashed, or starts
		"58",    // input and output
	} {
		if strings.HasPrefix(e.Code, class) {
			return true
		}
	}
	return false
}
