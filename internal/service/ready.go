package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// maxReadyWait is how long a probe is kept waiting, whatever the database does;
	// beyond it the answer is that it is not ready.
	maxReadyWait = 800 * time.Millisecond
	// readyFor is how long an answer serves for others who ask, so that probes cost the
	// database the same, however many strangers send.
	readyFor = 500 * time.Millisecond
	// readyCheck bounds one look at the database; one that heeds nothing is the only one
	// until it ends.
	readyCheck = 5 * time.Second
)

var errNotReadyInTime = errors.New("the database did not answer in time; see whether it is up, locked, or out of connections")

// readiness asks the database, one look at a time.
type readiness struct {
	check func(context.Context) error
	log   *slog.Logger

	mu   sync.Mutex
	last *look // under way, or the last one
}

// look is one at the database.
type look struct {
	done chan struct{}
	err  error     // when done is closed
	at   time.Time // when it was; zero while it is under way
}

// ask returns nil if the database can be used.
func (r *readiness) ask(ctx context.Context) error {
	timer := time.NewTimer(maxReadyWait)
	defer timer.Stop()
	l := r.look()
	select {
	case <-l.done:
		return l.err
	case <-timer.C:
		r.log.WarnContext(ctx, "not ready", "error", errNotReadyInTime)
		return errNotReadyInTime
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look returns one that is under way or fresh.
func (r *readiness) look() *look {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.last; l != nil && (l.at.IsZero() || time.Since(l.at) < readyFor) {
		return l
	}
	l := &look{done: make(chan struct{})}
	r.last = l
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), readyCheck)
		defer cancel()
		err := r.check(ctx)
		if err != nil {
			r.log.Warn("not ready", "error", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		l.err, l.at = err, time.Now()
		close(l.done)
	}()
	return l
}

const (
	// answerWithin is how long one answer of a probe is awaited.
	answerWithin = 3 * time.Second
	// askPause is the time between two questions, for who waits.
	askPause = 200 * time.Millisecond
)

// AwaitReady asks a service that runs at an address, HOST:PORT, whether it is ready, and
// asks again for so long while it is not. The error is the last answer.
func AwaitReady(ctx context.Context, address string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, max(wait, answerWithin))
	defer cancel()
	err := askReady(ctx, address)
	for err != nil && wait > 0 {
		select {
		case <-ctx.Done():
			return err
		case <-time.After(askPause):
		}
		if again := askReady(ctx, address); again == nil || ctx.Err() == nil {
			err = again
		}
	}
	return err
}

// askReady asks once.
func askReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy stands before one's own machine
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	return errors.Join(fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(text))), err)
}
