package main

import (
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// page is what a pull request's page showed when it was opened.
type page struct {
	pr        int
	head, tip string
	mergeBase string
	at        time.Time
	shown     map[string]sides
}

// saidKind is what somebody said of a pull request.
type saidKind int

const (
	approving saidKind = iota
	objection
	override
	cancel
	lifting
)

// saidThing is a review, or a comment with a command, and what its author saw.
type saidThing struct {
	pr        int
	id        int64
	who       string
	kind      saidKind
	scope     string // in words; of a lifting, whose objection
	saw       *page
	comment   bool
	gone      bool     // deleted
	dismissed []string // by whom
	names     string   // the head, of an override
	branch    string   // it goes into
	bases     []string // the merge bases when its page was opened and when it was said
}

// covers reports whether an approval is for a path.
func (s *saidThing) covers(path string) bool {
	return s.scope == "" || slices.ContainsFunc(strings.Fields(s.scope), func(word string) bool {
		return word == path || strings.HasSuffix(word, "/") && strings.HasPrefix(path, word)
	})
}

// sawAny reports whether an approval was for any file.
func (s *saidThing) sawAny() bool {
	for path := range s.saw.shown {
		if s.covers(path) {
			return true
		}
	}
	return false
}

// blobID is git's id of a text.
func blobID(text []byte) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
}

// pick draws one of some; they must not be empty.
func pick[T any](w *looper, of ...T) T { return of[w.IntN(len(of))] }

