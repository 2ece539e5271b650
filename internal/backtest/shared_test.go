package backtest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

// shared reads the past that lies beside the repository. Without it the test is
// skipped, unless REVIEWGATE_SHARED is "required".
func shared(t testing.TB, rules string) (*backtest.Frame, []simulate.Pull) {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("../../../shared/data/optee", name))
		if errors.Is(err, fs.ErrNotExist) && os.Getenv("REVIEWGATE_SHARED") != "required" {
			t.Skipf("%v; REVIEWGATE_SHARED=required would fail here", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	pulls, err := simulate.ReadPulls("prs.jsonl.gz", bytes.NewReader(read("prs.jsonl.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return frame(t, formats.Maintainers, string(read("MAINTAINERS")), rules), pulls
}

// frame makes a frame of an ownership file and a policy.
func frame(t testing.TB, format formats.Name, owners, rules string) *backtest.Frame {
	t.Helper()
	file := ownership.File{Path: "OWNERSHIP", Data: []byte(owners)}
	m, _, err := formats.Parse([]formats.Source{{Format: format, Path: "OWNERSHIP", Files: []ownership.File{file}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policyfile.Parse("review-gate.yml", []byte("version: 1\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	return &backtest.Frame{Owners: m, Rules: p.Base, Protected: []string{"MAINTAINERS"}}
}

// TestOPTEE holds the numbers of a real project's past to a recount of who owns and who
// reviewed each file.
func TestOPTEE(t *testing.T) {
	t.Parallel()
	f, pulls := shared(t, "reviewers_count: true\n")
	merged := backtest.FromFile(pulls)
	r := backtest.Run(f.Cases(merged))
	want := make([]int, len(r.Levels))
	for i := range merged {
		for k, l := range r.Levels {
			reviewed, counted, protected := recountOwners(f.Owners, &merged[i].Request, l.MinApprovals)
			if protected && reviewed*100 >= (50+k%11*5)*counted {
				want[k]++
			}
		}
	}
	for k, l := range r.Levels {
		if l.Passed != want[k] || want[k] == 0 {
			t.Errorf("%s with %d: %d passed, want %d", l.Threshold, l.MinApprovals, l.Passed, want[k])
		}
	}
	if r.Pulls != len(merged) || r.Unjudged > 0 || r.Timed > 0 {
		t.Errorf("%d pull requests, %d not judged, %d with times", r.Pulls, r.Unjudged, r.Timed)
	}
	wellFormed(t, r.SVG())
}

// recountOwners counts the files of a pull request that enough owners reviewed, and reports
// whether those are among them that must.
func recountOwners(m *ownership.Map, req *pull.Request, approvals int) (reviewed, counted int, protected bool) {
	protected = true
	for _, file := range req.Files {
		people, unknown := peopleOf(m.Match(file.Path))
		rest := slices.DeleteFunc(slices.Clone(people), func(who string) bool { return who == req.Author.Login })
		if fallback := m.Fallback(file.Path); len(rest) < approvals && len(people) >= approvals && !unknown && len(fallback) > 0 {
			people, _ = peopleOf(fallback)
			rest = slices.DeleteFunc(people, func(who string) bool { return who == req.Author.Login })
		}
		n := 0
		for _, review := range req.Reviews {
			if slices.Contains(rest, review.Author.Login) {
				n++
			}
		}
		counted++
		if n >= approvals {
			reviewed++
		} else if file.Path == "MAINTAINERS" || strings.HasPrefix(file.Path, ".github/workflows/") ||
			strings.HasSuffix(file.Path, ".gitattributes") {
			protected = false
		}
	}
	return reviewed, counted, protected
}

// peopleOf lists the logins of areas, and reports whether there are teams besides.
func peopleOf(list []*ownership.Subsystem) (logins []string, teams bool) {
	for _, s := range list {
		for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
			if teams = teams || o.Team != ""; o.Login != "" {
				logins = append(logins, strings.ToLower(o.Login))
			}
		}
	}
	slices.Sort(logins)
	return slices.Compact(logins), teams
}

// wellFormed holds that a text is one XML document.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	var root struct {
		Title string `xml:"title"`
		Desc  string `xml:"desc"`
	}
	if err := xml.Unmarshal([]byte(text), &root); err != nil || root.Title == "" || root.Desc == "" {
		t.Errorf("%v: %+v", err, root)
	}
}

// BenchmarkOPTEE judges some 3,000 pull requests: the past twice.
func BenchmarkOPTEE(b *testing.B) {
	f, pulls := shared(b, "reviewers_count: true\n")
	pulls = slices.Concat(pulls, pulls)
	b.ReportAllocs()
	for b.Loop() {
		backtest.Run(f.Cases(backtest.FromFile(pulls)))
	}
}
