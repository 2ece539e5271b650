package requests

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// hour is a time in the life of the pull request below.
func hour(n int) time.Time { return time.Date(2026, 11, 2, n, 0, 0, 0, time.UTC) }

func TestRequests(t *testing.T) {
	t.Parallel()
	alice := func(in *Input, at int) {
		in.Reviewers.Asked = append(in.Reviewers.Asked, Requested{Head: "h2", Login: "Alice", At: hour(at).Add(1500 * time.Millisecond)})
	}
	listed := func(in *Input) { in.Snapshot.Request.Requested = []string{"alice"} }
	event := func(in *Input, at int, removed bool) {
		in.Snapshot.Request.ReviewRequests = append(in.Snapshot.Request.ReviewRequests,
			pull.ReviewRequest{Who: "alice", At: hour(at), Removed: removed})
	}
	review := func(in *Input, at time.Time, state pull.ReviewState) {
		in.Snapshot.Request.Reviews = []pull.Review{{Author: pull.Person{Login: "alice"}, State: state, At: at}}
	}
	tests := map[string]struct {
		change func(in *Input)
		want   policy.AskState // empty: it does not matter any more
		active bool
		byHand bool
	}{
		"asked and listed": {func(in *Input) { alice(in, 20); listed(in) }, policy.AskWaiting, true, false},
		"asked just now":   {func(in *Input) { alice(in, 23) }, policy.AskWaiting, true, false},
		"asked for the head before": {func(in *Input) { alice(in, 20); in.Reviewers.Asked[0].Head = "h1"; listed(in) }, policy.AskWaiting, true,
			false},
		"answered for the head before": {
			func(in *Input) { alice(in, 20); in.Reviewers.Asked[0].Head = "h1"; review(in, hour(21), pull.Approved) },
			"", false, false},
		"approved within the second": {func(in *Input) { alice(in, 20); review(in, hour(20).Add(time.Second), pull.Approved) },
			policy.AskAnswered, false, false},
		"remarked": {func(in *Input) { alice(in, 20); review(in, hour(21), pull.Commented) }, policy.AskAnswered, true,
			false},
		"remarked long ago": {func(in *Input) { alice(in, -60); review(in, hour(-50), pull.Commented) }, policy.AskAnswered, false,
			false},
		"silent": {func(in *Input) { alice(in, -60); listed(in) }, policy.AskSilent, false, false},
		"silent, but it is off": {func(in *Input) { alice(in, -60); listed(in); in.Snapshot.Rules.Asking.Reassign = 0 },
			policy.AskWaiting, true, false},
		"remarked, asked anew by hand": {func(in *Input) {
			alice(in, -90)
			review(in, hour(21), pull.Commented)
			event(in, 22, false)
			listed(in)
		}, policy.AskWaiting, true, true},
		"asked by hand":                {func(in *Input) { event(in, 20, false); listed(in) }, policy.AskWaiting, true, true},
		"asked by hand, nothing known": {listed, policy.AskWaiting, true, true},
		"busy": {func(in *Input) { alice(in, 20); listed(in); in.Reviewers.Busy = []string{"ALICE"} }, policy.AskAway,
			false, false},
		"taken off": {func(in *Input) { alice(in, 20); event(in, 20, false); event(in, 21, true) }, policy.AskRemoved,
			false, false},
		"taken off for the head before": {func(in *Input) { alice(in, 20); in.Reviewers.Asked[0].Head = "h1"; event(in, 21, true) },
			policy.AskRemoved, false, false},
		"taken off and put back":      {func(in *Input) { alice(in, 20); event(in, 21, true); listed(in) }, policy.AskWaiting, true, false},
		"taken off a stranger's list": {func(in *Input) { event(in, 20, false); event(in, 21, true) }, policy.AskRemoved, false, true},
		"gone, where events are hidden": {func(in *Input) { alice(in, 20); in.Snapshot.Request.ReviewRequestsKnown = false }, policy.AskRemoved,
			false,
			false},
		"taken back, and asked by somebody at once": {func(in *Input) { alice(in, 20); in.Reviewers.Asked[0].TakenBack = true; listed(in) },
			policy.AskWaiting, true, true},
		"refused": {func(in *Input) { alice(in, 20); in.Reviewers.Asked[0].Refused = true }, policy.AskRefused, false, false},
	}
	for name, tt := range tests {
		in := &Input{Snapshot: &policy.Snapshot{}, Reviewers: &ReviewerState{}}
		in.Snapshot.Now, in.Snapshot.Request.Head, in.Snapshot.Request.ReviewRequestsKnown = hour(23).Add(2*time.Second), "h2", true
		in.Snapshot.Rules.Asking.Reassign = 72 * time.Hour
		in.Snapshot.Owners = ownersFor(t)
		tt.change(in)
		got := Of(in)
		if tt.want == "" {
			if len(got) != 0 {
				t.Errorf("%s: %+v", name, got[0])
			}
			continue
		}
		if len(got) != 1 || got[0].State != tt.want || got[0].active != tt.active || got[0].ByHand != tt.byHand {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

// TestTakeBack holds that the gate takes back what it asked for itself and what stands, and nothing
// that somebody else asked for, or the forge refused.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	asked := func(change func(*Requested)) []Requested {
		a := Requested{Head: "h2", Login: "Alice", At: hour(20)}
		if change != nil {
			change(&a)
		}
		return []Requested{a}
	}
	for name, tt := range map[string]struct {
		asked  []Requested
		listed []string
		events []pull.ReviewRequest
		want   int
	}{
		"asked":              {asked(nil), []string{"alice"}, nil, 1},
		"asked for h1":       {asked(func(a *Requested) { a.Head = "h1" }), []string{"alice"}, nil, 1},
		"stands no more":     {asked(nil), nil, nil, 0},
		"refused":            {asked(func(a *Requested) { a.Refused = true }), []string{"alice"}, nil, 0},
		"somebody else's":    {nil, []string{"alice"}, nil, 0},
		"repeated by hand":   {asked(nil), []string{"alice"}, []pull.ReviewRequest{{Who: "alice", At: hour(22)}}, 0},
		"noted at that time": {asked(nil), []string{"alice"}, []pull.ReviewRequest{{Who: "alice", At: hour(20).Add(time.Second)}}, 1},
	} {
		in := &Input{Snapshot: &policy.Snapshot{}, Reviewers: &ReviewerState{Asked: tt.asked}}
		in.Snapshot.Now, in.Snapshot.Owners, in.Snapshot.Request.Head = hour(23), ownersFor(t), "h2"
		in.Snapshot.Request.ReviewRequestsKnown = true
		in.Snapshot.Request.Requested, in.Snapshot.Request.ReviewRequests = tt.listed, tt.events
		got := TakeBack(in)
		if len(got) != tt.want || tt.want > 0 && (got[0].Login != "Alice" || !got[0].TakenBack) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func ownersFor(t *testing.T) *ownership.Map {
	t.Helper()
	m, err := ownership.New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestNextDue holds that the next look is when the first of those asked becomes
// silent, or is away.
func TestNextDue(t *testing.T) {
	t.Parallel()
	in := &Input{Snapshot: &policy.Snapshot{}, Reviewers: &ReviewerState{}}
	in.Snapshot.Now, in.Snapshot.Owners = hour(20), ownersFor(t)
	in.Snapshot.Rules.Asking.Reassign = 72 * time.Hour
	requests := []*Request{{RequestVerdict: policy.RequestVerdict{Who: "alice"}, active: true, since: hour(10)},
		{RequestVerdict: policy.RequestVerdict{Who: "bob"}, since: hour(1)}}
	if diff := cmp.Diff(hour(10).Add(72*time.Hour), in.nextDue(requests, []string{"carol"})); diff != "" {
		t.Error(diff)
	}
	in.Snapshot.Owners = in.Snapshot.Owners.With(func(login string, at time.Time) bool { return login == "carol" && !at.Before(hour(48)) })
	if diff := cmp.Diff(hour(48), in.nextDue(requests, []string{"carol"})); diff != "" {
		t.Error(diff)
	}
	in.Snapshot.Rules.Asking.Reassign = 0
	if due := in.nextDue(requests, nil); !due.IsZero() {
		t.Error(due)
	}
}
