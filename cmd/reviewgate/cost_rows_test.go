package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// row is one thing that a stranger does to a service that is at rest.
type row struct {
	name    string
	options worldOptions
	writes  int                              // that the service makes in a minute; 0: any number
	before  func(w *world)                   // what is there when the service starts
	prepare func(w *world) *fake.PullRequest // what it is done with
	do      func(w *world, p *process, pr *fake.PullRequest) (metrics map[string]float64)
}

// rows are what was found to stop the service for others, as large as it was then.
func rows() []row {
	all := []row{
		{"connections=200", worldOptions{}, 0, nil, (*world).small, (*world).besieged},
		{"twins=40", worldOptions{}, 0, nil, (*world).small, (*world).approvedTwin},
		{"rechecks=300", worldOptions{}, 75, nil, (*world).small, (*world).rechecked},
		{"whatif=200", worldOptions{}, 0, (*world).crowded, (*world).loosened, (*world).judged},
		{"scopes=63KB", worldOptions{}, 0, nil, func(w *world) *fake.PullRequest {
			pr := w.small()
			_, err := pr.Review(fake.Review{By: "mallory", State: fake.Approved, Body: sixtyFourKB("/approve {a,b}{c,d}{e,f}{g,h}{i,j}{k,l}/**")})
			check0(w.t, err)
			return pr
		}, (*world).judged},
		{"comments=750x64KB", worldOptions{}, 0, nil, func(w *world) *fake.PullRequest {
			pr := w.small()
			for i := range 750 {
				w.comment(pr, "mallory", fmt.Sprint("/recheck\n", i, strings.Repeat(" and a word", 5900)))
			}
			return pr
		}, (*world).judged},
		{"files=2999", worldOptions{files: manyFiles(filesAtOnce)}, 0, nil,
			func(w *world) *fake.PullRequest { return w.open("topic", manyPaths(filesAtOnce)...) }, (*world).judged},
	}
	for _, name := range []string{"map", "sources", "bytes"} {
		all = append(all, row{"proposal=" + name, worldOptions{}, 0, nil,
			func(w *world) *fake.PullRequest { return w.proposeFromFork(proposals()[name]) }, (*world).judged})
	}
	return all
}

func (w *world) small() *fake.PullRequest { return w.open("topic", "mm/a.c") }

// crowded opens 200 pull requests.
func (w *world) crowded() {
	for i := range 200 {
		w.open(fmt.Sprint("open-", i), manyPaths(100)...)
	}
}

// loosened opens one that changes the policy.
func (w *world) loosened() *fake.PullRequest {
	return w.proposeFromFork(map[string]string{".github/review-gate.yml": "version: 1\nmin_approvals: 2\nassign: off\ncomment: false\n"})
}

// BenchmarkRows measures each row once, in a process of its own.
func BenchmarkRows(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	for _, r := range rows() {
		b.Run(r.name, func(b *testing.B) {
			o := r.options
			o.idle, o.limit = true, 1<<30
			w := newWorld(b, o)
			w.keys, w.writes = "sweep: {every: 24h}\n", r.writes
			first := w.open("first", "fs/a.c") // so that the service has judged something
			if r.before != nil {
				r.before(w)
			}
			p := w.spawn(builtProgram(b))
			w.untilWithin(5*time.Minute, "the first sweep", func() bool { return len(w.repo.CheckRuns(first.Head())) > 0 && p.idle() })
			pr := r.prepare(w)
			for b.Loop() {
				for name, value := range r.do(w, p, pr) {
					b.ReportMetric(value, name)
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// judged measures the first event of a pull request and another one.
func (w *world) judged(p *process, pr *fake.PullRequest) map[string]float64 {
	all := w.judgedOnce(p, pr)
	for name, value := range w.judgedOnce(p, pr) {
		all[name+"/again"] = value
	}
	return all
}

// judgedOnce delivers an event and measures until its check is written and no work is
// left.
func (w *world) judgedOnce(p *process, pr *fake.PullRequest) map[string]float64 {
	before, seen := w.stored(), len(p.log.lines("evaluated"))
	w.ResetCalls()
	took, more := p.peak(func() {
		postAll(w.t, p.public, []delivery{pullDelivery(fmt.Sprint("judged", time.Now().UnixNano()), pr.Number())})
		w.untilWithin(5*time.Minute, "judged", func() bool { return len(p.log.lines("evaluated")) > seen && p.idle() })
	})
	return map[string]float64{"s": took.Seconds(), "MB-more": more, "calls": float64(len(w.Calls())), "MB-stored": w.stored() - before}
}

// stored is the size of the database in MB.
func (w *world) stored() (all float64) {
	for _, name := range []string{"gate.db", "gate.db-wal"} {
		if info, err := os.Stat(filepath.Join(w.dir, name)); err == nil {
			all += float64(info.Size()) / 1e6
		}
	}
	return all
}

// besieged counts what of honest deliveries is not accepted beside silent connections.
func (w *world) besieged(p *process, _ *fake.PullRequest) map[string]float64 {
	end := besiege(p.public, 200, strangers()["announced, nothing"])
	defer end()
	<-time.After(time.Second)
	start, refused := time.Now(), 0
	for _, n := range honest(w.t, p.public, fmt.Sprint("honest", start.UnixNano())) {
		refused += n
	}
	return map[string]float64{"s": time.Since(start).Seconds(), "refused": float64(refused)}
}

// approvedTwin measures an approval on one of 40 pull requests of a head.
func (w *world) approvedTwin(p *process, pr *fake.PullRequest) map[string]float64 {
	all := w.copies(pr, 39)
	for i, c := range all {
		postAll(w.t, p.public, []delivery{pullDelivery(fmt.Sprint("copy", i, time.Now().UnixNano()), c.Number())})
	}
	w.untilWithin(5*time.Minute, "idle", p.idle)
	w.later()
	w.ResetCalls()
	review, err := all[3].Review(fake.Review{By: "alice", State: fake.Approved, Body: "text"})
	check0(w.t, err)
	took, more := p.peak(func() {
		d := reviewed(fmt.Sprint("approved", time.Now().UnixNano()), all[3], review, "text")
		postAll(w.t, p.public, []delivery{d})
		w.untilWithin(5*time.Minute, "approved", func() bool { return w.run(pr.Head()).Conclusion == "success" && p.idle() })
	})
	return map[string]float64{"s": took.Seconds(), "MB-more": more, "calls": float64(len(w.Calls()))}
}

// rechecked measures how long somebody else's check takes behind 300 commands.
func (w *world) rechecked(p *process, pr *fake.PullRequest) map[string]float64 {
	for i := range 300 {
		w.comment(pr, "mallory", "/recheck")
		if status := commented(fmt.Sprint("recheck", i, time.Now().UnixNano()), pr, "/recheck").post(w.t,
			p.public); status != http.StatusAccepted {
			w.t.Errorf("status %d", status)
		}
	}
	other := w.open("other", "fs/b.c")
	begun := time.Now()
	postAll(w.t, p.public, []delivery{pullDelivery(fmt.Sprint("other", begun.UnixNano()), other.Number())})
	w.untilWithin(15*time.Minute, "the other's check", func() bool { return len(w.repo.CheckRuns(other.Head())) > 0 })
	return map[string]float64{"s-other": time.Since(begun).Seconds()}
}
