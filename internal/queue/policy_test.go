package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	broken := errors.New("the forge answers 502")
	options := Options{}.WithDefaults()
	tests := []struct {
		name string
		in   Result
		want Transition
	}{
		{"went well", Result{Failures: 3}, Transition{Idle: true, State: Waiting, At: now}},
		{"event came", Result{Moved: true, Failures: 3}, Transition{State: Waiting, At: now}},
		{"cut", Result{Cut: true, Err: broken, Failures: 3}, Transition{State: Waiting, At: now, Failures: 3}},
		{"first failure", Result{Err: broken}, Transition{State: Retrying, At: now.Add(500 * time.Millisecond), Failures: 1}},
		{"third failure", Result{Err: broken, Failures: 2, Jitter: 0.5}, Transition{State: Retrying, At: now.Add(3 * time.Second), Failures: 3}},
		{"capped", Result{Err: broken, Failures: 10}, Transition{State: Retrying, At: now.Add(150 * time.Second), Failures: 11}},
		{"last failure", Result{Err: broken, Failures: 11}, Transition{State: Dead, At: now, Failures: 12}},
		{"last failure, event came", Result{Err: broken, Failures: 11, Moved: true},
			Transition{State: Retrying, At: now.Add(150 * time.Second), Failures: 11}},
		{"later", Result{Err: fmt.Errorf("read: %w", RetryAt(now.Add(time.Minute), broken)), Failures: 2, Moved: true},
			Transition{State: Sleeping, At: now.Add(time.Minute), Failures: 2}},
		{"later in the past", Result{Err: RetryAt(now.Add(-time.Minute), broken)}, Transition{State: Sleeping, At: now.Add(time.Second)}},
		{"unless", Result{Err: fmt.Errorf("ask: %w", RetryAtOrNextEvent(now.Add(time.Minute), broken)), Failures: 2},
			Transition{State: Retrying, At: now.Add(time.Minute), Failures: 2}},
		{"unless, event came", Result{Err: RetryAtOrNextEvent(now.Add(time.Minute), broken), Moved: true},
			Transition{State: Retrying, At: now.Add(time.Second)}},
		{"later in ages", Result{Err: RetryAt(now.AddDate(1000, 0, 0), broken)}, Transition{State: Sleeping, At: now.Add(2 * time.Hour)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.in.Now = now
			if diff := cmp.Diff(tt.want, options.Next(tt.in)); diff != "" {
				t.Errorf("Next (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNextAlwaysEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		options := Options{Attempts: rapid.IntRange(1, 40).Draw(t, "attempts")}.WithDefaults()
		now := time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "now"), 0)
		failures := 0
		for range options.Attempts {
			step := options.Next(Result{
				Err: errors.New("broken"), Failures: failures, Now: now,
				Jitter: rapid.Float64Range(0, 0.999).Draw(t, "jitter"),
			})
			if step.State == Dead {
				if failures != options.Attempts-1 {
					t.Fatalf("given up after %d failures of %d", failures+1, options.Attempts)
				}
				return
			}
			if pause := step.At.Sub(now); pause < options.FirstRetry/2 || pause > options.LastRetry {
				t.Fatalf("pause of %s after %d failures", pause, failures)
			}
			failures = step.Failures
		}
		t.Fatal("never given up")
	})
}

func TestLaterKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause, at := errors.New("rate limit"), time.Unix(1_000_000, 0)
	err := fmt.Errorf("read reviews: %w", RetryAt(at, cause))
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if diff := cmp.Diff("read reviews: rate limit; tried again at 1970-01-12T13:46:40Z", err.Error()); diff != "" {
		t.Error(diff)
	}
}
