package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// intakeEvents is how many events a round of the load holds. The full run is
// -intake 50000.
var intakeEvents = flag.Int("intake", 4000, "events of each intake load")

// connections is how many senders deliver at once.
const connections = 64

// load is a list of signed deliveries of 20 KB each.
type load struct {
	bodies, signatures []string // by pull request
	numbers            []int    // by event
}

// newLoad makes events over so many pull requests in turn.
func newLoad(events, pulls int) load {
	filler := strings.Repeat(`,{"id":123456,"login":"somebody","site_admin":false,"url":"https://forge.example/users/somebody"}`, 200)
	l := load{}
	for n := range pulls {
		body := fmt.Sprintf(`{"action":"synchronize","number":%d,"pull_request":{"number":%d,"updated_at":"2026-03-01T12:00:00Z","assignees":[{}%s]},`+
			`"repository":{"full_name":"acme/linux","default_branch":"main"},"installation":{"id":7},"sender":{"login":"ann"}}`, n+1, n+1, filler)
		l.bodies = append(l.bodies, body)
		l.signatures = append(l.signatures, signedBy(testSecret, []byte(body)))
	}
	for i := range events {
		l.numbers = append(l.numbers, i%pulls)
	}
	return l
}

// rates are what a load saw.
type rates struct {
	perSecond float64
	p50, p99  time.Duration
	refused   int
}

func (r rates) String() string {
	return fmt.Sprintf("%.0f events/s, p50 %.1f ms, p99 %.1f ms, %d refused", r.perSecond, r.p50.Seconds()*1e3, r.p99.Seconds()*1e3, r.refused)
}

// send delivers a load over all connections. The ids of deliveries begin with a
// prefix.
func (l load) send(tb testing.TB, address, prefix string) rates {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, len(l.numbers))
	var next, refused atomic.Int64
	var senders sync.WaitGroup
	start := time.Now()
	for range connections {
		senders.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(l.numbers) {
					return
				}
				begun := time.Now()
				if l.post(client, address, prefix, i) != http.StatusAccepted {
					refused.Add(1)
				}
				took[i] = time.Since(begun)
			}
		})
	}
	senders.Wait()
	r := rates{perSecond: float64(len(took)) / time.Since(start).Seconds(), refused: int(refused.Load())}
	slices.Sort(took)
	r.p50, r.p99 = took[len(took)/2], took[len(took)*99/100]
	return r
}

// post gives the status of the answer, 0 if there was none.
func (l load) post(client *http.Client, address, prefix string, i int) int {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address+"/webhooks/github",
		strings.NewReader(l.bodies[l.numbers[i]]))
	if err != nil {
		return 0
	}
	req.Header.Set("X-Hub-Signature-256", l.signatures[l.numbers[i]])
	req.Header.Set("X-GitHub-Event", "pull_request")
	req.Header.Set("X-GitHub-Delivery", fmt.Sprint(prefix, i))
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // the status says it all
	return res.StatusCode
}

// gatekeeper is the service's intake with its queue, and work that costs
// nothing.
type gatekeeper struct {
	store service.Store
	url   string
	began chan time.Time // of work, if somebody asks

	mu  sync.Mutex
	ran map[int]int // evaluations by number
}

func newGatekeeper(tb testing.TB, db service.Store) *gatekeeper {
	tb.Helper()
	k := &gatekeeper{store: db, ran: map[int]int{}, began: make(chan time.Time, 1)}
	tb.Cleanup(func() { check0(tb, db.Close()) })
	remote, err := github.New(github.Config{Name: "github", Token: "t"})
	check0(tb, err)
	log := slog.New(slog.DiscardHandler)
	in, err := remote.Intake([]byte(testSecret))
	check0(tb, err)
	h := webhook.NewHandler(map[string]webhook.Intake{"github": in}, db, log, time.Now)
	check0(tb, db.Start(context.Background(), queue.Options{Work: k.work}))
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{forge}", h)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	k.url = server.URL
	return k
}

