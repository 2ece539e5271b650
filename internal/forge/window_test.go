package forge_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// refOf is one of six pull requests, of two repositories; 0 is none.
func refOf(n int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "forge", Owner: "acme", Name: fmt.Sprint("repo", n%2)}, Number: n}
}

// ofPull is a write for a pull request; of nobody where that is 0.
func ofPull(t *testing.T, n int) *http.Request {
	t.Helper()
	req := request(t, http.MethodPost, "https://forge.example/", "")
	if n == 0 {
		return req
	}
	return req.WithContext(forge.For(req.Context(), refOf(n)))
}

// paced is a pace of so many writes a minute whose base refuses them while it is down.
func paced(windows []forge.Window, down *bool) *forge.Pace {
	return &forge.Pace{Windows: windows, Patience: time.Second, Now: time.Now, Base: tripper(func(*http.Request) (*http.Response, error) {
		if down != nil && *down {
			return nil, &forge.LimitError{Until: time.Now().Add(time.Minute), What: "below"}
		}
		return answer(200, ""), nil
	})}
}

// untilRefused sends writes until one is refused, 1,000 at the most.
func untilRefused(t *testing.T, p *forge.Pace, req func() *http.Request) (sent int, limit *forge.LimitError) {
	t.Helper()
	for ; sent < 1000; sent++ {
		if _, err := p.RoundTrip(req()); err != nil {
			if _, ok := errors.AsType[*forge.LimitError](err); !ok {
				t.Fatal(err)
			}
			limit, _ = errors.AsType[*forge.LimitError](err)
			return sent, limit
		}
	}
	return sent, nil
}

// TestPaceIsShared holds that neither a pull request, nor a repository, nor 50 of the one
// use up a window, that whoever comes new is served at once, and that what takes a success
// back passes all of them.
func TestPaceIsShared(t *testing.T) {
	t.Parallel()
	const minute = 150
	storms := map[string]struct {
		storm    []pull.Ref
		most     int // that they may take together
		newcomer pull.Ref
	}{
		"a pull request": {[]pull.Ref{{Repo: refOf(1).Repo, Number: 1}}, minute * 2 / 5, pull.Ref{Repo: refOf(1).Repo, Number: 2}},
		"a repository":   {pulls(1, 50), minute * 4 / 5, refOf(2)},
		"its own others": {pulls(1, 50), minute * 4 / 5, pull.Ref{Repo: refOf(1).Repo, Number: 99}},
		"two": {append(pulls(1, 20), pulls(2, 20)...), minute * 8 / 9,
			pull.Ref{Repo: pull.Repo{Forge: "forge", Owner: "acme", Name: "third"}, Number: 1}},
	}
	for name, test := range storms {
		synctest.Test(t, func(t *testing.T) {
			p := paced([]forge.Window{{Counts: isWrite, Most: minute, Over: time.Minute}}, nil)
			sent := 0
			for range 2000 / len(test.storm) { // each tries again and again
				for _, ref := range test.storm {
					req := request(t, http.MethodPost, "https://forge.example/", "")
					if _, err := p.RoundTrip(req.WithContext(forge.For(req.Context(), ref))); err == nil {
						sent++
					}
				}
			}
			if sent > test.most+len(test.storm) || sent < test.most*9/10 {
				t.Errorf("%s: %d were sent, want about %d", name, sent, test.most)
			}
			start := time.Now()
			req := request(t, http.MethodPost, "https://forge.example/", "")
			if _, err := p.RoundTrip(req.WithContext(forge.For(req.Context(), test.newcomer))); err != nil || time.Since(start) > time.Second {
				t.Errorf("%s: who comes new waits %s, %v", name, time.Since(start), err)
			}
			if err := p.Budget(forge.AskerOf(test.storm[0])); err == nil {
				t.Errorf("%s: there is room for more of the storm", name)
			}
			if n, _ := untilRefused(t, p,
				func() *http.Request { return req.WithContext(forge.Urgent(forge.For(req.Context(), test.storm[0]))) }); sent+n+1 != minute {
				t.Errorf("%s: after %d there was room for %d urgent ones of %d", name, sent+1, n, minute)
			}
		})
	}
}

func pulls(repo, n int) []pull.Ref {
	var refs []pull.Ref
	for i := range n {
		refs = append(refs, pull.Ref{Repo: refOf(repo).Repo, Number: i + 1})
	}
	return refs
}

// TestPaceSpares holds that spare places are for what is urgent only.
func TestPaceSpares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := paced([]forge.Window{{Counts: isWrite, Most: 20, Over: time.Minute, Spare: 5}}, nil)
		n, _ := untilRefused(t, p, func() *http.Request { return ofPull(t, 0) })
		urgent, _ := untilRefused(t, p, func() *http.Request {
			req := ofPull(t, 3)
			return req.WithContext(forge.Urgent(req.Context()))
		})
		if n != 15 || urgent != 5 {
			t.Errorf("%d and then %d urgent ones of 20", n, urgent)
		}
	})
}

// TestPaceTakesAllPlacesOrNone holds that what one window refuses, or what is not sent,
// counts in no other.
func TestPaceTakesAllPlacesOrNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := false
		p := paced([]forge.Window{{Counts: isWrite, Most: 10, Over: time.Minute}, {Counts: isWrite, Most: 30, Over: time.Hour}}, &down)
		if _, limit := untilRefused(t, p, func() *http.Request { return ofPull(t, 0) }); limit == nil || time.Until(limit.Until) > time.Minute {
			t.Fatalf("the minute's: %v", limit)
		}
		for range 200 {
			_, _ = p.RoundTrip(ofPull(t, 0)) // refused by the minute
		}
		<-time.After(time.Minute)
		down = true
		for range 200 {
			_, _ = p.RoundTrip(ofPull(t, 0)) // not sent
		}
		down = false
		sent := 0
		for range 3 {
			n, _ := untilRefused(t, p, func() *http.Request { return ofPull(t, 0) })
			sent += n
			<-time.After(time.Minute)
		}
		if sent != 20 {
			t.Errorf("%d more in the hour, want 20", sent)
		}
	})
}

// TestPaceGivesOneTurn holds that a pull request that is refused again and again stands
// in line once, that its line is no other repository's, and that who only looks takes no
// place.
func TestPaceGivesOneTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := paced(writes(60), nil)
		if n, _ := untilRefused(t, p, func() *http.Request { return ofPull(t, 0) }); n != 60 {
			t.Fatalf("%d of 60", n)
		}
		told := func(n int) time.Duration {
			_, err := p.RoundTrip(ofPull(t, n))
			limit, _ := errors.AsType[*forge.LimitError](err)
			if limit == nil {
				t.Fatalf("not refused: %v", err)
			}
			return time.Until(limit.Until)
		}
		first := told(1)
		for range 300 {
			if err := p.Budget(forge.AskerOf(pull.Ref{Repo: refOf(1).Repo, Number: 77})); err == nil {
				t.Fatal("there is room")
			}
			if again := told(1); again != first {
				t.Fatalf("told %s, then %s", first, again)
			}
		}
		if next := told(3); next > first+2*time.Second {
			t.Errorf("the next of the repository is told %s, after %s", next, first)
		}
		for n := range 300 {
			told(5 + 2*n)
		}
		if other := told(2); other > first+2*time.Second {
			t.Errorf("another repository's is told %s", other)
		}
	})
}
