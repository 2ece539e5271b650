package sqlite

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// riverDriver is River's driver with a listener that hears of our own commits. As
// one process owns the file there are no others to hear of; River's own
// listener would poll a table that every insert writes to.
type riverDriver struct {
	*riversqlite.Driver
	bell chan struct{} // holds a ring until the listener takes it
}

func newRiverDriver(db *sql.DB) *riverDriver {
	return &riverDriver{Driver: riversqlite.New(db), bell: make(chan struct{}, 1)}
}

// ring makes River look for jobs now. Call it after the commit that added one.
func (d *riverDriver) ring() {
	select {
	case d.bell <- struct{}{}:
	default: // a ring that was not yet heard says the same
	}
}

// GetListener gives the listener that ring wakes.
func (d *riverDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return listener{bell: d.bell}
}

// SupportsListenNotify keeps River from writing notices into its table.
func (d *riverDriver) SupportsListenNotify() bool { return false }

// listener tells River that jobs were inserted whenever the bell rings. It
// needs no connection and knows no other topic.
type listener struct{ bell <-chan struct{} }

func (listener) Close(context.Context) error            { return nil }
func (listener) Connect(context.Context) error          { return nil }
func (listener) Listen(context.Context, string) error   { return nil }
func (listener) Ping(context.Context) error             { return nil }
func (listener) Schema() string                         { return "" }
func (listener) SetAfterConnectExec(string)             {}
func (listener) Unlisten(context.Context, string) error { return nil }

func (l listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-l.bell:
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + river.QueueDefault + `"}`}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
