package forgetest

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/service"
)

// teller plays the steps of a story.
type teller struct {
	*World
	t    *testing.T
	svc  *service.Service
	stop func() // the service
	log  *Log
	skew atomic.Int64 // how far the service's clock is ahead of the forge's, in nanoseconds
	// anySource has branches require the check from whomever, even of an app.
	anySource bool

	pr      int              // number of the pull request
	reviews map[string]int64 // the last one of each person
	comment int64            // the last one
	foreign int64            // the last check of another app
	names   map[string]string
	forks   map[string]bool // by owner
	people  map[string]bool // whom the forge knows, or knew
	more    []string        // the indented lines of the step
	held    bool            // webhooks wait
	lost    bool            // something happened that no event told, and no sweep found yet
	down    bool            // the service is stopped
	seen    Outcome         // so far
	// problems are what was told last of each pull request that could be merged, and
	// should not be, or the other way round.
	problems map[int]string
	// refused is the Outcome of a run before this one, in which the forge took every
	// write; nil if this is no such run.
	refused Outcome
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
	for _, some := range []map[string]act{pullActs(), reviewActs(), commitActs(), peopleActs(), checkActs(), sourceActs(), askingActs(),
		serviceActs(), forgeActs(), queueActs()} {
		maps.Copy(all, some)
	}
	return all
})

// newTeller starts a service on a world, which sweeps it once.
func newTeller(t *testing.T, world *World) *teller {
	t.Helper()
	known := map[string]bool{}
	for _, login := range []string{"alice", "bob", "carol", "dave", "erin", "mallory", world.Bot} {
		known[login] = true
	}
	w := &teller{World: world, t: t, log: &Log{}, reviews: map[string]int64{}, names: map[string]string{}, forks: map[string]bool{},
		people: known, problems: map[int]string{}}
	w.up()
	w.settle()
	return w
}

// start runs the service until the test ends, or until stop is called.
func (w *teller) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	svc, err := w.Serve(ctx, slog.New(slog.NewJSONHandler(w.log, nil)), func() time.Time { return w.Now().Add(time.Duration(w.skew.Load())) })
	if err != nil {
		cancel()
		w.t.Fatal(err)
	}
	w.svc = svc
	w.Deliver("http://" + svc.Public() + "/webhooks/" + w.Forge)
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("service: %v", err)
		}
	})
	w.t.Cleanup(w.stop)
}

// tell plays a story. Between its steps all is quiet, unless webhooks wait or the
// service is stopped.
func (w *teller) tell(s Story) {
	w.t.Helper()
	for _, step := range s.told {
		step = w.here(step)
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
		if w.Silent != nil && !w.held && !w.down && w.Silent() {
			w.sweep()
		}
		w.settle()
		w.agree(step.line)
	}
}

// here is a step with this world's names.
func (w *teller) here(step told) told {
	names := local(w.Forge, w.Policy)
	out := told{line: names.Replace(step.line)}
	for _, line := range step.more {
		out.more = append(out.more, names.Replace(line))
	}
	return out
}

// pull is a pull request; the zero one if there is none of that number.
func (w *teller) pull(number int) Pull {
	all := w.Pulls()
	i := slices.IndexFunc(all, func(p Pull) bool { return p.Number == number })
	if i < 0 {
		return Pull{}
	}
	return all[i]
}

// last is the pull request that was opened or named last.
func (w *teller) last() Pull { return w.pull(w.pr) }

// rev reads a branch, OWNER:BRANCH of a fork, a name that "name" gave, head, or group:
// the head of the last pull request's group in the merge queue.
func (w *teller) rev(s string) string {
	switch s {
	case "head":
		return w.last().Head
	case "group":
		return w.last().Group
	}
	if id, ok := w.names[s]; ok {
		return id
	}
	if owner, branch, ok := strings.Cut(s, ":"); ok && w.forks[owner] {
		return w.Tip(owner, branch)
	}
	return w.Tip("", s)
}

// after returns the words behind a step's first n.
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
	must(w.t, err)
	return n
}

