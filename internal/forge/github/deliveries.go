package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-github/v60/github"
)

// What Redeliver keeps to. What it leaves for good, deliveries that failed too often or
// that are behind the last page, told of what a sweep finds.
const (
	maxRedelivered = 100             // in one call
	maxAttempts    = 5               // of one delivery; then the sweep has to find it
	underWay       = 2 * time.Minute // a younger attempt may still be answered
	maxDeliveries  = 1000            // pages of the list that are read
)

// Redeliver asks GitHub for those of the App's webhooks again that failed since
// a time, oldest first, and tells how many, and whether there are more, too many
// for one call. GitHub itself tries each once only, and keeps them for three days
// (docs.github.com, "Redelivering webhooks"). With a token there is no such list.
func (f *Forge) Redeliver(ctx context.Context, since time.Time) (asked int, more bool, err error) {
	if f.cfg.App == nil {
		return 0, false, nil
	}
	failed, err := f.failedDeliveries(ctx, since)
	if err != nil {
		return 0, false, fmt.Errorf("list the app's deliveries: %w", kind(err))
	}
	for _, d := range failed {
		if asked == maxRedelivered {
			return asked, true, nil
		}
		_, _, err := f.asApp().Apps.RedeliverHookDelivery(ctx, d.GetID())
		if _, accepted := errors.AsType[*github.AcceptedError](err); accepted {
			err = nil // the library takes its own normal answer for an error
		}
		if code := status(err); code == http.StatusNotFound || code == http.StatusUnprocessableEntity {
			continue // too old
		}
		if err != nil {
			return asked, true, fmt.Errorf("ask for delivery %s again: %w", d.GetGUID(), kind(err))
		}
		asked++
	}
	return asked, false, nil
}

// failedDeliveries returns the last attempt of each delivery that never
// succeeded, oldest first.
func (f *Forge) failedDeliveries(ctx context.Context, since time.Time) ([]*github.HookDelivery, error) {
	type fate struct {
		last     *github.HookDelivery
		attempts int
		done     bool
	}
	fates := map[string]*fate{}
	var order []string // of GUIDs, newest first
	opts := &github.ListCursorOptions{PerPage: pageSize}
	for range maxDeliveries {
		page, res, err := f.asApp().Apps.ListHookDeliveries(ctx, opts)
		if err != nil {
			return nil, err
		}
		old := false
		for _, d := range page {
			if old = d.GetDeliveredAt().Before(since); old {
				break
			}
			x := fates[d.GetGUID()]
			if x == nil {
				x = &fate{last: d}
				fates[d.GetGUID()] = x
				order = append(order, d.GetGUID())
			}
			x.attempts++
			x.done = x.done || d.GetStatusCode() >= 200 && d.GetStatusCode() < 300
		}
		if old || res.Cursor == "" {
			break
		}
		if res.Cursor == opts.Cursor {
			return nil, errSamePage
		}
		opts.Cursor = res.Cursor
	}
	var failed []*github.HookDelivery
	young := f.cfg.Now().Add(-underWay)
	for _, guid := range slices.Backward(order) {
		if x := fates[guid]; !x.done && x.attempts < maxAttempts && x.last.GetDeliveredAt().Before(young) {
			failed = append(failed, x.last)
		}
	}
	return failed, nil
}
