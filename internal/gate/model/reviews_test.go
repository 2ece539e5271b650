package model_test

import (
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// settle is how long before its beginning the author of a review may have opened the
// page.
const settle = 10 * time.Minute

// reading opens a page, lets time pass, in which others may act, and gives the page
// and when its reader began to write; nil where that took too long.
func (h *life) reading(who string) (*page, time.Time) {
	p := h.pull()
	if p == nil {
		return nil, time.Time{}
	}
	commit := p.head
	if h.draw(5) == 0 {
		commit = pick(h, h.heads[p.topic])
	}
	seen := h.f.looked(who, p, commit)
	for range []int{0, 0, 0, 1, 1, 2}[h.draw(6)] {
		h.f.now = h.f.now.Add(time.Duration(h.draw(120)) * time.Second)
		h.step(quietActs)
	}
	h.f.now = h.f.now.Add(time.Duration(h.draw(3)*h.draw(150)) * time.Second)
	begun := h.f.now
	if begun.Sub(seen.at) > settle || !p.open {
		return nil, begun
	}
	return &seen, begun
}

func (h *life) review() bool {
	who := pick(h, []string{"alice", "alice", "bob", "bob", "bob", "erin", "erin", "mallory"})
	if h.f.gone[who] != present {
		return false
	}
	seen, begun := h.reading(who)
	if seen == nil {
		return false
	}
	if h.f.habits.tellsBegun && h.draw(3) == 0 {
		h.wait()
		h.step(quietActs)
	}
	if !seen.on.open {
		return false
	}
	h.f.ids++
	r := &modelReview{page: *seen, first: -1}
	r.Review = pull.Review{ID: h.f.ids, Author: person(who), State: pull.Approved, Commit: seen.commit.id, At: h.f.now,
		CanWrite: who != "mallory"}
	if h.f.habits.tellsBegun {
		r.Begun = begun
	}
	switch h.draw(12) {
	case 0:
		r.State = pull.ChangesRequested
	case 1:
		r.State = pull.Commented
	case 2, 3:
		r.Body = pick(h, spellings).body
	}
	r.said = pull.Told{Review: r.ID, State: r.State, Commit: r.Commit, Body: r.Body, Author: r.Author}
	seen.on.reviews, seen.on.updatedAt = append(seen.on.reviews, r), h.f.now
	h.tally.acts["review: "+string(r.State)]++
	h.say("%s: %s %d on #%d of %s (%q), page of %s against %s %s", who, r.State, r.ID, seen.on.number, short(seen.commit), r.Body,
		seen.at.Format("15:04:05"), seen.base, short(seen.mergeBase))
	if h.draw(100) < h.delivered {
		h.deliver(r)
	}
	return true
}

// deliver brings the gate what a signed delivery says of a review.
func (h *life) deliver(r *modelReview) {
	if r.told || r.said.State == pull.Commented || h.f.gone[r.who] != present {
		return
	}
	r.told = true
	m := h.mem.of(r.on.ref())
	m.Told = append(m.Told, r.said)
	m.ToldNew, m.ToldAt = r.on.updatedAt, h.clock()
	h.say("a delivery tells of %d", r.ID)
}

func (h *life) deliverLate() bool {
	p := h.pull()
	if p == nil || len(p.reviews) == 0 {
		return false
	}
	r := pick(h, p.reviews)
	if r.told {
		return false
	}
	h.deliver(r)
	return true
}

func (h *life) dismiss() bool {
	p := h.pull()
	if p == nil || len(p.reviews) == 0 {
		return false
	}
	r := pick(h, p.reviews)
	if r.State != pull.Approved && r.State != pull.ChangesRequested || h.f.gone[r.who] == hiddenAccount {
		return false
	}
	by := pick(h, []string{"dave", "alice", "bob", "erin", "buildbot"})
	r.DismissedState, r.DismissedBy, r.State = r.State, person(by), pull.Dismissed
	p.updatedAt = h.f.now
	h.say("%s dismisses %d", by, r.ID)
	if m := h.mem.of(p.ref()); r.told && h.draw(2) == 0 {
		for i := range m.Told {
			m.Told[i].Dismissed = m.Told[i].Dismissed || m.Told[i].Review == r.ID
		}
	}
	return true
}

func (h *life) editReview() bool {
	p := h.pull()
	if p == nil || len(p.reviews) == 0 {
		return false
	}
	r := pick(h, p.reviews)
	r.Body, r.Edited = pick(h, []string{"", "/approve fs/", "/approve mm/"}), true
	r.EditedBy = person(pick(h, []string{r.who, "dave"}))
	p.updatedAt = h.f.now
	h.say("%s edits %d", r.EditedBy.Login, r.ID)
	return true
}

// override lets somebody stand in for missing reviews of what they saw.
func (h *life) override() bool {
	who := pick(h, []string{"olga", "olga", "olga", "olga", "dave", "mallory", "alice"})
	seen, _ := h.reading(who)
	if seen == nil {
		return false
	}
	return h.comment(seen, "/override "+seen.commit.id[:[]int{12, 39, 40, 40, 40, 40, 40}[h.draw(7)]]+" because")
}

func (h *life) cancel() bool {
	p := h.pull()
	if p == nil {
		return false
	}
	seen := h.f.looked(pick(h, []string{"olga", "olga", "dave"}), p, p.head)
	return h.comment(&seen, pick(h, cancellations))
}

func (h *life) comment(seen *page, body string) bool {
	h.f.ids++
	c := &modelComment{page: *seen, first: -1}
	c.Comment = pull.Comment{ID: h.f.ids, Author: person(seen.who), Body: body, At: h.f.now, Edited: h.draw(12) == 0}
	seen.on.comments, seen.on.updatedAt = append(seen.on.comments, c), h.f.now
	h.say("%s writes on #%d: %s, page of %s against %s %s", seen.who, seen.on.number, body, seen.at.Format("15:04:05"), seen.base,
		short(seen.mergeBase))
	return true
}
