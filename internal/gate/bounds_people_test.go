package gate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// answers are the comments and reactions that were given.
type answers struct{ reactions, replies []string }

func (a *answers) React(_ context.Context, _ pull.Repo, node string, r seam.Reaction) error {
	a.reactions = append(a.reactions, node+" "+string(r))
	return nil
}
func (a *answers) Retract(context.Context, pull.Repo, string, seam.Reaction) error { return nil }
func (a *answers) Reply(_ context.Context, _ pull.Ref, _, body string) error {
	a.replies = append(a.replies, body)
	return nil
}

func wordsFor(t *testing.T) *publish.Messages {
	t.Helper()
	words, err := publish.NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// commanded is a run of dave's pull request with comments of his.
func commanded(t *testing.T, bodies ...string) Run {
	t.Helper()
	run := Run{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "head", Gated: true,
		Verdict: policy.Verdict{Outcome: policy.Pending, Language: "en"}}
	s := &run.inputs.Snapshot
	s.Owners = ownersFor(t)
	s.Request = pull.Request{Ref: run.Ref, Head: "head", Author: pull.Person{Login: "dave", ID: 5}, Open: true}
	for i, body := range bodies {
		s.Request.Comments = append(s.Request.Comments, pull.Comment{ID: int64(i + 1), Node: fmt.Sprint("n", i+1), Author: s.Request.Author,
			Body: body, At: hour(1)})
	}
	return run
}

// notes are a History that takes what it is told.
type notes struct {
	history.Store
	facts []history.Update
}

func (m *notes) Remember(_ context.Context, _ pull.Ref, f history.Update) error {
	m.facts = append(m.facts, f)
	return nil
}

// TestManyCommands holds that of a pull request so many commands are answered, whenever
// they come, and no more.
func TestManyCommands(t *testing.T) {
	t.Parallel()
	a, m := &answers{}, &notes{}
	g := New(Config{Forge: seam.Forge{Answerer: a}, History: m, Messages: wordsFor(t), Log: slog.New(slog.DiscardHandler)})
	run := commanded(t, slices.Repeat([]string{"/recheck"}, maxAnswers+5)...)
	run.memory.Answered = []history.Answer{{Key: "comment 1"}}
	if err := g.answer(t.Context(), &run); err != nil {
		t.Fatal(err)
	}
	if len(a.reactions) != maxAnswers-1 || a.reactions[0] != "n2 thumbs up" {
		t.Errorf("%d commands are answered besides the one that was, want %d: %v", len(a.reactions), maxAnswers-1, a.reactions)
	}
	for _, f := range m.facts {
		run.memory.Answered = append(run.memory.Answered, f.Answered...)
	}
	if err := g.answer(t.Context(), &run); err != nil || len(a.reactions) != maxAnswers-1 {
		t.Errorf("once more: %d, %v", len(a.reactions), err)
	}
}

// TestCommentOfManyCommands holds that of one comment so many commands are answered and
// no more, and that one that is refused beyond them gets no thumbs up.
func TestCommentOfManyCommands(t *testing.T) {
	t.Parallel()
	g := New(Config{Messages: wordsFor(t)})
	for beyond, want := range []int{maxOfOne, maxOfOne} {
		var body strings.Builder
		for i := range maxOfOne + beyond {
			fmt.Fprintf(&body, "/why p%02d\n", i)
		}
		run := commanded(t, body.String())
		words, refused := g.reply(&run, askings(&run.inputs.Snapshot)[0])
		if n := strings.Count(words, "> "); n != want || refused || !strings.Contains(words, "p09") {
			t.Errorf("%d beyond: %d are answered, want %d; refused %v", beyond, n, want, refused)
		}
	}
	run := commanded(t, strings.Repeat("/why mm/a.c\n", maxOfOne)+"/override of no right\n")
	words, refused := g.reply(&run, askings(&run.inputs.Snapshot)[0])
	if n := strings.Count(words, "> "); n != maxOfOne || !refused {
		t.Errorf("%d are answered, refused %v", n, refused)
	}
}

// TestLongAnswers holds that an answer ends where it gets too long, and not within a
// letter.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	g := New(Config{Messages: wordsFor(t)})
	run := commanded(t, "/why a")
	answer := func(letters int) string {
		run.Verdict.Files = []policy.FileVerdict{{Path: "a", OldPath: strings.Repeat("\u5185", letters), State: policy.Unreviewed}}
		words, _ := g.reply(&run, askings(&run.inputs.Snapshot)[0])
		return words
	}
	rest := len(answer(1000)) - 1000*len("\u5185")
	fits := (maxReply - rest) / len("\u5185")
	if words := answer(fits); strings.HasSuffix(words, " \u2026") || len(words) != rest+fits*len("\u5185") {
		t.Errorf("an answer of %d bytes is cut", len(words))
	}
	for more := 1; more <= 3; more++ {
		words := answer(fits + more)
		if !strings.HasSuffix(words, " \u2026") || len(words) > maxReply+len(" \u2026") || !strings.HasPrefix(answer(fits), words[:100]) ||
			strings.ToValidUTF8(words, "") != words {
			t.Errorf("an answer has %d bytes, and ends with %q", len(words), words[len(words)-12:])
		}
	}
}

