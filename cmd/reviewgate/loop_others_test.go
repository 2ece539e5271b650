package main

import (
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// editByAuthor has dave edit what others wrote.
func (w *looper) editByAuthor() bool {
	if len(w.said) == 0 {
		return false
	}
	s := pick(w, w.said...)
	pr := w.repo.PullRequest(s.pr)
	body := pick(w, "fine", "/approve", "/approve mm/ fs/ kernel/ README", "/override "+pr.Head()+" carol said so", "/approve "+pr.Head())
	edit := pr.EditReview
	if s.comment {
		edit = pr.EditComment
	}
	return edit("dave", s.id, body) == nil && w.note("dave edits %s's %d on #%d: %q", s.who, s.id, s.pr, body)
}

// commandByAuthor has dave say what he has no right to.
func (w *looper) commandByAuthor() bool {
	pr := w.somePull()
	if pr == nil {
		return false
	}
	body := pick(w, "/approve "+pr.Head(), "/override "+pr.Head()+" I say so", "/lift alice I say so", "/override cancel")
	who := pick(w, "dave", "mallory")
	_, err := pr.Comment(who, body)
	return err == nil && w.note("%s says %q of #%d", who, body, pr.Number())
}

// foreignCheck writes a success of the gate's name, where an expected source is set.
func (w *looper) foreignCheck() bool {
	pr := w.somePull()
	if pr == nil || !w.rules.required {
		return false
	}
	required, _ := w.requirement(pr)
	if w.IntN(2) == 0 {
		_, err := w.repo.CheckByApp("ci", pr.Head(), required.Name, "success")
		return err == nil && w.note("another app writes %s on #%d", required.Name, pr.Number())
	}
	err := w.repo.SetStatus("dave", pr.Head(), fake.Status{Context: required.Name, State: "success"})
	return err == nil && w.note("dave writes %s on #%d", required.Name, pr.Number())
}

// stranger has mallory do something with her fork.
func (w *looper) stranger() bool {
	pr := w.somePull()
	if pr == nil {
		return false
	}
	if w.fork == nil {
		fork, err := w.repo.Fork("mallory")
		check0(w.t, err)
		w.fork = fork
		return w.note("mallory forks")
	}
	switch w.IntN(4) {
	case 0:
		return w.fork.SetBranch("evil", pr.Head(), "mallory") == nil && w.note("mallory moves evil to #%d's %.8s", pr.Number(), pr.Head())
	case 1:
		id, err := w.fork.Commit(fake.Change{Branch: "evil", Author: pick(w, "alice", "mallory"), Pusher: "mallory",
			Files: w.edit(w.fork.Tree("main"))})
		return err == nil && w.note("mallory pushes %.8s to evil in others' names", id)
	case 2:
		twin, err := w.repo.Open(fake.Opening{Author: "mallory", From: w.fork, Head: "evil", Base: pr.Base()})
		return err == nil && w.note("#%d: mallory's evil (%.8s) into %s", twin.Number(), twin.Head(), twin.Base())
	}
	state := pick(w, fake.Approved, fake.ChangesRequested)
	_, err := pr.Review(fake.Review{By: "mallory", State: state, Body: "me"})
	return err == nil && w.note("mallory: %s on #%d", state, pr.Number())
}

// timePasses jumps.
func (w *looper) timePasses() bool {
	d := pick(w, 20*time.Second, 2*time.Minute, 4*time.Minute, 11*time.Minute, 3*time.Hour, 24*time.Hour, 15*24*time.Hour)
	w.ahead.Add(int64(d))
	if !w.down {
		check0(w.t, w.svc.Sweeper().RaiseDue(w.t.Context()))
	}
	return w.note("%s pass", d)
}

// webhooks are held, released or lost. After a loss there is a sweep.
func (w *looper) webhooks() bool {
	switch {
	case w.down:
		return false
	case w.spoiled:
		w.sweepNow()
		return true
	case !w.held:
		w.HoldWebhooks()
		w.held = true
		return w.note("webhooks wait")
	case w.IntN(3) > 0:
		w.ReleaseWebhooks()
		w.held = false
		return w.note("webhooks come")
	}
	n := w.DropWebhooks()
	w.ReleaseWebhooks()
	w.held, w.spoiled = false, n > 0
	return w.note("%d webhooks are lost", n)
}

// setClock sets the service's clock wrong, before it starts: where time goes back under way, it
// waits that long with its writes.
func (w *looper) setClock() {
	skew := time.Duration(w.IntN(121)-60) * time.Second
	w.skew.Store(int64(skew))
	w.note("the service's clock is %s ahead", skew)
}

// service goes down, or comes up again.
func (w *looper) service() bool {
	if w.down {
		w.setClock()
		w.up()
		return w.note("the service is up")
	}
	w.settle()
	w.stop()
	w.SetWebhook("http://127.0.0.1:1/", testSecret) // nothing listens there
	w.down = true
	return w.note("the service is down")
}

// absorb has a base of dave's take a commit of his pull request, alice open the page
// then, and the pull request go to main before or after she approves what it showed.
func (w *looper) absorb() bool {
	if len(w.rules.bases) < 2 {
		return false
	}
	base, branch, main := pick(w, w.rules.bases[1:]...), fmt.Sprint("absorbed-", len(w.acts)), w.repo.Tip("main")
	if w.repo.SetBranch(base, main, "dave") != nil {
		return false
	}
	var commits []string
	for _, path := range []string{"mm/a.c", "mm/b.c"} {
		text := lines(fmt.Sprint(path, " ", branch), 20)
		id, err := w.repo.Commit(fake.Change{Branch: branch, From: append([]string{main}, commits...)[len(commits)], Author: "dave",
			Message: path, Files: map[string]*fake.File{path: {Content: text}}})
		if err != nil {
			return false
		}
		commits = append(commits, id)
	}
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch, Base: base})
	if err != nil {
		return false
	}
	w.note("#%d: two commits to %s", pr.Number(), base)
	if w.settle(); w.IntN(2) == 0 {
		w.ahead.Add(int64(time.Hour))
	}
	check0(w.t, w.repo.SetBranch(base, commits[0], "dave"))
	p := w.show("alice", pr)
	if p == nil {
		return false
	}
	w.note("%s takes %.8s; alice opens the page of %s", base, commits[0], p)
	move := func() bool { return pr.Retarget("dave", "main") == nil && w.note("#%d goes to main", pr.Number()) }
	say := func() bool { return w.approveAs("alice", p) }
	both := [][]func() bool{{move, say}, {say, move}}[w.IntN(2)]
	for _, act := range both {
		w.ahead.Add(int64(time.Duration(w.IntN(100)) * time.Second))
		if act(); w.IntN(3) == 0 {
			w.settle()
		}
	}
	return true
}
