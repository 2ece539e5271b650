package forgetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/publish"
)

// checkActs are what is expected of the gate's check and comments.
func checkActs() map[string]act {
	return map[string]act{
		// expect CONCLUSION [TEXT of the title]
		"expect": {2, true, func(w *teller, s []string, line string) {
			text := after(line, 2)
			if w.PassOnly {
				w.settle()
				w.expectPass(s[1] == string(fake.Success))
				return
			}
			w.until(fmt.Sprintf("%s with %q on #%d", s[1], text, w.pr), func() bool {
				run := w.ours()
				return conclusion(run) == s[1] && strings.Contains(run.Title, text)
			})
		}},
		// says TEXT of the summary
		"says": {2, true, func(w *teller, _ []string, line string) {
			w.until("the summary says "+after(line, 1)+"\n"+w.ours().Summary, func() bool {
				return strings.Contains(w.ours().Summary, w.expand(after(line, 1)))
			})
		}},
		// want WHERE TEXT, lack WHERE TEXT: once quiet; title, summary, comment, reply, conclusion
		"want": {3, true, func(w *teller, s []string, line string) { w.holds(s[1], w.expand(after(line, 2)), true) }},
		"lack": {3, true, func(w *teller, s []string, line string) { w.holds(s[1], w.expand(after(line, 2)), false) }},
		// botcomments N: once quiet
		"botcomments": {2, true, func(w *teller, s []string, _ string) {
			w.settle()
			if got, n := w.ownComments(), w.number(s[1]); len(got) != n {
				w.t.Errorf("%d comments of the gate, want %d: %+v", len(got), n, got)
			}
		}},
		// annotated N: the check has as many annotations
		"annotated": {2, true, func(w *teller, s []string, _ string) {
			w.until("annotations", func() bool { return w.ours().Annotations == w.number(s[1]) })
		}},
		// reacted thumbs_up|thumbs_down: on the last comment
		"reacted": {2, true, func(w *teller, s []string, _ string) {
			emoji, ok := map[string]string{"thumbs_up": "👍", "thumbs_down": "👎"}[s[1]]
			if !ok {
				w.t.Fatalf("nobody reacts by %q", s[1])
			}
			w.until("a reaction", func() bool {
				return slices.ContainsFunc(w.Reactions.Reactions(w.pr, w.comment), func(r fake.Reaction) bool { return r.Content == emoji })
			})
		}},
		// replied TEXT
		"replied": {2, true, func(w *teller, s []string, _ string) {
			w.until("a reply", func() bool {
				for _, c := range w.ownComments() {
					if strings.Contains(c.Body, w.expand(strings.Join(s[1:], " "))) {
						return true
					}
				}
				return false
			})
		}},
	}
}

// sourceActs are whether the forge would merge, what it requires, and what others write in
// the check's place.
func sourceActs() map[string]act {
	return map[string]act{
		// mergeable yes|no: would the forge merge it now
		"mergeable": {2, true, func(w *teller, s []string, _ string) { w.mergeable(s[1]) }},
		// forged yes|no: would the forge take the newest check of the name, whoever wrote it
		"forged": {2, true, func(w *teller, s []string, _ string) {
			w.settle()
			may, err := w.Passes(w.pr, fake.RequiredCheck{Name: policy.DefaultCheck})
			if must(w.t, err); may != (s[1] == "yes") {
				w.t.Errorf("#%d passes: %v\n%s", w.pr, may, w.log)
			}
		}},
		// calls MOST: since the last "calls"
		"calls": {2, true, func(w *teller, s []string, _ string) {
			w.settle()
			if got, calls := w.Calls.Charged(); got > w.number(s[1]) {
				w.t.Errorf("%d calls were charged, want at most %s\n%s", got, s[1], calls)
			}
			w.Calls.Reset()
		}},
		// anysource [BRANCH]: branches, or this one alone, require the check from whoever writes it
		"anysource": {1, false, func(w *teller, s []string, _ string) {
			branch := "main"
			if w.anySource = w.anySource || len(s) == 1; len(s) > 1 {
				branch = s[1]
			}
			w.Require(branch, fake.RequiredCheck{Name: policy.DefaultCheck})
		}},
		// oursource: main requires the check from the gate
		"oursource": {1, false, func(w *teller, _ []string, _ string) {
			w.Require("main", fake.RequiredCheck{Name: policy.DefaultCheck, App: w.App})
		}},
		// foreign-merge NAME STATE [by LOGIN]: a status on the commit that merging would give
		"foreign-merge": {3, false, func(w *teller, s []string, _ string) { w.foreignMerge(s) }},
		// foreign-change CONCLUSION: the last check of another app is changed, which no event tells
		"foreign-change": {2, false, func(w *teller, s []string, _ string) {
			must(w.t, w.Runs.ChangeCheck(w.foreign, fake.Conclusion(s[1])))
			w.lost = true
		}},
		// rerequest LOGIN: the gate's check is asked for anew
		"rerequest": {2, false, func(w *teller, s []string, _ string) {
			must(w.t, w.Runs.RerequestCheck(s[1], w.ours().ID))
		}},
		// runs N: as many runs of the gate's check are on the head
		"runs": {2, true, func(w *teller, s []string, _ string) {
			w.settle()
			n := 0
			for _, run := range w.CheckRuns(w.last().Head) {
				if run.App == w.App {
					n++
				}
			}
			if n != w.number(s[1]) {
				w.t.Errorf("%d runs of the gate, want %s", n, s[1])
			}
		}},
		// foreign NAME CONCLUSION [by LOGIN]: a status of a person's; a check of an app's, named
		// with [bot], or of some app's
		"foreign": {3, false, func(w *teller, s []string, _ string) { w.writeForeign(s) }},
	}
}

