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
		in   Ending
		want Step
	}{
		{"went well", Ending{Failures: 3}, Step{Idle: true, State: Waiting, At: now}},
		{"event came", Ending{Moved: true, Failures: 3}, Step{State: Waiting, At: now}},
		{"cut", Ending{Cut: true, Err: broken, Failures: 3}, Step{State: Waiting, At: now, Failures: 3}},
		{"first failure", Ending{Err: broken}, Step{State: Retrying, At: now.Add(500 * time.Millisecond), Failures: 1}},
		{"third failure", Ending{Err: broken, Failures: 2, Jitter: 0.5}, Step{State: Retrying, At: now.Add(3 * time.Second), Failures: 3}},
		{"capped", Ending{Err: broken, Failures: 10}, Step{State: Retrying, At: now.Add(150 * time.Second), Failures: 11}},
		{"last failure", Ending{Err: broken, Failures: 11}, Step{State: Dead, At: now, Failures: 12}},
		{"last failure, event came", Ending{Err: broken, Failures: 11, Moved: true},
			Step{State: Retrying, At: now.Add(150 * time.Second), Failures: 11}},
		{"later", Ending{Err: fmt.Errorf("read: %w", Later(now.Add(time.Minute), broken)), Failures: 2, Moved: true},
			Step{State: Sleeping, At: now.Add(time.Minute), Failures: 2}},
		{"later in the past", Ending{Err: Later(now.Add(-time.Minute), broken)}, Step{State: Sleeping, At: now.Add(time.Second)}},
		{"unless", Ending{Err: fmt.Errorf("ask: %w", Unless(now.Add(time.Minute), broken)), Failures: 2},
			Step{State: Retrying, At: now.Add(time.Minute), Failures: 2}},
		{"unless, event came", Ending{Err: Unless(now.Add(time.Minute), broken), Moved: true}, Step{State: Retrying, At: now.Add(time.Second)}},
		{"later in ages", Ending{Err: Later(now.AddDate(1000, 0, 0), broken)}, Step{State: Sleeping, At: now.Add(2 * time.Hour)}},
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
			step := options.Next(Ending{
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
	err := fmt.Errorf("read reviews: %w", Later(at, cause))
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if diff := cmp.Diff("read reviews: rate limit; tried again at 1970-01-12T13:46:40Z", err.Error()); diff != "" {
		t.Error(diff)
	}
}
