package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// backlog gives what work there is, without the time.
func (w *world) backlog() queue.Backlog {
	w.t.Helper()
	b, err := w.svc.Store().Backlog(w.t.Context())
	check0(w.t, err)
	b.Oldest = time.Time{}
	return b
}

// TestRenamedRepository holds that approvals, check and comment go with a
// repository that gets another name, whether its event arrives or not.
func TestRenamedRepository(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"told": false, "not told": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{policy: commentPolicy})
			pr := w.open("topic", "mm/a.c", "fs/a.c")
			w.review(pr, "alice", fake.Approved)
			w.expect(pr, "in_progress", "1 of 2")
			w.quiet()
			w.HoldWebhooks()
			check0(t, w.repo.Rename("acme", "linux-next"))
			if lost {
				w.DropWebhooks()
			}
			w.ReleaseWebhooks()
			w.push("topic", map[string]string{"fs/a.c": "pushed\n"})
			if lost {
				// What was under way when it was renamed speaks of the old name.
				postAll(t, w.svc.Public(), []delivery{pullDelivery("late", pr.Number())})
			}
			w.expect(pr, "in_progress", "1 of 2")
			w.review(pr, "bob", fake.Approved)
			w.expect(pr, "success", "2 of 2")
			w.quiet()
			if n := len(pr.Comments()); n != 1 {
				t.Errorf("%d comments", n)
			}
			known, err := w.svc.Store().OpenKnown(t.Context(), pull.Repo{Forge: "github", Owner: "acme", Name: "linux-next"})
			check0(t, err)
			if len(known) != 1 || known[0].Outcome != "success" {
				t.Errorf("remembered: %+v", known)
			}
		})
	}
}

// TestRepositoryOutOfReach holds that nothing is tried for ever where the App was
// taken out or suspended, or the repository deleted, and that all is looked at
// again when it is back.
func TestRepositoryOutOfReach(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ leave, back func(*world) }{
		"uninstalled": {func(w *world) { w.Uninstall("acme") }, func(w *world) {
			_, err := w.Install("acme")
			check0(w.t, err)
		}},
		"suspended": {func(w *world) { w.Suspend("acme", true) }, func(w *world) { w.Suspend("acme", false) }},
		"deleted":   {func(w *world) { w.repo.Delete() }, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			pr := w.open("topic", "mm/a.c")
			w.expect(pr, "in_progress", "0 of 1")
			w.quiet()
			tt.leave(w)
			postAll(t, w.svc.Public(), []delivery{pullDelivery("late", pr.Number())})
			w.until("it is left alone", func() bool { return strings.Contains(w.log.String(), "out of reach") })
			w.quiet()
			if b := w.backlog(); b != (queue.Backlog{}) {
				t.Errorf("backlog %+v", b)
			}
			if tt.back == nil {
				return
			}
			w.HoldWebhooks()
			w.review(pr, "alice", fake.Approved)
			w.DropWebhooks()
			w.ReleaseWebhooks()
			tt.back(w)
			w.expect(pr, "success", "1 of 1")
		})
	}
}

// TestRevokedTokens holds that an installation's token that is taken back before
// its time costs nobody anything.
func TestRevokedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	w.RevokeTokens()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	if n := strings.Count(w.log.String(), "evaluation failed"); n > 0 {
		t.Errorf("%d evaluations failed\n%s", n, w.log)
	}
}

// TestRotatedKey holds that a running service takes the App's new key from its
// file when GitHub refuses the old one.
func TestRotatedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	p := w.spawn(builtProgram(w.t))
	pr := w.open("topic", "mm/a.c")
	postAll(t, p.public, []delivery{pullDelivery("opened", pr.Number())})
	w.expect(pr, "in_progress", "0 of 1")
	w.until("idle", p.idle)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check0(t, err, os.WriteFile(filepath.Join(w.dir, "app.pem"),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600))
	w.RotateKey(key)
	w.RevokeTokens()
	w.review(pr, "alice", fake.Approved)
	postAll(t, p.public, []delivery{pullDelivery("approved", pr.Number())})
	w.expect(pr, "success", "1 of 1")
}

// TestFailedDeliveriesAreAskedForAgain has deliveries fail while nobody listens.
// The sweep's other means are refused.
func TestFailedDeliveriesAreAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.SetWebhook("http://127.0.0.1:1/nobody", testSecret)
	pr := w.open("topic", "mm/a.c")
	check0(t, w.FlushWebhooks(t.Context()))
	w.ahead.Add(int64(10 * time.Minute)) // what has just failed may be under way
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if listing(r) {
			return refused
		}
		return nil
	})
	w.start(nil)
	w.expect(pr, "in_progress", "0 of 1")
	status, body := get(t, "http://"+w.svc.Admin()+"/metrics")
	if status != http.StatusOK || !strings.Contains(body, `reviewgate_sweep_repairs_total{kind="redelivered"} `) ||
		strings.Contains(body, `{kind="redelivered"} 0`) {
		t.Errorf("metrics: %d\n%s", status, body)
	}
}

// TestSweepSetsChecksBack has a check changed while no event tells of it: by
// somebody else, where statuses are written, and by a late write of our own.
func TestSweepSetsChecksBack(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]bool{"app": false, "token": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{token: token})
			pr := w.open("topic", "mm/a.c")
			stands := func() string {
				if !token {
					return conclusion(w.run(pr.Head()))
				}
				all := w.repo.Statuses(pr.Head())
				if len(all) == 0 {
					return ""
				}
				return string(all[len(all)-1].State)
			}
			want := map[bool]string{false: "in_progress", true: "pending"}[token]
			w.until("judged", func() bool { return stands() == want })
			w.quiet()
			sweep := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}}
			before := w.count(anyCall)
			check0(t, w.svc.Store().Raise(t.Context(), sweep))
			w.until("a sweep", func() bool { return w.count(anyCall) > before })
			w.quiet()
			if strings.Contains(w.log.String(), "not as it was written") {
				t.Fatal("a check that stands is taken for another")
			}
			w.HoldWebhooks()
			if token {
				check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "review-gate", State: "success"}))
			} else {
				remote, err := openForge(w.config(), w.config().Forges[0], environment{})
				check0(t, err)
				_, err = remote.Gate.Publisher.SetCheck(t.Context(), sweep, publish.Check{Name: "review-gate", Head: pr.Head(), Outcome: policy.Success,
					Title: "late"}, seam.Written{ID: strconv.FormatInt(w.run(pr.Head()).ID, 10), Outcome: policy.Pending})
				check0(t, err)
			}
			if got := stands(); got != "success" {
				t.Fatalf("%s stands", got)
			}
			w.DropWebhooks()
			w.ReleaseWebhooks()
			check0(t, w.svc.Store().Raise(t.Context(), sweep))
			w.until("the check is set back", func() bool { return stands() == want })
		})
	}
}
