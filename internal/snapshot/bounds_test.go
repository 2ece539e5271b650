package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
	"github.com/reviewgate/reviewgate/internal/sources"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// hour is a time in the life of a pull request.
func hour(n int) time.Time { return time.Date(2026, 11, 2, n, 0, 0, 0, time.UTC) }

// TestLargeAttributes holds that a .gitattributes of more bytes than are read is a fault,
// which whoever makes it smaller can mend.
func TestLargeAttributes(t *testing.T) {
	t.Parallel()
	for more, faults := range []int{0, 1} {
		text := []byte("*.c linguist-generated\n")
		text = append(text, bytes.Repeat([]byte("#"), maxAttributes+more-len(text))...)
		f := &shelf.Forge{Files: map[string]seam.Entry{attributesFile: {ID: "a", Mode: pull.Regular}}, Texts: map[string][]byte{"a": text}}
		l := &Reading{nested: sources.Basis{}}
		l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux}, Files: []pull.File{{Content: pull.Content{Path: "x.c"}}}}
		if err := newShelfReader(f, f, nil).attributes(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		markGenerated(l.attributes, l.Snapshot.Request.Files)
		l.addMisplaced()
		s := &l.Snapshot
		if len(s.Faults) != faults || s.Request.Files[0].Generated != (faults == 0) || s.Mendable != (faults == 1) {
			t.Errorf("%d bytes too many: faults %v, generated %v, mendable %v", more, s.Faults, s.Request.Files[0].Generated, s.Mendable)
		}
	}
}