// missing is a pull request that so many people of one subsystem could approve.
func missing(t *testing.T, strategy string, people int) (*snapshot.Inputs, *policy.Verdict) {
	t.Helper()
	p, err := policyfile.Parse("p.yml", []byte("version: 1\nthreshold: 100%\nassign: {max: 15, strategy: "+strategy+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var logins []string
	for i := range people {
		logins = append(logins, fmt.Sprintf("m%02d", i))
	}
	owners, _, err := formats.Parse([]formats.Source{{Format: formats.Subsystems, Path: "m.yml", Files: []ownership.File{{Path: "m.yml",
		Data: []byte("version: 1\nsubsystems: [{name: mm, paths: [\"mm/**\"], maintainers: [" + strings.Join(logins, ", ") + "]}]\n")}}}},
		"github")
	if err != nil {
		t.Fatal(err)
	}
	in := &snapshot.Inputs{Gated: true}
	s := &in.Snapshot
	s.Now, s.Owners = hour(9), owners
	s.Rules, _ = p.For("main", "main")
	s.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "head", BaseBranch: "main", MergeBase: "m",
		Author: pull.Person{Login: "dave", ID: 5}, Open: true, Complete: true, ReviewRequestsKnown: true,
		Files: []pull.File{{Content: pull.Content{Path: "mm/a.c", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: "1",
			ID: "2"}}}}
	v := rule.Evaluate(*s)
	if v.Unwarned == policy.Error {
		t.Fatal(v.Faults, v.Reasons)
	}
	return in, &v
}

// TestRequestedAreBounded holds that nobody is asked where as many are asked as the forge
// lets be.
func TestRequestedAreBounded(t *testing.T) {
	t.Parallel()
	maxRequested := publish.Limits{}.OrUsual().Requested
	for requested, want := range map[int]int{0: 15, maxRequested - 2: 2, maxRequested: 0, maxRequested + 3: 0} {
		in, v := missing(t, "all", 20)
		for i := range requested {
			in.Snapshot.Request.Requested = append(in.Snapshot.Request.Requested, fmt.Sprint("other", i))
		}
		// By hand, for something else: they leave the policy's own number alone.
		if got := requests.Choose(in.AssignInput(), v, nil).Ask; len(got) != want {
			t.Errorf("%d requested: %d are asked besides, want %d", requested, len(got), want)
		}
	}
}

// calendar says of so many choices that everybody is busy.
type calendar struct{ asked, busy int }

func (c *calendar) Available(_ context.Context, _ pull.Repo, logins []string) (seam.Availability, error) {
	if c.asked++; c.asked > c.busy {
		return seam.Availability{Seen: logins}, nil
	}
	return seam.Availability{Seen: logins, Busy: logins}, nil
}

// TestChoicesAreBounded holds that people are chosen anew so many times because somebody
// turns out to be busy, and that the last choice stays.
func TestChoicesAreBounded(t *testing.T) {
	t.Parallel()
	for busy, want := range map[int]int{0: 1, maxChoices - 1: maxChoices, maxChoices: maxChoices, 100: maxChoices} {
		in, v := missing(t, "cover", 20)
		c := &calendar{busy: busy}
		l := &snapshot.Reading{Inputs: *in}
		if err := New(Config{Forge: seam.Forge{Calendar: c}, Log: slog.New(slog.DiscardHandler)}).readReviewers(t.Context(), l, v); err != nil {
			t.Fatal(err)
		}
		asked := requests.Ask(l.Inputs.AssignInput(), v)
		if c.asked != want || len(asked) != 1 || requests.Contains(l.Inputs.Reviewers.Busy, asked[0]) {
			t.Errorf("busy %d times: looked up %d times, want %d; asked %v, busy %v", busy, c.asked, want, asked, l.Inputs.Reviewers.Busy)
		}
	}
}

// TestFewPaths holds that of many files the directories count, and of these so many.
func TestFewPaths(t *testing.T) {
	t.Parallel()
	var files, dirs []string
	for i := range maxKnowPaths {
		files = append(files, fmt.Sprintf("d/f%03d", i))
	}
	for i := range maxKnowPaths + 1 {
		dirs = append(dirs, fmt.Sprintf("d%03d/f", i))
	}
	if diff := cmp.Diff(files, fewPaths(files)); diff != "" {
		t.Errorf("as many as there may be (-want +got):\n%s", diff)
	}
	if got := fewPaths(append(files, "d/more")); len(got) != 1 {
		t.Errorf("of one more: %v", got)
	}
	if got := fewPaths(dirs); len(got) != maxKnowPaths || slices.Contains(got, dirs[0]) {
		t.Errorf("%d directories: %v", len(got), got)
	}
}

// TestLargePatches holds that the text of a patch is searched up to its bound.
func TestLargePatches(t *testing.T) {
	t.Parallel()
	owners, _, err := formats.Parse(
		[]formats.Source{{Format: formats.Maintainers, Path: "MAINTAINERS", Files: []ownership.File{{Path: "MAINTAINERS",
			Data: []byte("Maintainers List\n----------------\n\nRCU\nM:\tAlice <alice@example.org> " +
				"@alice\nS:\tMaintained\nF:\trcu/\nK:\tneedle\n")}}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	subs := owners.Subsystems()
	subs[0].Maintainers = []ownership.Owner{{Login: "alice"}}
	line := "@@ -1 +1 @@\n+needle"
	for name, tt := range map[string]struct {
		patches []string
		found   bool
	}{
		"just fits": {[]string{line + strings.Repeat(" ", maxPatch-len(line)-1)}, true},
		"too large": {[]string{line + strings.Repeat(" ", maxPatch-len(line))}, false},
		"behind others": {[]string{"@@ -1 +1 @@\n+" + strings.Repeat(" ", maxPatch/2), "@@ -1 +1 @@\n+" + strings.Repeat(" ", maxPatch/2),
			line}, true},
		"no room left": {[]string{"@@ -1 +1 @@\n+" + strings.Repeat(" ", maxPatch-40), line}, false},
	} {
		var files []pull.File
		for i, patch := range tt.patches {
			files = append(files, pull.File{Content: pull.Content{Path: fmt.Sprint("x", i)}, Patch: patch})
		}
		if got := suggested(owners, patchText(files)); slices.Contains(got, "alice") != tt.found {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestHintsAreBounded holds that it is kept of so many heads whom their patches concern, and
// the newest stays.
func TestHintsAreBounded(t *testing.T) {
	t.Parallel()
	c := &hints{}
	for i := range maxHinted + 10 {
		c.of(patchOf{head: fmt.Sprint(i)}, &[]string{"a"})
	}
	if _, ok := c.of(patchOf{head: fmt.Sprint(maxHinted + 9)}, nil); !ok || len(c.whom) > maxHinted {
		t.Errorf("%d are kept, want %d at most; the last one %v", len(c.whom), maxHinted, ok)
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
