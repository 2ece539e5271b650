package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"modernc.org/sqlite"
)

// openPool opens connections that keep their prepared statements. Else each use
// of a statement parses its text anew, which is a fifth of what intake takes of
// the processor, and River's texts can't be prepared by us.
func openPool(dsn string) *sql.DB { return sql.OpenDB(connector(dsn)) }

// connector opens connections to the database that it names.
type connector string

// Driver implements driver.Connector.
func (connector) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(string(c))
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T lacks what it had", conn), conn.Close())
	}
	return &keeper{sqliteConn: whole, kept: map[string]*statement{}}, nil
}

// sqliteConn is what database/sql uses of a connection.
type sqliteConn interface {
	driver.Conn
	caller
	pooled
}

type caller interface {
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type pooled interface {
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// maxKept bounds the texts that a connection knows: some hold lists and are
// nearly all different.
const maxKept = 256

// keeper is a connection that prepares a statement for good when it is used the
// second time. database/sql uses a connection from one goroutine at a time.
type keeper struct {
	sqliteConn
	kept map[string]*statement // nil: used once
}

// statement is a prepared one. A second use while its rows are read is made
// without it.
type statement struct {
	driver.Stmt
	busy bool
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

// statement returns what is kept of a text and free to be used; nil if there is
// nothing.
func (k *keeper) statement(ctx context.Context, query string) (*statement, error) {
	s, known := k.kept[query]
	switch {
	case s != nil && s.busy:
		return nil, nil
	case s != nil:
		return s, nil
	case !known:
		if len(k.kept) >= maxKept {
			if err := k.forget(false); err != nil {
				return nil, err
			}
		}
		k.kept[query] = nil
		return nil, nil
	}
	stmt, err := k.PrepareContext(ctx, unnumbered(query))
	if err != nil {
		return nil, err
	}
	s = &statement{Stmt: stmt}
	k.kept[query] = s
	return s, nil
}

var numbered = regexp.MustCompile(`\$[0-9]+`)

// unnumbered is a text without the numbers of its parameters, if each is used once and in
// order: the driver reads the name of each that has one at each use.
func unnumbered(query string) string {
	inOrder, n := true, 0
	text := numbered.ReplaceAllStringFunc(query, func(param string) string {
		n++
		inOrder = inOrder && param == "$"+strconv.Itoa(n)
		return "?"
	})
	if !inOrder {
		return query
	}
	return text
}

// forget closes what is kept, and what is in use, too, if all is set.
func (k *keeper) forget(all bool) error {
	var errs []error
	for query, s := range k.kept {
		if s != nil && s.busy && !all {
			continue
		}
		if s != nil {
			errs = append(errs, s.Close())
		}
		delete(k.kept, query)
	}
	return errors.Join(errs...)
}

// Close implements driver.Conn.
func (k *keeper) Close() error { return errors.Join(k.forget(true), k.sqliteConn.Close()) }

// keptRows give their statement back.
type keptRows struct {
	driver.Rows
	s *statement
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.s.busy = false
	return r.Rows.Close()
}
