package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot/late"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// BehindError means that the forge shows less of a pull request than its own events
// told: it will show more in a moment.
type BehindError struct {
	Ref pull.Ref
	// Long tells that it has been so for long enough that an earlier success must not
	// stand any longer.
	Long bool
}

func (e *BehindError) Error() string {
	return fmt.Sprintf("read %s: the forge shows less than its events told", e.Ref)
}

// believeAfter is after how long a forge is believed that shows less than its events
// told: what they told may be gone since, as what a hidden account wrote is.
const believeAfter = 2 * time.Minute

// behind returns an error where a look is older than what signed deliveries told.
func (g *Reader) behind(ctx context.Context, look *seam.Look, m *history.PullHistory) error {
	since, older := late.Older(&look.Request, m)
	if !older && !g.cache.awaited.Missing(&look.Request, m, g.cfg.Now()) {
		return nil
	}
	g.Noticed(seam.AnswersBehind)
	ref, waited := look.Request.Ref, g.cfg.Now().Sub(since)
	if !older {
		return &BehindError{Ref: ref} // of comments
	}
	if waited > believeAfter {
		g.cfg.Log.WarnContext(ctx, "the forge goes on showing less than its events told", ref.Fields()...)
		return nil
	}
	return &BehindError{Ref: ref, Long: waited > Patience}
}

// sightTries is how often a sighting is noted anew that another evaluation came
// before: of a twin of this pull request.
const sightTries = 3

// sight notes where a pull request stands and what is new of its reviews, before
// anything is judged by them, and adds it to what is remembered.
func (g *Reader) sight(ctx context.Context, look *seam.Look, m *history.PullHistory) error {
	ref := look.Request.Ref
	for try := 1; ; try++ {
		facts, err := g.newIn(ctx, look, m)
		if err != nil || facts.Sighting == nil && len(facts.Sights) == 0 && len(facts.Objections) == 0 {
			return err
		}
		err = g.cfg.Notes.Remember(ctx, ref, facts)
		if err == nil {
			if facts.Sighting != nil {
				m.Sightings = append(m.Sightings, *facts.Sighting)
			}
			m.Sights, m.Objections = append(m.Sights, facts.Sights...), append(m.Objections, facts.Objections...)
			return nil
		}
		now, again := g.cfg.Memory.Recall(ctx, ref)
		if again != nil || len(now.Sightings) <= len(m.Sightings) || try == sightTries {
			return errors.Join(err, again)
		}
		m.Sightings, m.Sights, m.Told, m.Objections = now.Sightings, now.Sights, now.Told, now.Objections
	}
}

// dismissals counts the dismissed reviews that were seen.
func dismissals(m *history.PullHistory) int {
	n := 0
	for _, s := range m.Sights {
		if s.State == pull.Dismissed {
			n++
		}
	}
	return n
}

// newIn returns what a look shows that is not remembered.
func (g *Reader) newIn(ctx context.Context, look *seam.Look, m *history.PullHistory) (history.Update, error) {
	req := &look.Request
	now := pull.Sighting{Number: 1, Head: req.Head, BaseBranch: req.BaseBranch, BaseTip: req.BaseTip, At: look.At.UTC(),
		Moves: len(req.BaseMoves), MovesKnown: req.BaseMovesKnown, HeadMoves: len(req.HeadMoves)}
	var facts history.Update
	before := 0
	if n := len(m.Sightings); n > 0 {
		last := &m.Sightings[n-1]
		before, now.Number = last.Number, last.Number+1
		if now.At.Before(last.At) {
			now.At = last.At // its clock went back, or this answer overtook that one
		}
		if last.Same(&now) {
			now = *last
		} else if last.BaseBranch != now.BaseBranch {
			tip, err := g.cfg.Lister.Tip(ctx, req.Ref.Repo, last.BaseBranch)
			if err != nil {
				return facts, err
			}
			if tip != "" {
				now.Left = []pull.Tip{{Branch: last.BaseBranch, Commit: tip}}
			}
		}
	}
	if now.Number > before {
		facts.Sighting = &now
	}
	if g.cfg.Traits.ReviewsUnbound {
		facts.Sights = m.Regiven(req.Reviews, now.Number)
	}
	for _, s := range spoken(req) {
		if slices.ContainsFunc(m.Sights, func(o pull.Sight) bool { return o.Review == s.Review && o.State == s.State }) {
			continue
		}
		if g.cfg.Traits.ReviewsUnbound {
			s.By = s.author
			s.At = look.At.UTC() // of comments too, so that it is known which of both came first
		}
		if g.cfg.Traits.ReviewsUnbound && s.State != pull.Spoken {
			var err error
			if s.Commit, s.begun, err = late.Bound(ctx, g.cfg.Diary, req.Ref, m.Sightings, &now); err != nil {
				return facts, err
			}
		}
		s.Before, s.In, s.Since, s.HeadMoves = before, now.Number, since(m.Sightings, s.begun), len(req.HeadMoves)
		facts.Sights = append(facts.Sights, s.Sight)
	}
	if g.cfg.Traits.ReviewsUnbound {
		history.Bind(req.Reviews, append(slices.Clone(m.Sightings), now), append(slices.Clone(m.Sights), facts.Sights...))
	}
	g.repointed(ctx, req, m)
	facts.Objections = m.NewObjections(req, g.cfg.Traits.HoldsSpoken)
	return facts, nil
}

