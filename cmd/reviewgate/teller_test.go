package main

import (
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// teller plays the steps of a story.
type teller struct {
	*world
	t       *testing.T
	pr      *fake.PullRequest
	reviews map[string]int64 // the last one of each person
	comment int64            // the last one
	foreign int64            // the last check of another app
	names   map[string]string
	forks   map[string]*fake.Repo // by owner
	people  map[string]bool       // whom the forge knows, or knew
	more    []string              // the indented lines of the step
	held    bool                  // webhooks wait
	lost    bool                  // something happened that no event told, and no sweep found yet
	down    bool                  // the service is stopped
	seen    []map[int]string      // verdicts after each step, by pull request; nil: not known
	// problems are what was told last of each pull request that could be merged, and
	// should not be, or the other way round.
	problems map[int]string
	// refused are the verdicts of a run before this one, in which the forge took
	// every write; nil if this is no such run. What is expected of texts is then not
	// looked at.
	refused []map[int]string
}

// act is what a step does.
type act struct {
	words   int  // that it has at the least, the first included
	expects bool // it holds what the gate wrote
	play    func(w *teller, s []string, line string)
}

// acts are all steps, by their first word.
var acts = sync.OnceValue(func() map[string]act {
	all := map[string]act{}
	for _, some := range []map[string]act{pullActs(), reviewActs(), commitActs(), peopleActs(), checkActs(), askingActs(), serviceActs(), forgeActs(), queueActs()} {
		maps.Copy(all, some)
	}
	return all
})

// newTeller builds the world of a story, with a service that has swept it once.
func newTeller(t *testing.T, s story, b fakegithub.Behaviour) *teller {
	t.Helper()
	w := newWorld(t, s.o)
	w.SetBehaviour(b)
	w.swept()
	known := map[string]bool{}
	for _, login := range []string{"alice", "bob", "carol", "dave", "erin", "mallory", w.AppSlug() + "[bot]"} {
		known[login] = true
	}
	return &teller{world: w, t: t, reviews: map[string]int64{}, names: map[string]string{}, forks: map[string]*fake.Repo{}, people: known, problems: map[int]string{}}
}

// tell plays a story. Between its steps all is quiet, unless webhooks wait or the
// service is stopped.
func (w *teller) tell(s story) {
	w.t.Helper()
	for _, step := range s.told {
		w.t.Log(step.line)
		words := strings.Fields(step.line)
		a, ok := acts()[words[0]]
		if !ok || len(words) < a.words {
			w.t.Fatalf("unknown step %q", step.line)
		}
		w.more = step.more
		if w.refused == nil || !a.expects {
			a.play(w, words, step.line)
		}
		w.settle()
		w.agree(step.line)
	}
}

// green reports whether the check was a success at some point.
func (w *teller) green() bool {
	for _, verdicts := range w.seen {
		for _, verdict := range verdicts {
			if verdict == string(policy.Success) {
				return true
			}
		}
	}
	return false
}

// rev reads a branch, OWNER:BRANCH of a fork, a name that "name" gave, head, or group:
// the head of the last pull request's group in the merge queue.
func (w *teller) rev(s string) string {
	switch s {
	case "head":
		return w.pr.Head()
	case "group":
		return w.pr.QueueHead()
	}
	if id, ok := w.names[s]; ok {
		return id
	}
	if owner, branch, ok := strings.Cut(s, ":"); ok && w.forks[owner] != nil {
		return w.forks[owner].Tip(branch)
	}
	return w.repo.Tip(s)
}

// after gives the words behind a step's first n.
func after(line string, n int) string {
	for range n {
		_, line, _ = strings.Cut(strings.TrimSpace(line), " ")
	}
	return strings.TrimSpace(line)
}

// expand puts commit ids in the place of <REV> and line breaks in that of |.
func (w *teller) expand(text string) string {
	for {
		start, end := strings.Index(text, "<"), strings.Index(text, ">")
		if start < 0 || end < start {
			return strings.ReplaceAll(text, "|", "\n")
		}
		text = text[:start] + w.rev(text[start+1:end]) + text[end+1:]
	}
}

// number reads a number of a step.
func (w *teller) number(word string) int {
	w.t.Helper()
	n, err := strconv.Atoi(word)
	check0(w.t, err)
	return n
}

// known has the forge know a person, or a bot.
func (w *teller) known(logins ...string) {
	w.t.Helper()
	for _, login := range logins {
		if !w.people[login] {
			check0(w.t, w.AddUser(fake.User{Login: login, Bot: strings.HasSuffix(login, "[bot]")}))
			w.people[login] = true
		}
	}
}

// option gives the word behind another one, or the default.
func option(s []string, name, otherwise string) string {
	for i, word := range s {
		if word == name && i+1 < len(s) {
			return s[i+1]
		}
	}
	return otherwise
}

// pullActs are what is done to pull requests.
func pullActs() map[string]act {
	return map[string]act{
		// open BRANCH [to BASE] [by LOGIN]
		"open": {2, false, func(w *teller, s []string, _ string) { w.open(w.repo, s[1], false, s[2:]) }},
		// draft-open BRANCH [to BASE] [by LOGIN]
		"draft-open": {2, false, func(w *teller, s []string, _ string) { w.open(w.repo, s[1], true, s[2:]) }},
		// fopen LOGIN BRANCH [to BASE]: from the fork of LOGIN
		"fopen": {3, false, func(w *teller, s []string, _ string) { w.open(w.fork(s[1]), s[2], false, append(s[3:], "by", s[1])) }},
		// pr NUMBER
		"pr": {2, false, func(w *teller, s []string, _ string) {
			if w.pr = w.repo.PullRequest(w.number(s[1])); w.pr == nil {
				w.t.Fatalf("no pull request %s", s[1])
			}
		}},
		"retarget": {2, false, func(w *teller, s []string, _ string) { check0(w.t, w.pr.Retarget("dave", s[1])) }},
		"close":    {1, false, func(w *teller, _ []string, _ string) { check0(w.t, w.pr.Close("dave")) }},
		"reopen":   {1, false, func(w *teller, _ []string, _ string) { check0(w.t, w.pr.Reopen("dave")) }},
		"draft":    {1, false, func(w *teller, _ []string, _ string) { check0(w.t, w.pr.SetDraft("dave", true)) }},
		"ready":    {1, false, func(w *teller, _ []string, _ string) { check0(w.t, w.pr.SetDraft("dave", false)) }},
		// merge: by carol, whatever the checks say
		"merge": {1, false, func(w *teller, _ []string, _ string) {
			_, err := w.pr.Merge("carol")
			check0(w.t, err)
		}},
	}
}

func (w *teller) open(from *fake.Repo, branch string, draft bool, s []string) {
	w.t.Helper()
	o := fake.Opening{Author: option(s, "by", "dave"), From: from, Head: branch, Base: option(s, "to", ""), Draft: draft}
	w.known(o.Author)
	pr, err := w.repo.Open(o)
	check0(w.t, err)
	w.pr = pr
}

// reviewActs are reviews, and what is written below a pull request.
func reviewActs() map[string]act {
	return map[string]act{
		// approve, object, remark LOGIN [on REV] [saying TEXT]
		"approve": {2, false, func(w *teller, s []string, line string) { w.say(fake.Approved, s, line) }},
		"object":  {2, false, func(w *teller, s []string, line string) { w.say(fake.ChangesRequested, s, line) }},
		"remark":  {2, false, func(w *teller, s []string, line string) { w.say(fake.Commented, s, line) }},
		// draft-review LOGIN [saying TEXT]: an approval that is begun; submit LOGIN: it is given
		"draft-review": {2, false, func(w *teller, s []string, line string) { w.say(fake.Pending, s, line) }},
		"submit": {2, false, func(w *teller, s []string, _ string) {
			check0(w.t, w.pr.Submit(s[1], w.reviewOf(s[1]), fake.Approved))
		}},
		// dismiss LOGIN's by LOGIN: the last review of the first
		"dismiss": {4, false, func(w *teller, s []string, _ string) {
			w.known(s[3])
			check0(w.t, w.pr.Dismiss(s[3], w.reviewOf(s[1]), "done"))
		}},
		// edit LOGIN TEXT: the person's last review, or, of who gave none, the last comment
		"edit": {2, false, func(w *teller, s []string, line string) {
			text := w.expand(after(line, 2))
			if _, reviewed := w.reviews[s[1]]; !reviewed {
				check0(w.t, w.pr.EditComment(s[1], w.comment, text))
				return
			}
			check0(w.t, w.pr.EditReview(s[1], w.reviewOf(s[1]), text))
		}},
		// repoint LOGIN REV: the forge says that the person's last review is of another commit
		"repoint": {3, false, func(w *teller, s []string, _ string) {
			check0(w.t, w.pr.Repoint(w.reviewOf(s[1]), w.rev(s[2])))
		}},
		// comment LOGIN TEXT
		"comment": {2, false, func(w *teller, s []string, line string) {
			w.known(s[1])
			id, err := w.pr.Comment(s[1], w.expand(after(line, 2)))
			check0(w.t, err)
			w.comment = id
		}},
		// uncomment LOGIN: the last comment
		"uncomment": {2, false, func(w *teller, s []string, _ string) { check0(w.t, w.pr.DeleteComment(s[1], w.comment)) }},
		// delete-ours LOGIN: the gate's comments
		"delete-ours": {2, false, func(w *teller, s []string, _ string) {
			for _, c := range w.ownComments() {
				check0(w.t, w.pr.DeleteComment(s[1], c.ID))
			}
		}},
	}
}

// reviewOf is the last review of a person, who may be named with 's.
func (w *teller) reviewOf(who string) int64 {
	w.t.Helper()
	id, ok := w.reviews[strings.TrimSuffix(who, "'s")]
	if !ok {
		w.t.Fatalf("%s has reviewed nothing", who)
	}
	return id
}

func (w *teller) say(state fake.ReviewState, s []string, line string) {
	w.t.Helper()
	w.known(s[1])
	r := fake.Review{By: s[1], State: state, Body: "text"}
	if i := strings.Index(line, " saying "); i > 0 {
		r.Body = w.expand(line[i+len(" saying "):])
		s = strings.Fields(line[:i])
	}
	if len(s) > 3 && s[2] == "on" {
		r.Commit = w.rev(s[3])
	}
	id, err := w.pr.Review(r)
	check0(w.t, err)
	w.reviews[s[1]] = id
}
