package past_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/backtest/past"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

// forge knows one team, and what was merged since a time.
type forge struct {
	seam.Source
	since time.Time
	most  int
}

var errUnread = errors.New("no answer")

func (f *forge) Team(_ context.Context, _ pull.Repo, team string) (policy.Team, error) {
	switch team {
	case "acme/mm":
		return policy.Team{Members: []pull.Person{{Login: "ann"}}}, nil
	case "acme/secret":
		return policy.Team{Unread: "it may not be read"}, nil
	}
	return policy.Team{}, errUnread
}

func (f *forge) merged(_ context.Context, _ pull.Repo, since time.Time, most int) ([]pull.Merged, error) {
	f.since, f.most = since, most
	return make([]pull.Merged, 2), nil
}

// TestMerged holds that a forge is asked for so many days, and what a file or a forge lacks is
// told.
func TestMerged(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	f := &forge{}
	s := past.Source{Forge: seam.Forge{Merged: f.merged}, Since: "30d"}
	list, err := s.Merged(t.Context(), now)
	if want := now.AddDate(0, 0, -30); err != nil || len(list) != 2 || !f.since.Equal(want) || f.most != past.MaxMerged {
		t.Errorf("%d, %v, since %s", len(list), err, f.since)
	}
	nothing := func(context.Context, pull.Repo, time.Time, int) ([]pull.Merged, error) { return nil, nil }
	for want, s := range map[string]past.Source{
		"can't be listed":                      {Since: "1d"},
		"write a number of days":               {Since: "1", Forge: seam.Forge{Merged: f.merged}},
		`"-1d": write a number of days`:        {Since: "-1d", Forge: seam.Forge{Merged: f.merged}},
		"give more days with --since":          {Since: "1d", Forge: seam.Forge{Merged: nothing}},
		"none.jsonl: no such file":             {File: "none.jsonl"},
		"holds no pull request; want one":      {File: write(t, "\n")},
		"it is damaged or cut short, write it": {File: write(t, "\x1f\x8bx")},
	} {
		if _, err := s.Merged(t.Context(), now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prs")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestFrame holds that given teams go before those of the forge, that unknown ones are told,
// and that the files of map and policy are protected.
func TestFrame(t *testing.T) {
	t.Parallel()
	s := past.Source{Forge: seam.Forge{Source: &forge{}}}
	given := map[string][]string{"acme/fs": {"carl", "dora"}}
	frame, lacking, err := s.Frame(t.Context(), owners(t, "@acme/mm", "@Acme/fs", "@acme/secret", "zoe"), "", tree{}, given, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"nobody is known to be in team acme/secret, so nothing of it is reviewed; see --team"}, lacking); diff != "" {
		t.Error(diff)
	}
	want := map[string]policy.Team{
		"acme/mm": {Members: []pull.Person{{Login: "ann"}}}, "acme/fs": {Members: []pull.Person{{Login: "carl"}, {Login: "dora"}}},
		"acme/secret": {Unread: "it may not be read"},
	}
	if diff := cmp.Diff(want, frame.Teams); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{".gitcode/review-gate.yml", ".gitea/review-gate.yml", ".gitee/review-gate.yml", ".github/review-gate.yml",
		".review-gate.yml", "map.yml"}, frame.Protected); diff != "" {
		t.Error(diff)
	}
	if _, _, err := s.Frame(t.Context(), owners(t, "@acme/gone"), "", tree{}, nil, nil); !errors.Is(err, errUnread) {
		t.Errorf("%v", err)
	}
	if _, lacking, err := (&past.Source{}).Frame(t.Context(), owners(t, "@acme/mm"), "", tree{}, nil, nil); err != nil || len(lacking) != 1 {
		t.Errorf("%v, %v", lacking, err)
	}
}

func owners(t *testing.T, people ...string) *ownership.Map {
	t.Helper()
	text := "version: 1\nsubsystems: [{name: all, paths: ['**'], maintainers: ['" + strings.Join(people, "', '") + "']}]\n"
	m, _, err := formats.Parse([]formats.Source{{Format: formats.Subsystems, Path: "map.yml",
		Files: []ownership.File{{Path: "map.yml", Data: []byte(text)}}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tree is one with a policy or without.
type tree struct {
	policy policy.Policy
	found  bool
	err    error
	files  map[string]string
}

func (t tree) Policy() (policy.Policy, bool, error) { return t.policy, t.found, t.err }

func (tree) Known() bool { return true }

func (t tree) File(name string) ([]byte, bool, error) {
	text, found := t.files[name]
	if text == "denied" {
		return nil, false, fs.ErrPermission
	}
	return []byte(text), found, nil
}

// TestRules holds that a file goes before the tree, and that a broken one is an error.
func TestRules(t *testing.T) {
	t.Parallel()
	counting := tree{policy: policy.Policy{Base: policy.Rules{ReviewersCount: true}}, found: true}
	for name, tt := range map[string]struct {
		file  string
		tree  tree
		want  bool
		fails bool
	}{
		"tree": {tree: counting, want: true}, "file": {file: write(t, "version: 1\n"), tree: counting}, "none": {},
		"broken tree": {tree: tree{err: errUnread}, fails: true},
		"broken":      {file: write(t, "version: 1\nx: y\n"), tree: counting, fails: true}, "missing": {file: "none.yml", fails: true},
	} {
		frame, _, err := (&past.Source{}).Frame(t.Context(), owners(t, "ann"), tt.file, tt.tree, nil, nil)
		if (err != nil) != tt.fails || err == nil && frame.Rules.ReviewersCount != tt.want {
			t.Errorf("%s: %v, %+v", name, err, frame)
		}
	}
}

// TestMaintainers reads a file in the format of Linux.
func TestMaintainers(t *testing.T) {
	t.Parallel()
	m, err := past.Maintainers(write(t, "Maintainers\n-----------\n\nMM\nM:\tAnn [@ann]\nF:\tmm/\n"))
	if err != nil || len(m.Match("mm/a.c")) != 1 {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := past.Maintainers("none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestGenerated holds that files which the tree marks as generated do not count where the policy
// leaves them out, and that what it says and can't be read is an error.
func TestGenerated(t *testing.T) {
	t.Parallel()
	merged := backtest.FromFile([]simulate.Pull{{Number: 1, Author: "erin", Merged: true, Reviewers: []string{"ann"},
		Paths: []string{"a.c", "b.pb.go", "gen/x/y.c", "keep/d.pb.go", "../out/z.c", "a\x00b/c"}}})
	marked := map[string]string{".gitattributes": "*.pb.go linguist-generated\n", "gen/.gitattributes": "* linguist-generated=true\n",
		"keep/.gitattributes": "*.pb.go -linguist-generated\n", "../out/.gitattributes": "* linguist-generated\n"}
	for rules, want := range map[policy.Generated]int{policy.GeneratedCount: 6, policy.GeneratedIgnore: 4} {
		of := tree{found: true, policy: policy.Policy{Base: policy.Rules{Generated: rules, Unowned: policy.UnownedUnreviewed}}, files: marked}
		frame, _, err := (&past.Source{}).Frame(t.Context(), owners(t, "ann"), "", of, nil, backtest.Paths(merged))
		if err != nil {
			t.Fatal(err)
		}
		counted := 0
		for _, f := range frame.Of(merged[0]).Snapshot.Request.Files {
			if !f.Generated {
				counted++
			}
		}
		if counted != want {
			t.Errorf("%s: %d files count, want %d", rules, counted, want)
		}
	}
	of := tree{found: true, policy: policy.Policy{Base: policy.Rules{Generated: policy.GeneratedIgnore}},
		files: map[string]string{"gen/.gitattributes": "denied"}}
	if _, _, err := (&past.Source{}).Frame(t.Context(), owners(t, "ann"), "", of, nil, backtest.Paths(merged)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("what can't be read: %v", err)
	}
}
