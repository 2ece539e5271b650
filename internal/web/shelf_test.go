package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// shelf is a store of runs.
type shelf struct {
	runs []history.RunRecord // the oldest first
	open []history.PullState

	closed []history.PullState

	requests []workload.Request
	reviews  []workload.Review
	waits    []response.Wait
	weeks    []history.Week
	survey   history.Survey
	mu       sync.Mutex
	raised   []pull.Ref
	since    time.Time // of which weeks were asked for last
}

func (s *shelf) Weeks(_ context.Context, _ pull.Repo, since time.Time) ([]history.Week, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = since
	return s.weeks, nil
}

func (s *shelf) Survey(context.Context, pull.Repo) (history.Survey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.survey, nil
}

func (s *shelf) AskSurvey(_ context.Context, _ pull.Repo, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.survey.Asked = at
	return nil
}

func (s *shelf) Raise(_ context.Context, refs ...pull.Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raised = append(s.raised, refs...)
	return nil
}

func (s *shelf) Run(_ context.Context, id int64) (history.RunRecord, bool, error) {
	for _, r := range s.runs {
		if r.ID == id {
			return r, true, nil
		}
	}
	return history.RunRecord{}, false, nil
}

func (s *shelf) RunsOf(_ context.Context, ref pull.Ref) (list []history.RunSummary, err error) {
	for _, r := range slices.Backward(s.runs) {
		if r.Ref.Number == ref.Number && strings.EqualFold(r.Ref.String(), ref.String()) { // as the tables compare names
			list = append(list, history.RunSummary{ID: r.ID, Head: r.Head, At: r.At, Outcome: r.Outcome})
		}
	}
	return list, nil
}

func (s *shelf) Repos(context.Context) ([]pull.Repo, error) {
	if len(s.runs)+len(s.open)+len(s.closed) == 0 {
		return nil, nil
	}
	return []pull.Repo{linux}, nil
}

func (s *shelf) OpenKnown(context.Context, pull.Repo) ([]history.PullState, error) {
	return s.open, nil
}

func (s *shelf) ClosedKnown(context.Context, pull.Repo, time.Time, int) ([]history.PullState, error) {
	return s.closed, nil
}

func (s *shelf) LastRun(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return s.last(ref, func(history.RunRecord) bool { return true })
}

func (s *shelf) LastJudged(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return s.last(ref, func(r history.RunRecord) bool { return r.Outcome != "" })
}

func (s *shelf) last(ref pull.Ref, fits func(history.RunRecord) bool) (history.RunRecord, bool, error) {
	for _, r := range slices.Backward(s.runs) {
		if r.Ref == ref && fits(r) {
			return r, true, nil
		}
	}
	return history.RunRecord{}, false, nil
}

func (s *shelf) Activity(context.Context, pull.Repo) ([]workload.Request, []workload.Review, error) {
	return s.requests, s.reviews, nil
}

func (s *shelf) Responses(context.Context, pull.Repo, time.Time) ([]response.Wait, error) {
	return s.waits, nil
}

func (*shelf) Blob(context.Context, pull.Repo, string) ([]byte, bool, error) { return nil, false, nil }