// expectPass holds whether the last pull request has passed, which is all that is shown.
func (w *teller) expectPass(want bool) {
	w.t.Helper()
	if passed := w.ours().Conclusion == fake.Success; passed != want {
		w.t.Fatalf("#%d passed: %v, want %v\n%s", w.pr, passed, want, w.state())
	}
}

// writeForeign writes somebody's status or check on the head.
func (w *teller) writeForeign(s []string) {
	w.t.Helper()
	by := option(s[3:], "by", "ci[bot]")
	if slug, ok := strings.CutSuffix(by, "[bot]"); ok && w.Runs != nil {
		run, err := w.Runs.CheckByApp(slug, w.last().Head, s[1], fake.Conclusion(s[2]))
		must(w.t, err)
		w.foreign = run
		return
	}
	w.known(by)
	must(w.t, w.SetStatus(by, w.last().Head, fake.Status{Context: s[1], State: fake.StatusState(s[2])}))
}

// states are the conclusions that a status has a state for.
var states = map[string]fake.StatusState{
	"success": fake.StatusSuccess, "failure": fake.StatusFailure, "pending": fake.StatusPending, "error": fake.StatusError,
}

// conclusion is success, failure, or in_progress.
func conclusion(run fake.CheckRun) string { return or(string(run.Conclusion), string(run.Status)) }

// foreignMerge writes somebody's status on the commit that merging would give.
func (w *teller) foreignMerge(s []string) {
	w.t.Helper()
	by := option(s[3:], "by", "erin")
	w.known(by)
	commit, err := w.Merges.TestMerge(w.pr)
	must(w.t, err, w.SetStatus(by, commit, fake.Status{Context: s[1], State: fake.StatusState(s[2])}))
}

// ownComments lists the gate's comments on the pull request.
func (w *teller) ownComments() []fake.Comment {
	var out []fake.Comment
	for _, c := range w.Comments(w.pr) {
		if c.Author == w.Bot {
			out = append(out, c)
		}
	}
	return out
}

// holds holds that a place has a text in it, or not.
func (w *teller) holds(where, text string, want bool) {
	w.t.Helper()
	w.settle()
	run, got := w.ours(), ""
	switch where {
	case "title":
		got = run.Title
	case "summary":
		got = run.Summary
	case "conclusion":
		if got = conclusion(run); w.PassOnly && text != string(fake.Success) {
			text = string(fake.InProgress)
		}
	case "comment", "reply":
		for _, c := range w.ownComments() {
			if strings.Contains(c.Body, publish.Mark) == (where == "comment") {
				got += c.Body + "\n"
			}
		}
	default:
		w.t.Fatalf("unknown place %q", where)
	}
	if strings.Contains(got, text) != want {
		w.t.Errorf("%s has %q: %v, want %v:\n%s", where, text, !want, want, got)
	}
}

// ours is the gate's newest check on the head of the pull request, of the name
// that its base branch requires if that is known.
func (w *teller) ours() fake.CheckRun { return w.oursOn(w.last().Head) }

