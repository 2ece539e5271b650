package proposal

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// knownRuns are what was judged before.
type knownRuns struct {
	open   []history.PullState
	bodies map[int][]byte

	closed []history.PullState
	judged map[int][]byte
}

func (r *knownRuns) OpenKnown(context.Context, pull.Repo) ([]history.PullState, error) {
	return r.open, nil
}
func (r *knownRuns) LastRun(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return history.RunRecord{Ref: ref, Body: r.bodies[ref.Number]}, r.bodies[ref.Number] != nil, nil
}

func (r *knownRuns) ClosedKnown(_ context.Context, _ pull.Repo, _ time.Time, most int) ([]history.PullState, error) {
	return r.closed[:min(len(r.closed), most)], nil
}
func (r *knownRuns) LastJudged(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return history.RunRecord{Ref: ref, Body: r.judged[ref.Number]}, r.judged[ref.Number] != nil, nil
}

func knownOf(n int) []history.PullState {
	all := make([]history.PullState, n)
	for i := range all {
		all[i] = history.PullState{Ref: pull.Ref{Repo: linux, Number: i + 2}, Head: fmt.Sprint("h", i), BaseBranch: "main", Check: "review-gate",
			Open: true}
	}
	return all
}

// TestWhatIfIsBounded holds that a proposal is compared with so many pull requests, so
// many bytes of their records and so many of their paths, and with no more.
func TestWhatIfIsBounded(t *testing.T) {
	t.Parallel()
	large := make([]byte, maxWhatIfBytes/4) // of no paths
	paths := func(from, n int) []byte {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"path":"%d"}`, from+i))
		}
		return []byte(`{"inputs":{"snapshot":{"Request":{"Files":[` + strings.Join(list, ",") + `]}}}}`)
	}
	half := maxWhatIfPaths / 2
	for name, tt := range map[string]struct {
		bodies [][]byte
		want   int
	}{
		"bytes":           {[][]byte{large, large, large, large}, 4},
		"a byte too many": {[][]byte{large, large, large, large, {0}}, 4},
		"paths":           {[][]byte{paths(0, half), paths(half, half), paths(0, half)}, 3},
		"a path too many": {[][]byte{paths(0, half), paths(half, half+1), paths(0, half)}, 2},
	} {
		runs := &knownRuns{open: knownOf(len(tt.bodies)), bodies: map[int][]byte{}}
		for i, body := range tt.bodies {
			runs.bodies[runs.open[i].Ref.Number] = body
		}
		got, _, err := New(Config{Runs: runs}).changedBy(t.Context(), runs.open, nil)
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: compared with %d, want %d; %v", name, len(got), tt.want, err)
		}
	}
	elsewhere := knownOf(3)
	elsewhere[0].BaseBranch, elsewhere[1].Ref.Number = "stable", 1 // itself
	if others, err := New(Config{Runs: &knownRuns{open: elsewhere}}).others(t.Context(),
		&pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, BaseBranch: "main"}); err != nil || len(others) != 1 || others[0].Ref.Number != 4 {
		t.Errorf("%+v, %v; want that of its own base branch", others, err)
	}
	for n, want := range map[int]int{maxWhatIf: maxWhatIf, maxWhatIf + 1: maxWhatIf} {
		others, err := New(Config{Runs: &knownRuns{open: knownOf(n)}}).others(t.Context(),
			&pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, BaseBranch: "main"})
		if err != nil || len(others) != want {
			t.Errorf("of %d pull requests %d, want %d; %v", n, len(others), want, err)
		}
	}
}

// TestWhatIfOfManyDirectories holds that a proposal whose owners would be looked for in
// more files than that is done for says so.
func TestWhatIfOfManyDirectories(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{}
	found := sources.New(sources.Config{Archive: f, Lister: f, DefaultMap: sources.File{
		Path: "default.yml", Data: []byte("version: 1\nsubsystems: [{name: all, fallback: true, maintainers: [carol]}]\n"),
	}}, content.New(content.Config{Files: f, Trees: f, Blobs: &shelf.Kept{}}))
	p, err := policyfile.Parse("p.yml", []byte("version: 1\nownership: [{owners: OWNERS}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	force := sources.File{Path: "p.yml", Data: []byte("version: 1\nownership: [{owners: OWNERS}]\n")}
	e := New(Config{Forge: seam.Forge{Archive: f}, Sources: found, ForcePolicy: force})
	var changed []string
	for range maxOwnPaths - len(sources.OwnPaths(found.SourcesOf(p), []string{"d/x"})) + 1 {
		changed = append(changed, fmt.Sprintf("d%d/x", len(changed)))
	}
	for _, beyond := range []bool{false, true} {
		l := &snapshot.Reading{Policy: p, Found: sources.Policy{File: force}}
		if beyond {
			changed = append(changed, "more/x")
		}
		if n := len(sources.OwnPaths(found.SourcesOf(p), changed)); n > maxOwnPaths != beyond {
			t.Fatalf("%d files are looked for", n)
		}
		_, m, err := e.proposed(t.Context(), l, changed)
		if err != nil {
			t.Fatal(err)
		}
		if said := len(m.Faults) == 1 && strings.Contains(m.Faults[0].Text, "more than the 2000 files"); said != beyond {
			t.Errorf("beyond %v: faults %v", beyond, m.Faults)
		}
	}
}