// saying is a review or a comment, and when its author began to write it.
type saying struct {
	pull.Sight
	begun  time.Time
	author pull.Person // of a review
}

// spoken returns what a request's reviews say, and its comments with commands.
func spoken(req *pull.Request) []saying {
	var all []saying
	for _, r := range req.Reviews {
		if r.State == pull.Approved || r.State == pull.ChangesRequested {
			begun := r.Begun
			if begun.IsZero() || begun.After(r.At) {
				begun = r.At
			}
			all = append(all, saying{pull.Sight{Review: r.ID, State: r.State, Commit: r.Commit, Body: r.Body, Edited: r.Edited}, begun, r.Author})
		}
	}
	for _, c := range req.Comments {
		all = append(all, saying{pull.Sight{Review: c.ID, State: pull.Spoken, Edited: c.Edited}, c.At, pull.Person{}})
	}
	return all
}

// since returns the number of the last sighting long before a time; that of the first
// one where none is.
func since(all []pull.Sighting, begun time.Time) int {
	number := 1
	for _, s := range all {
		if !s.At.After(begun.Add(-sight.Settle)) {
			number = s.Number
		}
	}
	return number
}

// repointed tells, once of each, of reviews that the forge says to be of another commit
// than when they were first seen.
func (g *Reader) repointed(ctx context.Context, req *pull.Request, m *history.PullHistory) {
	for _, r := range req.Reviews {
		i := slices.IndexFunc(m.Sights, func(s pull.Sight) bool { return s.Review == r.ID && s.State == r.State })
		if i < 0 || r.Commit == "" || m.Sights[i].Commit == "" || m.Sights[i].Commit == r.Commit || !g.cache.firstMoved(r.ID, r.Commit) {
			continue
		}
		g.Noticed(seam.ReviewMoved)
		g.cfg.Log.WarnContext(ctx, "the forge says that a review is of another commit than when it was first seen; what was first seen counts",
			req.Ref.Fields("review", r.ID, "commit", r.Commit, "first", m.Sights[i].Commit)...)
	}
}

// seenOf returns what is remembered of how a request was seen, for its evaluation.
func (g *Reader) seenOf(m *history.PullHistory) sight.Seen {
	return sight.Seen{Sightings: m.Sightings, Sights: m.Sights, Told: m.Told, Objections: m.Objections,
		CommitsStay: g.cfg.Traits.CommitsStay || g.cfg.Traits.ReviewsUnbound, Witness: g.cfg.Traits.ReviewsUnbound} // the record is our own then
}

// The most that one evaluation reads for reviews of commits that are not of this
// moment; the rest waits for its turn. What is known of earlier ones is not read again.
const (
	maxCompared = 20
	maxUnknown  = 5
	maxProofs   = 5
)

// witnessing is what one evaluation reads to know what reviews saw.
type witnessing struct {
	*Reading
	tried                  map[any]bool
	recalled               map[rule.Wanted]bool
	compared, read, proven int
}

// witness reads what is missing to know what reviews saw.
func (g *Reader) witness(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	matters := approvers(s, l.deciders)
	w := &witnessing{Reading: l, tried: map[any]bool{}, recalled: map[rule.Wanted]bool{}}
	for range maxCompared {
		n := rule.NeededFor(*s, matters)
		proven, err := g.witnessProofs(ctx, w, n.Proof)
		if err != nil {
			return err
		}
		compared, err := g.witnessBases(ctx, w, n.Compare)
		if err != nil {
			return err
		}
		read, err := g.witnessContent(ctx, w, n.Content)
		if err != nil || !proven && !compared && !read {
			return err
		}
	}
	return nil
}

// witnessProofs tells when the forge noted commits, as far as it was asked before, and asks
// it for others.
func (g *Reader) witnessProofs(ctx context.Context, w *witnessing, wanted []rule.Wanted) (progress bool, err error) {
	var left []rule.Wanted
	for _, p := range wanted {
		if w.tried[p] {
			continue
		}
		if kept, _ := g.cache.noted.Get(proofOf{w.Snapshot.Request.Ref.Repo, p.Commit}); len(kept) > 0 && !w.recalled[p] {
			w.recalled[p], progress = true, true
			g.note(w.Reading, p, kept)
			continue
		}
		left = append(left, p)
	}
	for _, p := range turns.Next(&g.asked, left, maxProofs-w.proven) {
		w.tried[p], progress = true, true
		w.proven++
		if err := g.prove(ctx, w.Reading, p); err != nil {
			return progress, err
		}
	}
	return progress, nil
}