// newShelfReader makes a reader of a forge that keeps what it notices in notes.
func newShelfReader(archive seam.Archive, trees seam.Trees, notes Notes) *Reader {
	files := content.New(content.Config{Files: archive, Trees: trees, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	return New(Config{Archive: archive, Trees: trees, Notes: notes, Log: slog.New(slog.DiscardHandler)}, files,
		sources.New(sources.Config{Archive: archive}, files))
}

// reader is a forge that counts what it is asked for.
type reader struct {
	shelf.Forge
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
}

func (m *noMemory) Remember(_ context.Context, _ pull.Ref, f history.Update) error {
	if f.Head != nil {
		m.heads = append(m.heads, *f.Head)
	}
	return nil
}

// reviewed is a request with so many approvals, each of a commit of its own. Of those that
// are told a delivery told the commit.
func reviewed(n int, told bool) *Reading {
	l := &Reading{deciders: []ownership.Owner{{Login: "alice"}}}
	s := &l.Snapshot
	s.Now = hour(9)
	s.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "now", HeadBranch: "topic", BaseBranch: "main", BaseTip: "tip",
		MergeBase: "m", OpenedAt: hour(1), BaseMovesKnown: true}
	s.Seen.Sightings = []pull.Sighting{{Number: 1, Head: "now", BaseBranch: "main", BaseTip: "tip", At: hour(2), MovesKnown: true}}
	for i := range n {
		r := pull.Review{ID: int64(i + 1), Author: pull.Person{Login: "alice", ID: 7}, State: pull.Approved, Commit: fmt.Sprintf("c%02d", i),
			At: hour(3).Add(time.Duration(i) * time.Second)}
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
	g := newShelfReader(f, f, m)
	var needed rule.Needed
	for i := 1; i <= 10; i++ {
		l, compared, read := reviewed(reviews, true), len(f.compared), len(f.read)
		l.Snapshot.Heads = m.heads
		if err := g.witness(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if compared, read = len(f.compared)-compared, len(f.read)-read; compared > maxCompared || read > maxUnknown || i == 1 &&
			(compared < maxCompared || read < maxUnknown) {
			t.Errorf("evaluation %d compares %d and reads %d", i, compared, read)
		}
		needed = rule.NeededFor(l.Snapshot, approvers(&l.Snapshot, l.deciders))
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
	g := newShelfReader(f, f, &noMemory{})
	for i, want := range []int{maxProofs - 2, 2*maxProofs - 2, reviews - 2} {
		l, asked := reviewed(reviews, false), len(f.noted)
		if err := g.witness(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if asked = len(f.noted) - asked; asked > maxProofs || len(l.Snapshot.Seen.Proofs) != want {
			t.Errorf("evaluation %d asks for %d and knows of %d commits, want %d", i+1, asked, len(l.Snapshot.Seen.Proofs), want)
		}
	}
}

// TestManyCommitsOfApprovers holds that of the commits of people who may approve one
// evaluation finds out which files so many touch, and the next ones of the others, but of
// no more than is looked up.
func TestManyCommitsOfApprovers(t *testing.T) {
	t.Parallel()
	alice := pull.Person{Login: "alice", ID: 7}
	l := &Reading{deciders: []ownership.Owner{{Login: "alice"}}}
	g := newShelfReader(&shelf.Forge{}, &shelf.Forge{}, nil)
	for round := range maxWanted/content.MostCommits + 1 {
		commits := make([]pull.Commit, maxWanted+1) // as the forge lists them
		for i := range commits {
			commits[i] = pull.Commit{ID: fmt.Sprint("c", i), Parents: []string{fmt.Sprint("c", i-1)},
				Signed: []pull.Signature{{Part: pull.Author, Email: "a@example.org", Account: alice}}}
		}
		l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Author: pull.Person{Login: "dave", ID: 5}, Head: "head",
			Commits: commits}
		if err := g.contributors(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, c := range l.Snapshot.Request.Commits {
			if c.PathsKnown {
				known++
			}
		}
		if want := min((round+1)*content.MostCommits, maxWanted); known != want {
			t.Errorf("evaluation %d knows which files %d commits touch, want %d", round+1, known, want)
		}
	}
}

// longHistory is a forge on which more lies between commits than is read.
type longHistory struct{ shelf.Forge }

func (*longHistory) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, fmt.Errorf("compare: %w", pull.ErrTooLarge)
}

// TestLongHistory holds that where more history would have to be read than is, a request
// that is known is listed anew, and what was seen at another commit is not known: neither
// ends the evaluation.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	f := &longHistory{}
	g := newShelfReader(f, f, nil)
	look := seam.Look{ChangedFiles: 1, Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "c", BaseBranch: "main",
		BaseTip: "tip", MergeBase: "m", Commits: []pull.Commit{{ID: "c", Parents: []string{"a", "b"}}}}}
	l := &Reading{Look: look, Memory: history.PullHistory{
		Heads: []pull.Head{{ID: "c", BaseBranch: "main", BaseTip: "older", MergeBase: "m", Complete: true, Count: 1}}}}
	l.Snapshot.Request = look.Request
	if _, known, err := g.recorded(t.Context(), l); known || err != nil {
		t.Errorf("the head is known: %v, %v", known, err)
	}
	if err := g.compareTo(t.Context(), l, sight.Compared{Tip: "tip", Head: "old"}); err != nil || len(l.Snapshot.Compared) > 0 {
		t.Errorf("compared %v, %v", l.Snapshot.Compared, err)
	}
}

// bomb is a forge with a head whose tree has another one ten times, which has another one ten
// times, and so on.
type bomb struct{ shelf.Forge }

func newBomb() *bomb {
	f := &bomb{shelf.Forge{Dirs: map[string][]gittree.Entry{"d0": {{Name: "x", Mode: pull.Regular, ID: "1"}}}}}
	for i := range 10 {
		for k := range 10 {
			id := fmt.Sprint("d", i+1)
			f.Dirs[id] = append(f.Dirs[id], gittree.Entry{Name: fmt.Sprint(k), Mode: pull.Directory, ID: fmt.Sprint("d", i)})
		}
	}
	return f
}

func (*bomb) HeadAt(_ context.Context, look seam.Look, _ string) (pull.Head, error) {
	return pull.Head{MergeBase: look.Request.BaseTip}, nil
}

// TestBombs holds that a head of more files than are read is one of which nothing is known, and
// does not end the evaluation.
func TestBombs(t *testing.T) {
	t.Parallel()
	f := newBomb()
	l := &Reading{Look: seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 1}}}}
	err := newShelfReader(f, f, &noMemory{}).readContent(t.Context(), l, sight.Compared{Head: "d10", MergeBase: "m"})
	if err != nil || len(l.Snapshot.Heads) != 0 {
		t.Errorf("%d heads, %v", len(l.Snapshot.Heads), err)
	}
	err = newShelfReader(f, f, &noMemory{}).readContent(t.Context(), l, sight.Compared{Head: "d2", MergeBase: "m"})
	if err != nil || len(l.Snapshot.Heads) != 1 || len(l.Snapshot.Heads[0].Files) != 100 {
		t.Errorf("of fewer: %d heads, %v", len(l.Snapshot.Heads), err)
	}
}
