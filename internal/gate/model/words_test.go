package model_test

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// spelling is what somebody writes in an approving review, and what it means.
type spelling struct {
	body  string
	scope []string // paths, or directories with a slash; nil: everything
	void  bool     // it makes the approval count for nothing
}

// spellings are what approving reviews of the histories say.
var spellings = []spelling{
	{body: ""},
	{body: "/approve mm/", scope: []string{"mm/"}}, {body: "/approve fs/", scope: []string{"fs/"}},
	{body: "/approve mm/a.c fs/a.c", scope: []string{"mm/a.c", "fs/a.c"}},
	{body: "- /Approve mm/", scope: []string{"mm/"}}, {body: "**/approve fs/**", scope: []string{"fs/"}},
	{body: "／approve mm/", scope: []string{"mm/"}}, {body: "/app\u200brove fs/", scope: []string{"fs/"}},
	{body: "fine\n1. `/approve mm/`\n", scope: []string{"mm/"}},
	{body: "> /approve mm/\nLGTM"}, {body: "/lgtm"}, {body: "see docs/approve for mm/"}, {body: "```\n/approve fs/\n```"},
	{body: "/approve: mm/", void: true}, {body: "/approved mm/", void: true}, {body: "LGTM, /approve mm/", void: true},
	{body: "/аpprove fs/", void: true}, {body: "```\n/approve mm/", void: true}, {body: "/approve all but mm/", void: true},
	{body: "/approve mm", void: true},
}

// spelled finds what a body means.
func spelled(body string) spelling {
	i := slices.IndexFunc(spellings, func(s spelling) bool { return s.body == body })
	return spellings[i]
}

// inScope reports whether what an approval says covers a path.
func inScope(body, path string) bool {
	s := spelled(body)
	return !s.void && (s.scope == nil || slices.ContainsFunc(s.scope, func(word string) bool { return covers(word, path) }))
}

func covers(word, path string) bool {
	return word == path || strings.HasSuffix(word, "/") && strings.HasPrefix(path, word)
}

// cancellations are how people take an override back.
var cancellations = []string{"/override cancel", "/Override Cancel, please", "- **/override cancel**", "/override-cancel"}

// vanish takes an account away: the forge hides all that it wrote, or no longer says
// whose it is.
func (h *life) vanish() bool {
	who := pick(h, []string{"alice", "bob", "erin"})
	for _, p := range h.f.pulls {
		if slices.ContainsFunc(p.reviews, func(r *modelReview) bool { return r.who == who && r.told && r.first < 0 }) {
			return false // the gate would wait for it
		}
	}
	if h.f.gone[who] != present || h.draw(3) > 0 {
		return false
	}
	h.f.gone[who] = []presence{hiddenAccount, ghostAccount}[h.draw(2)]
	h.say("%s is gone (%d)", who, h.f.gone[who])
	return true
}

// lift lets somebody lift an objection, be there one or not.
func (h *life) lift() bool {
	p := h.pull()
	if p == nil {
		return false
	}
	seen := h.f.looked(pick(h, []string{"olga", "olga", "dave", "mallory"}), p, p.head)
	return h.comment(&seen, liftOf(pick(h, []string{"alice", "bob", "erin"})))
}

func liftOf(who string) string { return "/lift @" + who + " nobody answers" }

// lifted reports whether an objection that nobody can take back was lifted.
func (h *life) lifted(r *modelReview) bool {
	if h.f.gone[r.who] == present && r.State != pull.Dismissed {
		return false
	}
	return slices.ContainsFunc(r.on.comments, func(c *modelComment) bool {
		return c.who == "olga" && !c.Edited && c.Body == liftOf(r.who) && !c.At.Before(r.At)
	})
}

// presence is what became of an account.
type presence int

const (
	present presence = iota
	hiddenAccount
	ghostAccount
)

// The addresses under which people commit that no forge links: one of the people file,
// and one that the mailmap corrects to it.
const (
	modelPeoplePath = ".github/people.yml"
	modelPeopleFile = `version: 1
people:
  - {key: alice, emails: [alice@corp.example], logins: {model: alice}}
  - {key: bob, emails: [bob@corp.example], logins: {model: bob}}
  - {key: erin, emails: [erin@corp.example], logins: {model: erin}}
`
	modelMailmap = "<alice@corp.example> <alice@laptop.local>\n<bob@corp.example> <bob@laptop.local>\n<erin@corp.example> " +
		"<erin@laptop.local>\n"
)

// sign returns what a commit of somebody says of who made it, in one way or another.
func (h *life) sign(author string) []pull.Signature {
	linked := func(part pull.Part, who string) pull.Signature {
		return pull.Signature{Part: part, Name: who, Email: who + "@example.org", Account: person(who)}
	}
	as := func(part pull.Part, host string) pull.Signature {
		return pull.Signature{Part: part, Name: "Somebody", Email: strings.ToUpper(author[:1]) + author[1:] + host}
	}
	switch h.draw(7) {
	case 0:
		return []pull.Signature{as(pull.Author, "@corp.example"), as(pull.Committer, "@corp.example")}
	case 1:
		return []pull.Signature{as(pull.Author, "@laptop.local"), linked(pull.Committer, "dave")}
	case 2:
		return []pull.Signature{linked(pull.Author, "dave"), as(pull.CoAuthor, "@corp.example"), linked(pull.Committer, "dave")}
	case 3:
		return []pull.Signature{linked(pull.Author, "dave"), as(pull.Committer, "@laptop.local")}
	case 4:
		return []pull.Signature{linked(pull.Author, author), {Part: pull.Committer, Name: "Forge", Email: "noreply@forge.example"}}
	}
	return []pull.Signature{linked(pull.Author, author), linked(pull.Committer, author)}
}
