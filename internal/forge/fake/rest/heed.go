package rest

import (
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// logged are the events of the model that a pull request's log has a row of.
var logged = []fake.Kind{
	fake.PullClosed, fake.PullReopened, fake.TitleChanged, fake.MadeReady, fake.MadeDraft, fake.BaseChanged, fake.BaseMovedOn, fake.HeadMoved,
	fake.Labeled, fake.Unlabeled,
}

// heed follows what happens in the model, before the dialect does; under the lock.
func (s *Server) heed(e fake.Event) {
	switch e.Kind { //nolint:exhaustive // the others change nothing here
	case fake.PullOpened:
		s.opened(e.Pull)
	case fake.HeadMoved:
		if keeps := s.Is(PushKeeps) || s.Is(RewriteKeeps) && s.rewritten(e); !keeps {
			s.clear(e.Pull, e.By)
		}
	case fake.BaseChanged, fake.BaseMovedOn:
		if s.Is(RetargetResets) {
			s.clear(e.Pull, e.By)
		}
	case fake.CommentCreated:
		s.noted(e, e.Comment.Body)
	case fake.CommentEdited:
		s.edited(e, e.Comment.Body)
	case fake.CommentDeleted:
		s.edited(e, "")
	}
	if e.Pull != nil && slices.Contains(logged, e.Kind) {
		d := s.Desk(e.Pull)
		d.Log = append(d.Log, Row{ID: s.NextID(), At: s.Now(), Event: e})
	}
	s.Listen(e.By, func() { s.dialect.Heed(e) })
}

// opened gives a new pull request those whom its repository has look at each.
func (s *Server) opened(p *fake.PullRequest) {
	d, by := s.Desk(p), s.Defaults(p.Repo())
	d.Assignees, d.Testers = by.AssigneesNumber, by.TestersNumber
	for _, who := range by.Assignees {
		d.Seats = append(d.Seats, &Seat{Role: Assignee, Who: who, Default: true})
	}
	for _, who := range by.Testers {
		d.Seats = append(d.Seats, &Seat{Role: Tester, Who: who, Default: true})
	}
}

// rewritten reports whether a push only rewrote the branch, with the patch of each file as
// it was.
func (s *Server) rewritten(e fake.Event) bool {
	patches := func(head plumbing.Hash) (out []string) {
		r := e.Pull.Repo()
		base, _, err := r.Objects.MergeBase(e.Pull.BaseID, head)
		if err != nil {
			return nil
		}
		for _, f := range r.Objects.FileDiffs(r.TreeOf(base), r.TreeOf(head)) {
			out = append(out, string(f.Status())+f.Path()+f.Patch)
		}
		return out
	}
	return slices.Equal(patches(e.Before), patches(e.After))
}

// Edit is what a comment was from a time on.
type Edit struct {
	ID      int64
	By      *fake.Account
	Body    string
	At      time.Time
	Deleted bool
}

// Thread is what a comment begins: others answer it, and it can be resolved.
type Thread struct {
	Discussion string // id, 40 digits
	Diff       bool   // it is about a line
	Resolved   bool
	Hidden     int // reads that do not find it, as it is new
}

// Edits are what a comment was, the first text first; under the lock.
func (s *Server) Edits(comment int64) []Edit { return s.edits[comment] }

// Thread is that of a comment; under the lock.
func (s *Server) Thread(comment int64) *Thread { return s.threads[comment] }

// Discussion finds the comment that began a discussion; nil if there is none. Under the lock.
func (s *Server) Discussion(p *fake.PullRequest, id string) *fake.CommentRecord {
	for _, c := range p.Conversation {
		if t := s.threads[c.ID]; t != nil && t.Discussion == id {
			return c
		}
	}
	return nil
}

func (s *Server) noted(e fake.Event, body string) {
	s.threads[e.Comment.ID] = &Thread{Discussion: HexID(e.Comment.ID, 40), Hidden: s.knobs[LateComments]}
	s.edited(e, body)
}

func (s *Server) edited(e fake.Event, body string) {
	id := e.Comment.ID
	s.edits[id] = append(s.edits[id], Edit{s.NextID(), e.By, body, s.Now(), e.Kind == fake.CommentDeleted})
}
