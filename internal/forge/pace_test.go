package forge_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func isWrite(r *http.Request) bool { return r.Method == http.MethodPost }

func writes(minute int) []forge.Window {
	return []forge.Window{{Counts: isWrite, Most: minute, Over: time.Minute}}
}

// TestPaceNeverExceeds sends writes at random times, some many at once, and
// holds that no window has more than allowed, that reads never wait and that who
// is refused may write at the time told.
func TestPaceNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		gaps := rapid.SliceOfN(rapid.IntRange(0, 9000), 1, 120).Draw(rt, "milliseconds between writes")
		minute := rapid.IntRange(1, 8).Draw(rt, "per minute")
		among := rapid.IntRange(1, 10).Draw(rt, "processes")
		pulls := rapid.SliceOfN(rapid.IntRange(0, 5), len(gaps), len(gaps)).Draw(rt, "whose each is")
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var sent []time.Time
			p := &forge.Pace{Windows: writes(minute), Among: func() int { return among }, Patience: time.Second, Now: time.Now,
				Base: tripper(func(r *http.Request) (*http.Response, error) {
					if isWrite(r) {
						mu.Lock()
						sent = append(sent, time.Now())
						mu.Unlock()
					}
					return answer(200, ""), nil
				})}
			var all sync.WaitGroup
			for i, gap := range gaps {
				<-time.After(time.Duration(gap) * time.Millisecond)
				all.Go(func() {
					for {
						_, err := p.RoundTrip(ofPull(t, pulls[i]))
						limit, refused := errors.AsType[*forge.LimitError](err)
						if !refused {
							return
						}
						if !limit.Until.After(time.Now()) {
							t.Errorf("told to write again at %s, now is %s", limit.Until, time.Now())
							return
						}
						<-time.After(time.Until(limit.Until))
					}
				})
				start := time.Now()
				if _, err := p.RoundTrip(request(t, "GET", "https://forge.example/", "")); err != nil || time.Since(start) > 0 {
					t.Errorf("a read waited %s, %v", time.Since(start), err)
				}
			}
			all.Wait()
			most := max(minute/among, 1)
			for i := most; i < len(sent); i++ {
				if sent[i].Sub(sent[i-most]) < time.Minute {
					t.Errorf("more than %d in %s", most, sent[i].Sub(sent[i-most]))
				}
			}
			if len(sent) != len(gaps) {
				t.Errorf("%d sent, want %d", len(sent), len(gaps))
			}
		})
	})
}

// TestPaceKeepsTheLine has a crowd do some writes each, and do what leads to them
// anew whenever one is refused. Those that ask first whether there is room do so
// at most once more for each write, as they take no place by asking, and nobody waits longer
// than the writes take.
func TestPaceKeepsTheLine(t *testing.T) {
	t.Parallel()
	const crowd, minute = 200, 60
	for each := 1; each <= 4; each++ {
		synctest.Test(t, func(t *testing.T) {
			p := &forge.Pace{Windows: writes(minute), Patience: time.Second, Minor: true, Now: time.Now,
				Base: tripper(func(*http.Request) (*http.Response, error) { return answer(200, ""), nil })}
			start := time.Now()
			var readings atomic.Int32
			var all sync.WaitGroup
			for i := range crowd {
				<-time.After(time.Duration(i%3) * time.Millisecond)
				all.Go(func() {
					ref := pull.Ref{Repo: refOf(1).Repo, Number: i + 1}
					ctx := forge.For(t.Context(), ref)
					for left := each; left > 0; {
						err := p.Budget(forge.AskerOf(ref))
						if err == nil {
							readings.Add(1)
							<-time.After(300 * time.Millisecond)
						}
						for err == nil && left > 0 {
							if _, err = p.RoundTrip(request(t, "POST", "https://forge.example/", "").WithContext(ctx)); err == nil {
								left--
							}
						}
						if limit, refused := errors.AsType[*forge.LimitError](err); refused {
							if !limit.Minor {
								t.Error("the error does not say that it is minor")
							}
							<-time.After(time.Until(limit.Until))
						}
					}
				})
			}
			all.Wait()
			took, want := time.Since(start), time.Duration(crowd*each*5/4/minute)*time.Minute // four fifths are for one repository
			if n := readings.Load(); n > crowd*int32(1+each) || took > want*5/4 {
				t.Errorf("%d writes each: %d readings in %s, want about %d in %s", each, n, took, crowd, want)
			}
		})
	}
}

