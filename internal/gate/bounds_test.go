package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestLargeAttributes holds that a .gitattributes of more bytes than are read is a fault,
// which whoever makes it smaller can mend.
func TestLargeAttributes(t *testing.T) {
	t.Parallel()
	for more, faults := range []int{0, 1} {
		text := []byte("*.c linguist-generated\n")
		text = append(text, bytes.Repeat([]byte("#"), maxAttributes+more-len(text))...)
		f := &shelf{entries: map[string]seam.Entry{attributesFile: {ID: "a", Mode: pull.Regular}}, blobs: map[string][]byte{"a": text}}
		l := &loaded{nested: basis{}}
		l.snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux}, Files: []pull.File{{Content: pull.Content{Path: "x.c"}}}}
		if err := newShelfGate(f).attributes(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		markGenerated(l.attributes, l.snapshot.Request.Files)
		l.addMisplaced()
		s := &l.snapshot
		if len(s.Faults) != faults || s.Request.Files[0].Generated != (faults == 0) || s.Mendable != (faults == 1) {
			t.Errorf("%d bytes too many: faults %v, generated %v, mendable %v", more, s.Faults, s.Request.Files[0].Generated, s.Mendable)
		}
	}
}

// filed are sources of one directory with files of some sizes.
func filed(f *shelf, sizes ...int) []source {
	s := source{Source: policy.Source{Format: formats.Maintainers, Path: "M/"}, repo: linux}
	f.blobs = map[string][]byte{}
	for i, size := range sizes {
		name := fmt.Sprint("M/", i)
		f.blobs[name] = bytes.Repeat([]byte("\n"), size)
		s.files = append(s.files, place(map[string]seam.Entry{name: {ID: name, Mode: pull.Regular}}, name))
	}
	return []source{s}
}