func (k *gatekeeper) work(_ context.Context, ref pull.Ref) error {
	select {
	case k.began <- time.Now():
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ran[ref.Number]++
	return nil
}

// settled waits until no work is left and fails if a pull request was never
// evaluated.
func (k *gatekeeper) settled(tb testing.TB, pulls int) {
	tb.Helper()
	wait(tb, time.Minute, "no work is left", func() bool {
		b, err := k.store.Backlog(context.Background())
		check0(tb, err)
		return b == queue.Backlog{}
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	for n := range pulls {
		if k.ran[n+1] == 0 {
			tb.Errorf("#%d was never evaluated", n+1)
		}
	}
}

// floor is what any durable intake must do: check the signature, append the body
// to a file, and flush the file once for all that came meanwhile.
func floor(tb testing.TB) string {
	tb.Helper()
	file, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	check0(tb, err)
	batch := store.NewBatcher(256, func(items []*store.Item[[]byte]) {
		for _, o := range items {
			if _, o.Err = file.Write(o.Value); o.Err != nil {
				return
			}
		}
		if err := file.Sync(); err != nil {
			for _, o := range items {
				o.Err = err
			}
		}
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(testSecret))
		mac.Write(body)
		given, _ := hex.DecodeString(strings.TrimPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256=")) // none is not equal
		if err != nil || !hmac.Equal(given, mac.Sum(nil)) || batch.Do(r.Context(), body) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	tb.Cleanup(func() {
		server.Close()
		batch.Close()
		check0(tb, file.Close())
	})
	return server.URL
}

// engines open a store of each kind.
func engines() map[string]func(testing.TB) service.Store {
	log := slog.New(slog.DiscardHandler)
	return map[string]func(testing.TB) service.Store{
		"sqlite": func(tb testing.TB) service.Store {
			db, err := sqlite.Open(context.Background(), filepath.Join(tb.TempDir(), "gate.db"), log)
			check0(tb, err)
			return db
		},
		"postgres": func(tb testing.TB) service.Store {
			db, err := postgres.Open(context.Background(), postgrestest.Open(tb).Database(tb, ""), log)
			check0(tb, err)
			return db
		},
	}
}

// TestIntake delivers a crowd of events and the same ones again: none is refused
// and none is lost.
func TestIntake(t *testing.T) {
	t.Parallel()
	const pulls = 100
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newGatekeeper(t, open(t))
			l := newLoad(1000, pulls)
			for range 2 {
				if r := l.send(t, k.url, "d"); r.refused > 0 && !raceDetector { // which may take longer than a forge waits
					t.Errorf("%d refused", r.refused)
				}
				k.settled(t, pulls)
			}
			// Whatever was said to be stored is known: none of it is new.
			k.mu.Lock()
			clear(k.ran)
			k.mu.Unlock()
			l.send(t, k.url, "d")
			k.mu.Lock()
			defer k.mu.Unlock()
			if len(k.ran) > 0 {
				t.Errorf("%d pull requests were evaluated for deliveries that had come before", len(k.ran))
			}
		})
	}
}

// BenchmarkIntake measures durable intake with the loader on the same machine,
// and reports its share of what the floor does in the same run.
func BenchmarkIntake(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for name, pulls := range map[string]int{"400 pull requests": 400, "each event a new one": *intakeEvents} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				bare := floor(b)
				k := newGatekeeper(b, engines()[engine](b))
				l := newLoad(*intakeEvents, pulls)
				var ours, least rates
				round := 0
				for b.Loop() {
					round++
					b.StopTimer()
					least = l.send(b, bare, "f")
					b.StartTimer()
					ours = l.send(b, k.url, fmt.Sprint(round, "-"))
					if ours.refused > 0 {
						b.Errorf("%d refused", ours.refused)
					}
				}
				k.settled(b, pulls)
				b.Logf("ours: %s; floor: %s", ours, least)
				b.ReportMetric(ours.perSecond, "events/s")
				b.ReportMetric(ours.p99.Seconds()*1e3, "p99-ms")
				b.ReportMetric(100*ours.perSecond/least.perSecond, "%floor")
			})
		}
	}
}

// BenchmarkWebhookToWork measures an idle service: from the webhook to the start
// of its work.
func BenchmarkWebhookToWork(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			k := newGatekeeper(b, engines()[engine](b))
			l := newLoad(1, 1)
			client := &http.Client{}
			defer client.CloseIdleConnections()
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if status := l.post(client, k.url, fmt.Sprint(i, "-"), 0); status != http.StatusAccepted {
					b.Fatalf("status %d", status)
				}
				took = append(took, (<-k.began).Sub(start))
				b.StopTimer()
				k.settled(b, 1)
				<-time.After(20 * time.Millisecond) // idle: longer than River's cooldown
				b.StartTimer()
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
		})
	}
}