// known has the forge know a person, or a bot.
func (w *teller) known(logins ...string) {
	w.t.Helper()
	for _, login := range logins {
		if !w.people[login] {
			must(w.t, w.AddUser(fake.User{Login: login, Bot: strings.HasSuffix(login, "[bot]")}))
			w.people[login] = true
		}
	}
}

// option returns the word behind another one, or the default.
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
		"open": {2, false, func(w *teller, s []string, _ string) { w.open("", s[1], false, s[2:]) }},
		// draft-open BRANCH [to BASE] [by LOGIN]
		"draft-open": {2, false, func(w *teller, s []string, _ string) { w.open("", s[1], true, s[2:]) }},
		// fopen LOGIN BRANCH [to BASE]: from the fork of LOGIN
		"fopen": {3, false, func(w *teller, s []string, _ string) { w.open(w.fork(s[1]), s[2], false, append(s[3:], "by", s[1])) }},
		// pr NUMBER
		"pr": {2, false, func(w *teller, s []string, _ string) {
			w.pr = w.numbered(s[1]).Number
		}},
		"retarget": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Retarget(w.pr, "dave", s[1])) }},
		"close":    {1, false, func(w *teller, _ []string, _ string) { must(w.t, w.Close(w.pr, "dave")) }},
		"reopen":   {1, false, func(w *teller, _ []string, _ string) { must(w.t, w.Reopen(w.pr, "dave")) }},
		"draft":    {1, false, func(w *teller, _ []string, _ string) { must(w.t, w.SetDraft(w.pr, "dave", true)) }},
		"ready":    {1, false, func(w *teller, _ []string, _ string) { must(w.t, w.SetDraft(w.pr, "dave", false)) }},
		// merge: by carol, whatever the checks say
		"merge": {1, false, func(w *teller, _ []string, _ string) { must(w.t, w.Merge(w.pr, "carol")) }},
	}
}

func (w *teller) open(from, branch string, draft bool, s []string) {
	w.t.Helper()
	o := Opening{Author: option(s, "by", "dave"), From: from, Head: branch, Base: option(s, "to", ""), Draft: draft}
	w.known(o.Author)
	number, err := w.Open(o)
	must(w.t, err)
	w.pr = number
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
			must(w.t, w.Submit(w.pr, s[1], w.reviewOf(s[1]), fake.Approved))
		}},
		// dismiss LOGIN's by LOGIN: the last review of the first
		"dismiss": {4, false, func(w *teller, s []string, _ string) {
			w.known(s[3])
			must(w.t, w.Dismiss(w.pr, s[3], w.reviewOf(s[1])))
		}},
		// edit LOGIN TEXT: the person's last review, or, of who gave none, the last comment
		"edit": {2, false, func(w *teller, s []string, line string) {
			text := w.expand(after(line, 2))
			if _, reviewed := w.reviews[s[1]]; !reviewed {
				must(w.t, w.EditComment(w.pr, s[1], w.comment, text))
				return
			}
			must(w.t, w.EditReview(w.pr, s[1], w.reviewOf(s[1]), text))
		}},
		// repoint LOGIN REV: the forge says that the person's last review is of another commit
		"repoint": {3, false, func(w *teller, s []string, _ string) {
			must(w.t, w.Repointer.Repoint(w.pr, w.reviewOf(s[1]), w.rev(s[2])))
		}},
		// comment LOGIN TEXT
		"comment": {2, false, func(w *teller, s []string, line string) {
			w.known(s[1])
			id, err := w.Comment(w.pr, s[1], w.expand(after(line, 2)))
			must(w.t, err)
			w.comment = id
		}},
		// uncomment LOGIN: the last comment
		"uncomment": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.DeleteComment(w.pr, s[1], w.comment)) }},
		// delete-ours LOGIN: the gate's comments
		"delete-ours": {2, false, func(w *teller, s []string, _ string) {
			for _, c := range w.ownComments() {
				must(w.t, w.DeleteComment(w.pr, s[1], c.ID))
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
	id, err := w.Review(w.pr, r)
	must(w.t, err)
	w.reviews[s[1]] = id
}

// must ends a test at an error.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Log keeps what a service logs.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