// TestOwnershipInForceIsBounded holds that what the base branch has is read to its bounds,
// and that beyond one the fault says so.
func TestOwnershipInForceIsBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sizes  []int
		beyond bool
	}{
		"files":           {make([]int, inForce.files), false},
		"a file more":     {make([]int, inForce.files+1), true},
		"a large file":    {[]int{maxBlob}, false},
		"a larger file":   {[]int{maxBlob + 1}, true},
		"bytes in all":    {[]int{maxBlob, inForce.bytes - maxBlob}, false},
		"a byte too many": {[]int{maxBlob, inForce.bytes - maxBlob, 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &shelf{}
			g, sources := newShelfGate(f), filed(f, tt.sizes...)
			texts, err := g.texts(t.Context(), sources, inForce)
			if errors.Is(err, pull.ErrTooLarge) != tt.beyond || !tt.beyond && (err != nil || len(texts[0].Files) != len(tt.sizes)) {
				t.Errorf("read: %v", err)
			}
			if !tt.beyond {
				return
			}
			m, err := g.compileMap(t.Context(), linux, sources, false, inForce)
			if err != nil {
				t.Fatal(err)
			}
			want := strictyaml.Faults{fault("the ownership files are more than the 20000, or have more than the 16777216 bytes in all or the 8388608 in one, that are read; say it with fewer and wider patterns")}
			if diff := cmp.Diff(want, m.faults); diff != "" || m.owners != nil {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyMerges holds that one evaluation makes so many merges and no more, and that
// those beyond come at the next ones, even where some can't be made.
func TestManyMerges(t *testing.T) {
	t.Parallel()
	f := &shelf{blobs: map[string][]byte{"base": []byte("1\n2\n3\n"), "ours": []byte("0\n1\n2\n3\n"), "huge": make([]byte, maxBlob+1)}}
	var needed []sight.Merge
	for i := range 2*maxMerges + 1 {
		theirs, merged := fmt.Appendf(nil, "1\n2\n3\n%d\n", i), fmt.Appendf(nil, "0\n1\n2\n3\n%d\n", i)
		m := sight.Merge{Base: "base", Ours: "ours", Theirs: fmt.Sprint(i), Result: pull.ObjectID("blob", merged, 40)}
		if f.blobs[m.Theirs] = theirs; i < 3 {
			m.Ours = "huge"
		}
		needed = append(needed, m)
	}
	g := newShelfGate(f)
	for i, want := range []int{maxMerges - 3, 2*maxMerges - 3, 2*maxMerges + 1 - 3} {
		clean, err := g.cleanOf(t.Context(), linux, needed)
		if err != nil || len(clean) != want {
			t.Errorf("evaluation %d knows %d clean merges, want %d; %v", i+1, len(clean), want, err)
		}
	}
}

// reader is a forge that counts what it is asked for.
type reader struct {
	shelf
	noted, compared, read []string
	lacks                 map[string]bool // heads of which nothing is told
}

func (r *reader) Noted(_ context.Context, _ pull.Repo, commit string) ([]pull.Proof, error) {
	if r.noted = append(r.noted, commit); r.lacks[commit] {
		return nil, pull.ErrNotFound
	}
	return []pull.Proof{{Commit: commit, Branch: "topic", At: hour(2)}}, nil
}

func (r *reader) MergeBases(_ context.Context, _ pull.Repo, _, head string) ([]string, error) {
	if r.compared = append(r.compared, head); r.lacks[head] {
		return nil, pull.ErrNotFound
	}
	return []string{"m"}, nil
}

func (r *reader) HeadAt(_ context.Context, l seam.Look, commit string) (pull.Head, error) {
	r.read = append(r.read, commit)
	head := pull.Head{ID: commit, MergeBase: l.Request.BaseTip, Complete: true}
	if r.lacks[commit] {
		head.MergeBase = "another one"
	}
	return head, nil
}

// noMemory is a History that takes what it is told, and remembers heads only.
type noMemory struct {
	history.Store
	heads []pull.Head
	facts []history.Facts
}

func (m *noMemory) Remember(_ context.Context, _ pull.Ref, f history.Facts) error {
	if m.facts = append(m.facts, f); f.Head != nil {
		m.heads = append(m.heads, *f.Head)
	}
	return nil
}

// reviewed is a request with so many approvals, each of a commit of its own. Of those that
// are told a delivery told the commit.
func reviewed(n int, told bool) *loaded {
	l := &loaded{deciders: []ownership.Owner{{Login: "alice"}}}
	s := &l.snapshot
	s.Now = hour(9)
	s.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "now", HeadBranch: "topic", BaseBranch: "main", BaseTip: "tip", MergeBase: "m", OpenedAt: hour(1), BaseMovesKnown: true}
	s.Seen.Sightings = []pull.Sighting{{Number: 1, Head: "now", BaseBranch: "main", BaseTip: "tip", At: hour(2), MovesKnown: true}}
	for i := range n {
		r := pull.Review{ID: int64(i + 1), Author: pull.Person{Login: "alice", ID: 7}, State: pull.Approved, Commit: fmt.Sprintf("c%02d", i), At: hour(3).Add(time.Duration(i) * time.Second)}
		s.Request.Reviews = append(s.Request.Reviews, r)
		s.Seen.Sights = append(s.Seen.Sights, pull.Sight{Review: r.ID, State: r.State, Commit: r.Commit, In: 1})
		if told {
			s.Seen.Told = append(s.Seen.Told, pull.Told{Review: r.ID, State: r.State, Commit: r.Commit})
		}
	}
	return l
}

// TestWitnessingIsBounded holds that one evaluation reads so much for reviews of other
// commits and no more, and that what is beyond comes at the next ones, even where nothing
// is told of some.
func TestWitnessingIsBounded(t *testing.T) {
	t.Parallel()
	const reviews = 2*maxCompared + 2
	f, m := &reader{lacks: map[string]bool{"c41": true, "c40": true}}, &noMemory{}
	g := New(Config{Forge: seam.Forge{Archive: f, Trees: f}, Blobs: &keptBlobs{}, History: m})
	var needed rule.Needed
	for i := 1; i <= 10; i++ {
		l, compared, read := reviewed(reviews, true), len(f.compared), len(f.read)
		l.snapshot.Heads = m.heads
		if err := g.witness(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if compared, read = len(f.compared)-compared, len(f.read)-read; compared > maxCompared || read > maxUnknown || i == 1 && (compared < maxCompared || read < maxUnknown) {
			t.Errorf("evaluation %d compares %d and reads %d", i, compared, read)
		}
		needed = rule.NeededFor(l.snapshot, approvers(&l.snapshot, l.deciders))
	}
	if len(needed.Compare) != len(f.lacks) || len(needed.Content) > 0 {
		t.Errorf("in the end it lacks %+v", needed)
	}
	if len(m.heads) != reviews-len(f.lacks) {
		t.Errorf("%d heads are known, want %d", len(m.heads), reviews-len(f.lacks))
	}
}

func TestProofsAreBounded(t *testing.T) {
	t.Parallel()
	const reviews = 2*maxProofs + 1
	f := &reader{lacks: map[string]bool{"c10": true, "c09": true}}
	g := New(Config{Forge: seam.Forge{Archive: f, Trees: f}, Blobs: &keptBlobs{}, History: &noMemory{}})
	for i, want := range []int{maxProofs - 2, 2*maxProofs - 2, reviews - 2} {
		l, asked := reviewed(reviews, false), len(f.noted)
		if err := g.witness(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if asked = len(f.noted) - asked; asked > maxProofs || len(l.snapshot.Seen.Proofs) != want {
			t.Errorf("evaluation %d asks for %d and knows of %d commits, want %d", i+1, asked, len(l.snapshot.Seen.Proofs), want)
		}
	}
}

// knownRuns are what was judged before.
type knownRuns struct {
	open   []history.Known
	bodies map[int][]byte
}

func (r *knownRuns) OpenKnown(context.Context, pull.Repo) ([]history.Known, error) {
	return r.open, nil
}
func (r *knownRuns) LastRun(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return history.RunRecord{Ref: ref, Body: r.bodies[ref.Number]}, r.bodies[ref.Number] != nil, nil
}

func knownOf(n int) []history.Known {
	all := make([]history.Known, n)
	for i := range all {
		all[i] = history.Known{Ref: pull.Ref{Repo: linux, Number: i + 2}, Head: fmt.Sprint("h", i), BaseBranch: "main", Check: "review-gate", Open: true}
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
	for n, want := range map[int]int{maxWhatIf: maxWhatIf, maxWhatIf + 1: maxWhatIf} {
		others, err := New(Config{Runs: &knownRuns{open: knownOf(n)}}).others(t.Context(), &pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, BaseBranch: "main"})
		if err != nil || len(others) != want {
			t.Errorf("of %d pull requests %d, want %d; %v", n, len(others), want, err)
		}
	}
}

// TestWhatIfOfManyDirectories holds that a proposal whose owners would be looked for in
// more files than that is done for says so.
func TestWhatIfOfManyDirectories(t *testing.T) {
	t.Parallel()
	g := newShelfGate(&shelf{})
	p, err := policyfile.Parse("p.yml", []byte("version: 1\nownership: [{owners: OWNERS}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	g.cfg.ForcePolicy = File{Path: "p.yml", Data: []byte("version: 1\nownership: [{owners: OWNERS}]\n")}
	var changed []string
	for range maxOwnPaths - len(ownPaths(g.sourcesOf(p), []string{"d/x"})) + 1 {
		changed = append(changed, fmt.Sprintf("d%d/x", len(changed)))
	}
	for _, beyond := range []bool{false, true} {
		l := &loaded{policy: p, found: policyFile{file: g.cfg.ForcePolicy}}
		if beyond {
			changed = append(changed, "more/x")
		}
		if n := len(ownPaths(g.sourcesOf(p), changed)); n > maxOwnPaths != beyond {
			t.Fatalf("%d files are looked for", n)
		}
		_, m, err := g.proposed(t.Context(), l, changed)
		if err != nil {
			t.Fatal(err)
		}
		if said := len(m.faults) == 1 && strings.Contains(m.faults[0].Text, "more than the 2000 files"); said != beyond {
			t.Errorf("beyond %v: faults %v", beyond, m.faults)
		}
	}
}

// inspected counts the checks that are looked at.
type inspected struct {
	history.Store
	heads map[string]int
}

func (i *inspected) CheckOn(_ context.Context, _ pull.Ref, head, _ string, _ bool) (policy.Outcome, error) {
	i.heads[head]++
	return policy.Success, nil
}

func (i *inspected) At(context.Context, pull.Repo, string) (history.HeadMemory, error) {
	return history.HeadMemory{Checks: []history.CheckRecord{{Name: "review-gate", Done: true, Outcome: string(policy.Success)}}}, nil
}

// TestSweepsLookInTurns holds that a sweep looks at so many checks that others may write,
// and the next one at the others.
func TestSweepsLookInTurns(t *testing.T) {
	t.Parallel()
	look := &inspected{heads: map[string]int{}}
	g := New(Config{Forge: seam.Forge{Inspector: look}, History: look})
	known := knownOf(maxInspected + 1)
	for _, want := range []int{maxInspected, maxInspected + 1} {
		if _, err := g.Overwritten(t.Context(), linux, known, 5); err != nil {
			t.Fatal(err)
		}
		if len(look.heads) != want {
			t.Errorf("%d were looked at, want %d", len(look.heads), want)
		}
		g.cache.sweeping(linux)
	}
}

// longHistory is a forge on which more lies between commits than is read.
type longHistory struct{ shelf }

func (*longHistory) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, fmt.Errorf("compare: %w", pull.ErrTooLarge)
}

// TestLongHistory holds that where more history would have to be read than is, a request
// gets told so, one that is known is listed anew, what a merge brought touches every file,
// and what was seen at another commit is not known: none of that ends the evaluation.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	f := &longHistory{}
	g := New(Config{Forge: seam.Forge{Archive: f, Trees: f}, Blobs: &keptBlobs{}, Log: slog.New(slog.DiscardHandler)})
	look := seam.Look{ChangedFiles: 1, Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "c", BaseBranch: "main", BaseTip: "tip", MergeBase: "m", Commits: []pull.Commit{{ID: "c", Parents: []string{"a", "b"}}}}}
	c := seam.Change{MergeBase: "m"}
	if err := g.complete(t.Context(), look, &c); err != nil || c.Incomplete != tooLong || c.Passing {
		t.Errorf("the list is said to be %q, %v", c.Incomplete, err)
	}
	l := &loaded{look: look, memory: history.Memory{Heads: []pull.Head{{ID: "c", BaseBranch: "main", BaseTip: "older", MergeBase: "m", Complete: true, Count: 1}}}}
	l.snapshot.Request = look.Request
	if _, known, err := g.recorded(t.Context(), l); known || err != nil {
		t.Errorf("the head is known: %v, %v", known, err)
	}
	merge := &commitOf{Commit: look.Request.Commits[0], listed: map[string]bool{"a": true}}
	if err := g.commitPaths(t.Context(), l, map[string]*commitOf{"c": merge}); err != nil || merge.PathsKnown {
		t.Errorf("what the merge touches is known: %v, %v", merge.Paths, err)
	}
	if err := g.compareTo(t.Context(), l, sight.Compared{Tip: "tip", Head: "old"}); err != nil || len(l.snapshot.Compared) > 0 {
		t.Errorf("compared %v, %v", l.snapshot.Compared, err)
	}
	if odd, err := g.oddIn(t.Context(), linux, seam.Group{Base: "other", Head: "g"}, &look.Request); odd != nil || err != nil {
		t.Errorf("a group's paths are known: %v, %v", odd, err)
	}
}

// TestManyCommitsOfApprovers holds that of the commits of people who may approve one
// evaluation finds out which files so many touch, and the next ones of the others, but of
// no more than is looked up.
func TestManyCommitsOfApprovers(t *testing.T) {
	t.Parallel()
	alice := pull.Person{Login: "alice", ID: 7}
	l := &loaded{deciders: []ownership.Owner{{Login: "alice"}}}
	g := newShelfGate(&shelf{})
	for round := range maxWanted/mostCommits + 1 {
		commits := make([]pull.Commit, maxWanted+1) // as the forge lists them
		for i := range commits {
			commits[i] = pull.Commit{ID: fmt.Sprint("c", i), Parents: []string{fmt.Sprint("c", i-1)}, Signed: []pull.Signature{{Part: pull.Author, Email: "a@example.org", Account: alice}}}
		}
		l.snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Author: pull.Person{Login: "dave", ID: 5}, Head: "head", Commits: commits}
		if err := g.contributors(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, c := range l.snapshot.Request.Commits {
			if c.PathsKnown {
				known++
			}
		}
		if want := min((round+1)*mostCommits, maxWanted); known != want {
			t.Errorf("evaluation %d knows which files %d commits touch, want %d", round+1, known, want)
		}
	}
}

// TestLargePolicies holds that a policy of more bytes than are read is a fault, wherever its
// text comes from: along with a look, from the forge, or from what is kept.
func TestLargePolicies(t *testing.T) {
	t.Parallel()
	for more, beyond := range []bool{false, true} {
		text := bytes.Repeat([]byte("#"), maxPolicy+more)
		f := &shelf{blobs: map[string][]byte{"p": text}}
		kept := newShelfGate(f)
		if err := kept.cfg.Blobs.SaveBlob(t.Context(), linux, "p", text); err != nil {
			t.Fatal(err)
		}
		for from, tt := range map[string]struct {
			gate *Gate
			text []byte
		}{"a look": {newShelfGate(f), text}, "the forge": {newShelfGate(f), nil}, "what is kept": {kept, nil}} {
			found, err := tt.gate.readPolicy(t.Context(), linux, sourceFile{path: "p.yml", entry: seam.Entry{ID: "p", Mode: pull.Regular, Text: tt.text}}, File{Path: "p.yml"})
			if err != nil || (found.fault != "") != beyond || len(found.file.Data) == len(text) == beyond {
				t.Errorf("%d bytes too many from %s: %q, %v", more, from, found.fault, err)
			}
		}
	}
}