// oursOn is the same on another commit.
func (w *teller) oursOn(commit string) fake.CheckRun {
	required, gated := w.requirement(w.last().Base)
	var newest fake.CheckRun
	for _, run := range w.CheckRuns(commit) {
		if run.App == w.App && (!gated || w.PassOnly || strings.EqualFold(run.Name, required.Name)) && run.ID > newest.ID {
			newest = run
		}
	}
	return newest
}

// requirement is the check that a base branch requires, going by the policy on the default
// branch; false if that does not gate it.
func (w *teller) requirement(base string) (fake.RequiredCheck, bool) {
	app := w.App
	if !w.Sourced || w.anySource {
		app = ""
	}
	text, ok := w.Content("main", w.Policy)
	if !ok {
		return fake.RequiredCheck{Name: policy.DefaultCheck, App: app}, false
	}
	return Required(text, base, app)
}

// Required is the check that a base branch requires by a policy on the default branch main,
// with an expected source; false if that does not gate it.
func Required(policyText, base, app string) (fake.RequiredCheck, bool) {
	p, err := policyfile.Parse(storyPolicy, []byte(policyText))
	if err != nil { // the gate holds what it can't read
		return fake.RequiredCheck{Name: policy.DefaultCheck, App: app}, base == "main"
	}
	rules, gated := p.For(base, "main")
	return fake.RequiredCheck{Name: rules.Check, App: app}, gated && rules.Mode != policy.Off
}

func (w *teller) mergeable(want string) {
	w.t.Helper()
	w.settle()
	var checks []fake.RequiredCheck
	if required, gated := w.requirement(w.last().Base); gated {
		checks = append(checks, required)
	}
	obstacle, err := w.Obstacle(w.pr, checks...)
	must(w.t, err)
	got := "yes"
	if obstacle != "" {
		got = "no"
	}
	if got != want {
		w.t.Errorf("#%d mergeable: %s, want %s; %s\n%s", w.pr, got, want, obstacle, w.state())
	}
}

// agree holds that the forge would let the open pull requests be merged, as far as
// the gate's check goes, of which the verdict is success, and no others. While
// webhooks wait or the service is stopped it can't know.
func (w *teller) agree(step string) {
	w.t.Helper()
	if w.held || w.down || w.lost {
		w.seen = append(w.seen, nil)
		return
	}
	verdicts := w.verdicts()
	w.seen = append(w.seen, verdicts)
	if w.refused != nil {
		verdicts = w.refused[len(w.seen)-1]
	}
	for _, pr := range w.Pulls() {
		required, gated := w.requirement(pr.Base)
		if !pr.Open || !gated || w.groupOf(pr.Head) == pr.Base {
			continue // the last one has to go through the queue, and is judged there anew
		}
		may, err := w.Passes(pr.Number, required)
		must(w.t, err)
		success, problem := verdicts[pr.Number] == string(policy.Success), ""
		switch {
		case may && !success:
			problem = fmt.Sprintf("#%d could be merged, but its verdict is %q", pr.Number, verdicts[pr.Number])
		case !may && success && w.refused == nil:
			problem = fmt.Sprintf("#%d could not be merged, but its verdict is success", pr.Number)
		}
		if problem != w.problems[pr.Number] && problem != "" {
			w.t.Errorf("after %q: %s", step, problem)
		}
		w.problems[pr.Number] = problem
	}
}

// verdicts are the outcomes of the last evaluations of the open pull requests, by
// number; of those only that were of the present head and base branch.
func (w *teller) verdicts() map[int]string {
	w.t.Helper()
	ref, err := w.Ref()
	must(w.t, err)
	known, err := w.svc.Store().OpenKnown(w.t.Context(), ref.Repo)
	must(w.t, err)
	type group struct{ head, base string }
	last := map[group]history.RunRecord{} // twins have one verdict, whichever of them it was made of
	of := map[int]group{}
	for _, k := range known {
		pr := w.pull(k.Ref.Number)
		run, ok, err := w.svc.Store().LastRun(w.t.Context(), k.Ref)
		must(w.t, err)
		if ok && k.Head == pr.Head && run.Head == k.Head && k.BaseBranch == pr.Base {
			g := group{k.Head, k.BaseBranch}
			if of[k.Ref.Number] = g; run.At.After(last[g].At) {
				last[g] = run
			}
		}
	}
	out := map[int]string{}
	for number, g := range of {
		out[number] = last[g].Outcome
	}
	return out
}
