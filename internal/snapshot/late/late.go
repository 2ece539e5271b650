// Package late finds out whether a look at a pull request shows less than the forge's own events
// told, as answers of a forge may be behind them. What is done then is left to package snapshot.
package late

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// Older reports whether a request shows less than deliveries told of it and of its reviews, and
// when the last of those was received. Of comments Comments knows.
func Older(req *pull.Request, m *history.PullHistory) (since time.Time, older bool) {
	note := func(at time.Time) {
		if older = true; at.After(since) {
			since = at
		}
	}
	if !m.ToldAt.IsZero() && req.UpdatedAt.Before(m.ToldNew) {
		note(m.ToldAt)
	}
	for _, t := range m.Told {
		if t.State == pull.Spoken {
			continue
		}
		i := slices.IndexFunc(req.Reviews, func(r pull.Review) bool { return r.ID == t.Review })
		switch {
		case i < 0 && !m.SawReview(t.Review): // one that was seen before and is gone may stay so
			note(t.ReceivedAt)
		case i >= 0 && t.Dismissed && req.Reviews[i].State != pull.Dismissed:
			note(t.ReceivedAt)
		}
	}
	return since, older
}

const (
	// maxAwaits is how many looks wait for a comment that an event told of, and how many of a
	// pull request in a row for any: whoever wrote one can delete it at once, and write another.
	maxAwaits = 4
	// maxAwaited is of how many comments it is kept how many looks did.
	maxAwaited = 10_000
	// awaitFor is how long ago an event may have come that tells of one that is waited for.
	awaitFor = 10 * time.Minute
)

// awaited is a comment that an event told of; 0: any of a pull request.
type awaited struct {
	ref pull.Ref
	id  int64
}

// Comments remembers how many looks waited for comments. It is safe for concurrent use.
type Comments struct{ looks turns.Kept[awaited, int] }

// NewComments remembers nothing.
func NewComments() *Comments { return &Comments{turns.Kept[awaited, int]{Most: maxAwaited}} }

// Missing reports whether a look lacks comments that events told of and is not to be judged by:
// it waits for each no longer than so many looks, and for all of them no more than so many in a
// row.
func (c *Comments) Missing(req *pull.Request, m *history.PullHistory, now time.Time) bool {
	missing := false
	for _, t := range m.Told {
		if t.State != pull.Spoken || t.Dismissed || now.Sub(t.ReceivedAt) > awaitFor || shows(req, m, t.Review) {
			continue
		}
		this := awaited{req.Ref, t.Review}
		looks, _ := c.looks.Get(this)
		c.looks.Keep(this, looks+1)
		missing = missing || looks < maxAwaits
	}
	row := awaited{req.Ref, 0}
	looks, _ := c.looks.Get(row)
	switch {
	case !missing && looks == 0:
		return false
	case !missing || looks == maxAwaits:
		c.looks.Keep(row, 0)
		return false
	}
	c.looks.Keep(row, looks+1)
	return true
}

// shows reports whether a request shows a comment, or did so at an earlier look.
func shows(req *pull.Request, m *history.PullHistory, id int64) bool {
	return slices.ContainsFunc(req.Comments, func(c pull.Comment) bool { return c.ID == id }) ||
		slices.ContainsFunc(m.Sights, func(s pull.Sight) bool { return s.Review == id && s.State == pull.Spoken })
}
