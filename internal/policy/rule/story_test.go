package rule_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

var update = flag.Bool("update", false, "rewrite what the stories want")

// TestStories plays testdata/*.txtar, scenarios of the rule (package policy, §8). A story has the files policy,
// subsystems, pull (a history, one step an hour) and want. The steps of a
// history are the methods of story below.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(rule.Evaluate(newStory(t, archive).snapshot()))
			if *update {
				setPart(archive, "want", got)
				writeArchive(t, file, archive)
				return
			}
			if diff := cmp.Diff(part(archive, "want"), got); diff != "" {
				t.Errorf("%s(-want +got):\n%s", archive.Comment, diff)
			}
		})
	}
}

func part(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// sources returns the ownership files of a story: the part subsystems, or others by
// the name of their format, with a dialect of CODEOWNERS after a dot, or the
// path of an OWNERS file.
func sources(a *txtar.Archive) []formats.Source {
	var list []formats.Source
	tree := formats.Source{Format: formats.OwnersTree, Path: "OWNERS"}
	for _, f := range a.Files {
		name, dialect, _ := strings.Cut(f.Name, ".")
		s := formats.Source{Format: formats.Name(name), Dialect: formats.Dialect(dialect), Path: f.Name,
			Files: []ownership.File{{Path: f.Name, Data: f.Data}}}
		switch s.Format {
		case formats.Subsystems:
			s.Files[0].Path = "subsystems.yml"
			list = append(list, s)
		case formats.Maintainers, formats.Codeowners, formats.OwnersYAML, formats.People, formats.Mailmap:
			list = append(list, s)
		default:
			if path.Base(f.Name) == tree.Path {
				tree.Files = append(tree.Files, s.Files...)
			}
		}
	}
	return append(list, tree)
}

func setPart(a *txtar.Archive, name, text string) {
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// story builds a Snapshot from a history.
type story struct {
	t       *testing.T
	s       policy.Snapshot
	now     time.Time
	listing bool // file lines belong to the list in hand
	unseen  bool // the gate did not see it
	seenAt  time.Time
}

func newStory(t *testing.T, a *txtar.Archive) *story {
	st := &story{t: t, now: epoch}
	p, err := policyfile.Parse("policy.yml", []byte(part(a, "policy")))
	st.s.Faults = append(st.s.Faults, strictyaml.AsFaults(err)...)
	st.s.Owners, st.s.SourceWarnings, err = formats.Parse(sources(a), "github")
	st.s.Faults = append(st.s.Faults, strictyaml.AsFaults(err)...)
	st.s.Teams, st.s.Gone = map[string]policy.Team{}, map[string]bool{}
	st.s.PolicyFiles = []string{"policy.yml", "subsystems.yml"}
	req := &st.s.Request
	req.Author, req.BaseBranch, req.MergeBase = pull.Person{Login: "dave"}, "main", "m1"
	req.Complete, req.BaseMovesKnown, req.Open = true, true, true
	lines := bufio.NewScanner(strings.NewReader(part(a, "pull")))
	for lines.Scan() {
		if line := lines.Text(); strings.TrimSpace(line) != "" {
			st.step(line)
		}
	}
	if st.unseen {
		st.unseen, st.seenAt = false, st.now // this evaluation sees it
	}
	st.record()
	st.s.Rules, _ = p.For(req.BaseBranch, "main")
	st.s.Now = st.now
	return st
}

func (st *story) snapshot() policy.Snapshot { return sealed(st.s) }

// step plays one line.
func (st *story) step(line string) {
	st.t.Helper()
	if strings.HasPrefix(line, "  ") {
		st.file(strings.Fields(line))
		return
	}
	st.record()
	st.now = st.now.Add(time.Hour)
	words := strings.Fields(line)
	req := &st.s.Request
	switch {
	case words[0] == "author":
		req.Author.Login = words[1]
	case words[0] == "head": // head h1 [on m2] [unseen] [cut]
		req.Head = words[1]
		st.list(words)
	case words[0] == "retarget": // retarget release [on m2]; to the same branch, it is rewritten
		move := pull.BaseMove{At: st.now, Kind: pull.Retargeted, Before: pull.Tip{Branch: req.BaseBranch, Commit: req.MergeBase}}
		if req.BaseBranch == words[1] {
			move.Kind = pull.Rewritten
		}
		req.BaseMoves, req.BaseBranch = append(req.BaseMoves, move), words[1]
		st.list(words)
	case words[0] == "sametree":
		st.s.SameTree = true
	case words[0] == "gone":
		st.s.Gone[words[1]] = true
	case words[0] == "team":
		st.team(words[1], words[2:])
	case words[0] == "commit": // commit c1 by alice,dave [touching a b]
		st.commit(words)
	case words[0] == "merges": // merges base ours theirs result
		st.s.Merges = append(st.s.Merges, sight.Merge{Base: words[1], Ours: words[2], Theirs: words[3], Result: words[4]})
	case words[0] == "cancelled": // cancelled by carol
		st.s.Cancels = append(st.s.Cancels, policy.Cancel{Who: pull.Person{Login: words[2]}, At: st.now})
	case words[0] == "mendable": // mendable by root
		st.s.Mendable, st.s.Proposal = true, &policy.WhatIf{}
		st.s.ServerOverride = []ownership.Owner{{Login: words[2]}}
	case words[1] == "says": // carol says [edited] /override ...
		text := strings.TrimSpace(strings.SplitN(line, "says", 2)[1])
		text, edited := strings.CutPrefix(text, "edited ")
		req.Comments = append(req.Comments, pull.Comment{ID: int64(100 + len(req.Comments)), Author: pull.Person{Login: words[0]},
			Body: strings.ReplaceAll(text, "|", "\n"), At: st.now, Edited: edited})
	case words[0] == "twin": // twin by erin
		st.s.Twins = append(st.s.Twins, pull.Request{Author: pull.Person{Login: words[2]}, BaseMovesKnown: true})
	default:
		st.review(words)
	}
}

func (st *story) team(name string, members []string) {
	team := policy.Team{}
	for _, m := range members {
		if m == "unreadable" {
			team.Unread = "404"
			continue
		}
		team.Members = append(team.Members, pull.Person{Login: m})
	}
	st.s.Teams[policy.TeamKey(name)] = team
}

func (st *story) commit(words []string) {
	c := pull.Commit{ID: words[1]}
	for _, login := range strings.Split(words[3], ",") {
		if strings.Contains(login, "@") {
			c.Unknown = append(c.Unknown, login)
			continue
		}
		c.People = append(c.People, pull.Person{Login: login})
	}
	if slices.Contains(words, "touching") {
		c.Paths, c.PathsKnown = words[5:], true
	}
	st.s.Request.Commits = append(st.s.Request.Commits, c)
}

// review plays "alice approves", "alice[bot] approves", "alice requests
// changes", "alice comments", "carol dismisses alice", "someone dismisses
// alice", each with an optional "at h1", "writer", "untold" (whether a writer), "on twin", "edited" (by
// herself) or "meddled" (by somebody else), and "saying" with the body at the
// end.
func (st *story) review(words []string) {
	st.t.Helper()
	body := ""
	if i := slices.Index(words, "saying"); i > 0 {
		body, words = strings.Join(words[i+1:], " "), words[:i]
	}
	req := &st.s.Request
	reviews := &req.Reviews
	if slices.Contains(words, "twin") {
		reviews = &st.s.Twins[0].Reviews
	}
	r := pull.Review{
		ID: int64(len(*reviews) + 1), Commit: req.Head, At: st.now, CanWrite: slices.Contains(words, "writer"),
		WriteUnknown: slices.Contains(words, "untold"),
		Author:       pull.Person{Login: words[0], Bot: strings.HasSuffix(words[0], "[bot]")},
	}
	r.Body = strings.ReplaceAll(body, "|", "\n")
	if r.Edited = slices.Contains(words, "edited") || slices.Contains(words, "meddled"); slices.Contains(words, "edited") {
		r.EditedBy = r.Author
	}
	if i := slices.Index(words, "at"); i > 0 {
		r.Commit = words[i+1]
	}
	switch words[1] {
	case "approves":
		r.State = pull.Approved
	case "requests":
		r.State = pull.ChangesRequested
	case "comments":
		r.State = pull.Commented
	case "dismisses":
		i := slices.IndexFunc(*reviews, func(r pull.Review) bool { return r.Author.Login == words[2] && r.State != pull.Dismissed })
		for j := range *reviews { // the latest one
			if (*reviews)[j].Author.Login == words[2] {
				i = j
			}
		}
		old := &(*reviews)[i]
		if words[0] != "someone" {
			old.DismissedBy, old.DismissedState = pull.Person{Login: words[0]}, old.State
		}
		old.State = pull.Dismissed
		return
	default:
		st.t.Fatalf("unknown step %q", strings.Join(words, " "))
	}
	*reviews = append(*reviews, r)
}

// file adds a line of the head: status, path (old>new for renames and copies),
// object ids old>new, and optionally modes old>new.
func (st *story) file(w []string) {
	st.t.Helper()
	names := map[string]pull.FileStatus{"A": pull.Added, "M": pull.Modified, "D": pull.Removed, "R": pull.Renamed, "C": pull.Copied,
		"T": pull.Changed}
	c := pull.Content{Status: names[w[0]], Path: w[1]}
	if from, to, ok := strings.Cut(w[1], ">"); ok {
		c.OldPath, c.Path = from, to
	}
	before, after, _ := strings.Cut(w[2], ">")
	c.OldID, c.ID = strings.Trim(before, "?"), strings.Trim(after, "?")
	modes := "100644>100644"
	if len(w) > 3 && strings.Contains(w[3], ">") {
		modes = w[3]
	}
	oldMode, mode, _ := strings.Cut(modes, ">")
	if c.OldID != "" {
		c.OldMode = pull.Mode(oldMode)
	}
	if c.ID != "" {
		c.Mode = pull.Mode(mode)
	}
	st.s.Request.Files = append(st.s.Request.Files,
		pull.File{Content: c, Generated: slices.Contains(w, "generated"), Hidden: slices.Contains(w, "hidden")})
}

// list starts a list of files, seen now.
func (st *story) list(words []string) {
	req := &st.s.Request
	if i := slices.Index(words, "on"); i > 0 {
		req.MergeBase = words[i+1]
	}
	req.Files, req.Complete = nil, !slices.Contains(words, "cut")
	st.listing, st.unseen = true, slices.Contains(words, "unseen")
	st.seenAt = st.now
}

// record keeps the list in hand as seen, unless nobody saw it.
func (st *story) record() {
	if !st.listing || st.unseen {
		return
	}
	st.listing = false
	req := &st.s.Request
	h := pull.Head{ID: req.Head, BaseBranch: req.BaseBranch, MergeBase: req.MergeBase, SeenAt: st.seenAt, Complete: req.Complete}
	for _, f := range req.Files {
		h.Files = append(h.Files, f.Content)
		if f.Hidden {
			h.Hidden = append(h.Hidden, f.Path)
		}
	}
	st.s.Heads = append(st.s.Heads, h)
}

// describe renders a verdict, a line per thing.
func describe(v policy.Verdict) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s", v.Outcome)
	if v.Unwarned != v.Outcome {
		fmt.Fprintf(&b, " (else %s)", v.Unwarned)
	}
	fmt.Fprintf(&b, " %d/%d of %s\n", v.Ratio.Reviewed, v.Ratio.Counted, v.Threshold)
	if !v.DueAt.IsZero() {
		fmt.Fprintf(&b, "due %s\n", v.DueAt.Format(time.RFC3339))
	}
	for _, f := range v.Faults {
		fmt.Fprintf(&b, "fault %s\n", f)
	}
	for _, r := range v.Reasons {
		fmt.Fprintf(&b, "reason %s\n", note(r))
	}
	for _, r := range v.Warnings {
		fmt.Fprintf(&b, "warning %s\n", note(r))
	}
	if o := v.Override; o != nil {
		fmt.Fprintf(&b, "override by %s for %v: %s\n", o.Who, o.Files, o.Reason)
	}
	for _, r := range v.Reviews {
		fmt.Fprintf(&b, "review %s by %s at %s for %d %s\n", r.State, r.Who, r.Commit, r.Files, r.Why)
	}
	for _, s := range v.Subsystems {
		fmt.Fprintf(&b, "subsystem %s %d/%d", s.Name, s.Ratio.Reviewed, s.Ratio.Counted)
		if s.Floor.Set() {
			fmt.Fprintf(&b, " own %d/%d of %s", s.Own.Reviewed, s.Own.Counted, s.Floor)
		}
		fmt.Fprintf(&b, " by %v of %v\n", s.ApprovedBy, s.CanApprove)
	}
	for _, f := range v.Files {
		fmt.Fprintf(&b, "file %s %s %v by %v\n", f.Path, f.State, f.Subsystems, f.ApprovedBy)
		for _, n := range f.Needs {
			fmt.Fprintf(&b, "  needs %d for %s of %v\n", n.Missing, n.Path, n.Candidates)
		}
		for _, n := range f.Notes {
			fmt.Fprintf(&b, "  note %s\n", note(n))
		}
	}
	return b.String()
}

func note(n policy.Note) string {
	parts := []string{string(n.Code)}
	for _, s := range []string{n.Who, n.Subsystem, n.Team, n.Path, n.Commit, n.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if n.Count != 0 || n.Limit != 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", n.Count, n.Limit))
	}
	return strings.Join(parts, " ")
}