// somePull draws an open pull request; nil if there is none.
func (w *looper) somePull() *fake.PullRequest {
	var open []*fake.PullRequest
	for _, pr := range w.repo.PullRequests() {
		if state, _ := pr.State(); state == "open" {
			open = append(open, pr)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return pick(w, open...)
}

// show opens the page of a pull request. It gives nil where that can't be shown.
func (w *looper) show(who string, pr *fake.PullRequest) *page {
	if w.hidden[who] {
		return nil
	}
	bases, err := w.repo.MergeBases(pr.Base(), pr.Head())
	if err != nil || len(bases) != 1 {
		return nil
	}
	p := &page{pr: pr.Number(), head: pr.Head(), tip: w.repo.Tip(pr.Base()), mergeBase: bases[0], at: w.clock(),
		shown: w.changes(bases[0], pr.Head())}
	w.pages[who] = p
	return p
}

// current is the page that somebody has open, if it is not older than the gate
// promises to care for; else a fresh one. Honest people look first.
func (w *looper) current(who string) *page {
	p := w.pages[who]
	if !w.honest && p != nil && !w.hidden[who] && w.clock().Sub(p.at) < 9*time.Minute && w.IntN(4) > 0 {
		if state, _ := w.repo.PullRequest(p.pr).State(); state == "open" {
			return p
		}
	}
	pr := w.somePull()
	if pr == nil {
		return nil
	}
	return w.show(who, pr)
}

func (w *looper) openPage() bool {
	who, pr := pick(w, "alice", "alice", "bob", "carol", "erin"), w.somePull()
	if pr == nil {
		return false
	}
	p := w.show(who, pr)
	return p != nil && w.note("%s opens the page of %s", who, p)
}

// String says what a page shows.
func (p *page) String() string {
	return fmt.Sprintf("#%d at %.8s against %.8s", p.pr, p.head, p.tip)
}

// approve has a maintainer approve what their page shows.
func (w *looper) approve() bool {
	who := pick(w, "alice", "alice", "bob", "carol", "erin")
	if w.narrow {
		who = "alice"
	}
	p := w.current(who)
	return p != nil && w.approveAs(who, p)
}

// hurry has a maintainer open a page and approve what it shows, while others move head
// and base.
func (w *looper) hurry() bool {
	who, pr := pick(w, "alice", "alice", "bob", "carol"), w.somePull()
	if pr == nil {
		return false
	}
	p := w.show(who, pr)
	if p == nil {
		return false
	}
	w.note("%s opens the page of %s", who, p)
	for range 1 + w.IntN(2) {
		w.ahead.Add(int64(time.Duration(w.IntN(100)) * time.Second))
		act := pick(w, (*looper).moveBranch, (*looper).moveBranch, (*looper).retarget, (*looper).retarget, (*looper).forcePush,
			(*looper).rebase, (*looper).push)
		if act(w); w.IntN(2) == 0 {
			w.settle()
		}
	}
	w.ahead.Add(int64(time.Duration(w.IntN(100)) * time.Second))
	if state, _ := pr.State(); state != "open" {
		return true
	}
	return w.approveAs(who, p)
}

// approveAs has somebody approve what a page shows.
func (w *looper) approveAs(who string, p *page) bool {
	s := &saidThing{pr: p.pr, who: who, kind: approving, saw: p}
	body := "fine"
	if !w.honest {
		s.scope = pick(w, "", "", "", "", "mm/", "fs/", "mm/a.c", "kernel/ README")
	}
	if s.scope != "" {
		body = fmt.Sprintf(pick(w, "/approve %s", "/approve %s", "- /Approve %s", "**/approve %s**", "／approve %s", "fine\n/app\u200brove %s"),
			s.scope)
	}
	if !w.honest && w.IntN(12) == 0 { // nearly a command
		s.scope = "nothing/"
		body = pick(w, "/approve: mm/", "/approved mm/", "LGTM /approve mm/", "/аpprove mm/", "```\n/approve mm/", "/approve all but mm/")
	}
	pr := w.repo.PullRequest(p.pr)
	var err error
	if w.rules.comments && w.IntN(3) == 0 {
		s.comment = true
		if s.scope == "nothing/" {
			s.scope = ""
		}
		body = strings.TrimSpace("/approve " + p.head + " " + s.scope)
		s.id, err = pr.Comment(who, body)
	} else {
		s.id, err = pr.Review(fake.Review{By: who, State: fake.Approved, Body: body, Commit: p.head})
	}
	if err != nil {
		return false
	}
	w.said = append(w.said, s)
	return w.note("%s says %q of %s (%d)", who, body, p, s.id)
}

func (w *looper) object() bool {
	who := pick(w, "alice", "alice", "bob", "carol")
	p := w.current(who)
	if p == nil {
		return false
	}
	id, err := w.repo.PullRequest(p.pr).Review(fake.Review{By: who, State: fake.ChangesRequested, Body: "no", Commit: p.head})
	if err != nil {
		return false
	}
	w.said = append(w.said, &saidThing{pr: p.pr, id: id, who: who, kind: objection, saw: p})
	return w.note("%s objects to %s (%d)", who, p, id)
}

// decide has carol override, cancel or lift.
func (w *looper) decide() bool {
	p := w.current("carol")
	if p == nil || !w.rules.override {
		return false
	}
	pr := w.repo.PullRequest(p.pr)
	s := &saidThing{pr: p.pr, who: "carol", comment: true, saw: p}
	body := ""
	switch w.IntN(4) {
	case 0:
		s.kind, body = cancel, pick(w, "/override cancel", "/Override Cancel please", "- /override-cancel")
	case 1:
		s.kind, s.scope = lifting, pick(w, "alice", "bob")
		body = "/lift " + s.scope + " they are away"
	default:
		bases, err := w.repo.MergeBases(pr.Base(), p.head)
		check0(w.t, err)
		s.kind, s.names, s.branch, s.bases = override, p.head, pr.Base(), slices.Concat(bases, []string{p.mergeBase})
		body = "/override " + p.head + " the release waits"
	}
	id, err := pr.Comment("carol", body)
	check0(w.t, err)
	s.id = id
	w.said = append(w.said, s)
	return w.note("carol says %q of %s (%d)", body, p, id)
}

// reviewToDismiss draws a review that can be dismissed; nil if there is none.
func (w *looper) reviewToDismiss() *saidThing {
	var all []*saidThing
	for _, s := range w.said {
		if !s.comment && len(s.dismissed) == 0 && !w.hidden[s.who] {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return pick(w, all...)
}

func (w *looper) dismiss(by string) bool {
	s := w.reviewToDismiss()
	if s == nil || w.repo.PullRequest(s.pr).Dismiss(by, s.id, "done") != nil {
		return false
	}
	s.dismissed = append(s.dismissed, by)
	return w.note("%s dismisses %s's review %d of #%d", by, s.who, s.id, s.pr)
}

// vanish has the forge hide an account and what it wrote, once the service saw that.
// It stays shown to itself, so it is not that of the service's token. No event tells, so
// that the pull requests are looked at as a sweep does in the end.
func (w *looper) vanish() bool {
	who := pick(w, "alice", "bob", "erin")
	if w.held || w.down || w.spoiled || w.hidden[who] || w.token && who == "alice" {
		return false
	}
	w.settle()
	check0(w.t, w.HideUser(who, true))
	w.hidden[who] = true
	for _, s := range w.said {
		s.gone = s.gone || s.who == who
	}
	known, err := w.svc.Store().OpenKnown(w.t.Context(), pull.Repo{Forge: "github", Owner: "acme", Name: "linux"})
	check0(w.t, err)
	for _, k := range known {
		check0(w.t, w.svc.Store().Raise(w.t.Context(), k.Ref))
	}
	return w.note("the forge hides %s", who)
}

func (w *looper) dismissByOthers() bool { return w.dismiss(pick(w, "stale[bot]", "carol", "bob")) }
func (w *looper) dismissByAuthor() bool { return w.dismiss("dave") }