// TestShareOfSweeps holds that sweeps stop at their share, that an unchanged
// answer costs them nothing, that others go on, and that the next hour is new.
func TestShareOfSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := http.StatusOK
		reset := time.Now().Add(time.Hour)
		s := &forge.Share{Meter: meter, Percent: 25, Now: time.Now, Class: func(*http.Request) string { return "core" },
			Base: tripper(func(*http.Request) (*http.Response, error) {
				return answer(status, "", "X-RateLimit-Limit", "40", "X-RateLimit-Remaining", "39", "X-RateLimit-Reset", itoa(reset.Unix())), nil
			})}
		sweep := func() error {
			req := request(t, "GET", "https://forge.example/", "")
			_, err := s.RoundTrip(req.WithContext(forge.Background(t.Context())))
			return err
		}
		passed := func() int {
			for n := range 50 {
				if err := sweep(); err != nil {
					if limit, ok := errors.AsType[*forge.LimitError](err); !ok || limit.Until.Unix() != reset.Unix() {
						t.Errorf("refused with %v", err)
					}
					return n
				}
			}
			return 50
		}
		if n := passed(); n != 10 {
			t.Errorf("%d calls passed, want 10", n)
		}
		if _, err := s.RoundTrip(request(t, "GET", "https://forge.example/", "")); err != nil {
			t.Errorf("a call that is no sweep's: %v", err)
		}
		<-time.After(2 * time.Hour)
		reset, status = time.Now().Add(time.Hour), http.StatusNotModified
		if n := passed(); n != 50 {
			t.Errorf("%d calls that cost nothing passed", n)
		}
	})
}

func TestLimitsKeepTheLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		headers := []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", itoa(time.Now().Add(time.Hour).Unix())}
		l := &forge.Limits{Meter: meter, Now: time.Now,
			Base: tripper(func(*http.Request) (*http.Response, error) { return answer(403, "", headers...), nil })}
		if !l.Until().IsZero() {
			t.Error("limited from the beginning")
		}
		_, err := l.RoundTrip(request(t, "GET", "https://forge.example/", ""))
		l.Learn(&forge.LimitError{Until: time.Now().Add(time.Minute)})
		if got := time.Until(l.Until()); err == nil || got < 59*time.Minute {
			t.Errorf("%v, then calls are kept back for %s", err, got)
		}
		for text, want := range map[string]time.Duration{
			"-5": time.Minute, "30": 30 * time.Second, "999999999": 2 * time.Hour, "soon": time.Minute,
			time.Now().UTC().Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		} {
			fresh := &forge.Limits{Meter: meter, Now: time.Now,
				Base: tripper(func(*http.Request) (*http.Response, error) { return answer(429, "", "Retry-After", text), nil })}
			_, err := fresh.RoundTrip(request(t, "GET", "https://forge.example/", ""))
			if limit, ok := errors.AsType[*forge.LimitError](err); !ok || time.Until(limit.Until) != want {
				t.Errorf("Retry-After %q: %v, want %s from now", text, err, want)
			}
		}
	})
}

// TestLimitsEnd holds that no limit outlasts what a forge keeps up: neither one
// that was misread, nor one that stood when our clock was set back.
func TestLimitsEnd(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now, reset := noon, noon.Add(time.Hour).Unix()*1000
	base := tripper(func(*http.Request) (*http.Response, error) {
		return answer(403, "", "X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", itoa(reset)), nil
	})
	clock := func() time.Time { return now }
	share := &forge.Share{Meter: meter, Base: base, Percent: 10, Class: func(*http.Request) string { return "core" }, Now: clock}
	l := &forge.Limits{Meter: meter, Base: share, Now: clock}
	call := func() error {
		req := request(t, "GET", "https://forge.example/", "")
		_, err := l.RoundTrip(req.WithContext(forge.Background(req.Context())))
		return err
	}
	if err := call(); err == nil || !l.Until().Equal(noon.Add(time.Minute)) {
		t.Errorf("a reset in the far future: %v, kept back until %v", err, l.Until())
	}
	now, reset = noon.Add(time.Hour), noon.Add(2*time.Hour).Unix()
	if err := call(); err == nil || !l.Until().Equal(noon.Add(2*time.Hour+time.Second)) {
		t.Errorf("a reset in an hour: %v, kept back until %v", err, l.Until())
	}
	now = noon.Add(-24 * time.Hour)
	if until := l.Until(); !until.IsZero() {
		t.Errorf("the clock was set back: kept back until %v", until)
	}
	reset = now.Add(time.Minute).Unix()
	if err := call(); err == nil || !l.Until().Equal(now.Add(time.Minute+time.Second)) {
		t.Errorf("the clock was set back: %v, kept back until %v", err, l.Until())
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