// witnessBases finds the merge bases of tips and heads.
func (g *Reader) witnessBases(ctx context.Context, w *witnessing, wanted []sight.Compared) (progress bool, err error) {
	var left []sight.Compared
	for _, c := range wanted {
		if w.tried[c] {
			continue
		}
		if base, _ := g.cache.bases.Get(baseOf{w.Snapshot.Request.Ref.Repo, c}); base != "" {
			w.tried[c], progress = true, true
			c.MergeBase = base
			w.Snapshot.Compared = append(w.Snapshot.Compared, c)
			continue
		}
		left = append(left, c)
	}
	for _, c := range turns.Next(&g.asked, left, maxCompared-w.compared) {
		w.tried[c], progress = true, true
		w.compared++
		if err := g.compareTo(ctx, w.Reading, c); err != nil {
			return progress, err
		}
	}
	return progress, nil
}

// witnessContent reads what heads change against merge bases.
func (g *Reader) witnessContent(ctx context.Context, w *witnessing, wanted []sight.Compared) (progress bool, err error) {
	var left []sight.Compared
	for _, c := range wanted {
		if w.tried[c] {
			continue
		}
		kept, err := g.keptContent(ctx, &w.Snapshot, c)
		if err != nil {
			return progress, err
		}
		if kept {
			w.tried[c], progress = true, true
			continue
		}
		left = append(left, c)
	}
	for _, c := range turns.Next(&g.asked, left, maxUnknown-w.read) {
		w.tried[c], progress = true, true
		w.read++
		if err := g.readContent(ctx, w.Reading, c); err != nil {
			return progress, err
		}
	}
	return progress, nil
}

// prove asks the forge when it noted a commit.
func (g *Reader) prove(ctx context.Context, l *Reading, p rule.Wanted) error {
	repo := l.Snapshot.Request.Ref.Repo
	proofs, err := g.cfg.Archive.Noted(ctx, repo, p.Commit)
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrForbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	g.cache.noted.Keep(proofOf{repo, p.Commit}, proofs)
	g.note(l, p, proofs)
	return nil
}

// note has the evaluation know when the forge noted a commit.
func (g *Reader) note(l *Reading, p rule.Wanted, proofs []pull.Proof) {
	s := &l.Snapshot
	req, seen := &s.Request, &s.Seen
	if p.On > 0 {
		req, seen = &s.Twins[p.On-1], &s.TwinSeen[p.On-1]
	}
	for _, noted := range proofs {
		// Of which branch nobody says, and what is older than the request, may have been
		// another one's. Without a memory there is nothing better.
		own := noted.Branch == req.HeadBranch && noted.Branch != "" && !noted.At.Before(req.OpenedAt)
		counts := own || g.cfg.Search && (noted.Branch == "" || noted.Branch == req.HeadBranch)
		if counts && !slices.Contains(seen.Proofs, noted) {
			seen.Proofs = append(seen.Proofs, noted)
		}
	}
}

// compareTo finds the merge base of a base's tip and a head. Where there are several,
// no list of files is whole, and it stays unknown.
func (g *Reader) compareTo(ctx context.Context, l *Reading, c sight.Compared) error {
	bases, err := g.cfg.Trees.MergeBases(ctx, l.Look.Request.Ref.Repo, c.Tip, c.Head)
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrTooLarge) || err == nil && len(bases) != 1 {
		return nil // git no longer gives it, or not all that lies between them
	}
	if err != nil {
		return err
	}
	g.cache.bases.Keep(baseOf{l.Snapshot.Request.Ref.Repo, c}, bases[0])
	c.MergeBase = bases[0]
	l.Snapshot.Compared = append(l.Snapshot.Compared, c)
	return nil
}

// readContent reads what a head changes against a merge base, and remembers it.
func (g *Reader) readContent(ctx context.Context, l *Reading, c sight.Compared) error {
	s, look := &l.Snapshot, l.Look
	look.Request.BaseTip = c.MergeBase
	head, err := g.cfg.Archive.HeadAt(ctx, look, c.Head)
	if err != nil {
		return err
	}
	if head.MergeBase != c.MergeBase {
		return nil // the forge may tell more of it later
	}
	if !head.Complete {
		changes, err := g.Content.Trees(ctx, look.Request.Ref.Repo).Compare(c.MergeBase, c.Head)
		if errors.Is(err, pull.ErrTooLarge) {
			return nil // nobody's review of so much is read
		}
		if err != nil {
			return err
		}
		head.Files, head.Complete = nil, true
		for _, t := range changes {
			head.Files = append(head.Files, t.Content())
		}
	}
	head.SeenAt, head.Past = s.Now, true
	if err := g.cfg.Notes.Remember(ctx, look.Request.Ref, history.Update{Head: &head}); err != nil {
		return err
	}
	s.Heads = append(s.Heads, head)
	return nil
}
