package github_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// ask is what a test compares of a request.
type ask struct {
	who     string
	removed bool
}

func asks(r pull.Request) (out []ask) {
	for _, a := range r.ReviewRequests {
		out = append(out, ask{a.Who, a.Removed})
	}
	return out
}

// TestAsks holds that the look tells who is asked, who was and is no longer, and
// who of them is busy; by REST, too, where events are refused.
func TestAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	check(t, w.repo.SetTeam("mm", "write"), w.SetLimited("bob", true))
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	check(t, pr.RequestReviewers("carol", []string{"alice", "bob"}, []string{"mm"}), pr.UnrequestReviewers("carol", []string{"alice"}, nil))
	req := w.look(ref).Request
	if diff := cmp.Diff([]string{"bob", "@acme/mm"}, req.Requested); diff != "" {
		t.Errorf("requested (-want +got):\n%s", diff)
	}
	want := []ask{{"alice", false}, {"bob", false}, {"@acme/mm", false}, {"alice", true}}
	if diff := cmp.Diff(want, asks(req), cmp.AllowUnexported(ask{})); diff != "" || !req.ReviewRequestsKnown ||
		req.ReviewRequests[0].At.IsZero() {
		t.Errorf("%+v (-want +got):\n%s", req.ReviewRequests, diff)
	}
	if diff := cmp.Diff([]string{"bob"}, req.Busy); diff != "" {
		t.Errorf("busy (-want +got):\n%s", diff)
	}
	_, err := pr.Review(fake.Review{By: "carol", State: fake.Approved})
	check(t, err)
	refused := 0
	w.transport = refuser(&refused, "timelineItems")
	w.as(func(*github.Config) {})
	if diff := cmp.Diff(want, asks(w.look(ref).Request), cmp.AllowUnexported(ask{})); diff != "" {
		t.Errorf("by REST (-want +got):\n%s", diff)
	}
	w.transport = refuser(&refused, "combinedSlug")
	w.as(func(*github.Config) {})
	if diff := cmp.Diff([]string{"bob"}, w.look(ref).Request.Requested); diff != "" {
		t.Errorf("without teams (-want +got):\n%s", diff)
	}
}

// TestBusy holds that who is not there is not busy, but gone, that an app is not, and that a
// server that knows no status costs no more than the question and tells of nobody.
func TestBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	check(t, w.SetLimited("bob", true))
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	look := w.look(ref)
	look.Candidates = []string{"alice", "nobody", "bob"}
	if c := w.change(look); !slices.Equal(c.People.Busy, []string{"bob"}) || !slices.Equal(c.People.Gone, []string{"nobody"}) ||
		c.After.Head != look.Request.Head || !c.Files[0].Whole() {
		t.Errorf("%+v", c)
	}
	people, err := w.app.Available(t.Context(), linux, append(look.Candidates, "nobody[bot]"))
	check(t, err)
	if !slices.Equal(people.Busy, []string{"bob"}) || !slices.Equal(people.Gone, []string{"nobody"}) || len(people.Seen) != 4 {
		t.Errorf("people: %+v", people)
	}
	refused := 0
	w.transport = refuser(&refused, "indicatesLimitedAvailability")
	w.as(func(*github.Config) {})
	if c := w.change(look); c.People.Seen != nil || !c.Files[0].Whole() {
		t.Errorf("%+v", c)
	}
	w.ResetCalls()
	people, err = w.app.Available(t.Context(), linux, look.Candidates)
	check(t, err)
	if people.Seen != nil || len(w.Calls()) != 0 {
		t.Errorf("%+v, %d calls", people, len(w.Calls()))
	}
}

func TestRequestReviewers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	check(t, w.repo.SetTeam("mm", "write"))
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	_, refused, err := w.app.RequestReviewers(t.Context(), ref, []string{"alice", "@acme/mm", "mallory", "@acme/kernel"})
	check(t, err)
	people, teams := pr.Requested()
	if got := strings.Join(slices.Concat(people, teams, refused), " "); got != "alice mm mallory @acme/kernel" {
		t.Error(got)
	}
}

// TestAssign holds that people who can't be assigned are passed over. GitHub's
// description at hand leaves this operation out, so it is held to no contract.
func TestAssign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	for range 2 {
		check(t, w.app.Assign(t.Context(), ref, []string{"alice", "mallory", "nobody"}))
	}
	req := w.look(ref).Request
	if !slices.Equal(pr.Assignees(), []string{"alice"}) || !slices.Equal(req.Assignees, []string{"alice"}) {
		t.Errorf("%v, %v", pr.Assignees(), req.Assignees)
	}
}

// TestLookWithoutPeople holds that a server which knows no status, no labels and
// no events of requests is asked without these, and without nothing else. Events are
// then read by REST.
func TestLookWithoutPeople(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ part, message string }{
		"status":    {"{ status", "Field 'status' doesn't exist on type 'User'"},
		"labels":    {"labels(", "Field 'labels' doesn't exist on type 'PullRequest'"},
		"assignees": {"assignees(", "Field 'assignees' doesn't exist on type 'PullRequest'"},
		"events":    {"REVIEW_REQUESTED_EVENT", "Value REVIEW_REQUESTED_EVENT is not in the enum"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			times := 0
			w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
				if !strings.Contains(sent, tt.part) {
					return answer
				}
				times++
				return `{"errors":[{"message":"` + tt.message + `"}]}`
			}))
			ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
			check(t, pr.RequestReviewers("carol", []string{"alice"}, nil), pr.AddLabel("carol", "mine"))
			for range 2 {
				req := w.look(ref).Request
				if !slices.Equal(req.Requested, []string{"alice"}) || !req.ReviewRequestsKnown || (req.Labels == nil) != (name == "labels") {
					t.Errorf("%+v", req)
				}
			}
			if times != 1 {
				t.Errorf("refused %d times", times)
			}
		})
	}
}
