package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/merge"
)

// sides are a file at the merge base and at the head.
type sides [2]fake.Entry

// changes are the files in which two commits differ.
func (w *looper) changes(from, to string) map[string]sides {
	out, a, b := map[string]sides{}, w.repo.Tree(from), w.repo.Tree(to)
	for path, e := range a {
		if b[path] != e {
			out[path] = sides{e, b[path]}
		}
	}
	for path, e := range b {
		if _, ok := a[path]; !ok {
			out[path] = sides{{}, e}
		}
	}
	return out
}

// ownedBy lists the maintainers of a path by the world's map.
func ownedBy(path string) []string {
	switch dir, _, _ := strings.Cut(path, "/"); dir {
	case "mm":
		return []string{"alice"}
	case "fs":
		return []string{"bob", "erin"}
	}
	return []string{"carol"}
}

// ask holds every open pull request against the oracle. It gives what is wrong.
func (w *looper) ask() string {
	for _, pr := range w.repo.PullRequests() {
		required, gated := w.requirement(pr)
		if state, _ := pr.State(); state != "open" || !gated {
			continue
		}
		may, err := pr.Passes(required)
		check0(w.t, err)
		why := w.mayMerge(pr)
		if w.asked++; may && len(w.changes(pr.Base(), pr.Head())) > 0 {
			w.green++
		}
		switch {
		case may && why != "":
			return fmt.Sprintf("wrong yes: #%d (%.8s into %s) could be merged: %s\nits check: %s", pr.Number(), pr.Head(), pr.Base(), why,
				w.checkText(pr, required))
		case !may && why == "" && w.honest:
			return fmt.Sprintf("wrong no: #%d (%.8s into %s) could not be merged\nits check: %s", pr.Number(), pr.Head(), pr.Base(),
				w.checkText(pr, required))
		}
	}
	return ""
}

// checkText is what the check says, for whoever reads the failure.
func (w *looper) checkText(pr *fake.PullRequest, required fake.RequiredCheck) string {
	text := ""
	for _, c := range w.repo.CheckRuns(pr.Head()) {
		if strings.EqualFold(c.Name, required.Name) {
			text = c.App + ": " + conclusion(c) + " " + c.Title + "\n" + c.Summary
		}
	}
	for _, s := range w.repo.Statuses(pr.Head()) {
		if strings.EqualFold(s.Context, required.Name) {
			text += "\n" + s.Creator + ": " + string(s.State) + " " + s.Description
		}
	}
	return text
}

// mayMerge says why a pull request must not be merged; empty if it may. Where there
// are several merge bases, the kindest one decides.
func (w *looper) mayMerge(pr *fake.PullRequest) string {
	bases, err := w.repo.MergeBases(pr.Base(), pr.Head())
	check0(w.t, err)
	why := "its histories share nothing"
	for _, base := range bases {
		j := w.judge(pr, base)
		if why = j.verdict(); why == "" {
			return ""
		}
	}
	return why
}

// judgement is the oracle's view of one pull request and its twins.
type judgement struct {
	w         *looper
	pr        *fake.PullRequest
	mergeBase string
	on        map[int]bool // the pull request and its twins, by number
	diff      map[string]sides
	wrote     map[string]map[string]bool // who wrote what, by path and login
}

func (w *looper) judge(pr *fake.PullRequest, base string) *judgement {
	j := &judgement{w: w, pr: pr, mergeBase: base, on: map[int]bool{}, wrote: map[string]map[string]bool{}, diff: w.changes(base, pr.Head())}
	for _, o := range w.repo.PullRequests() {
		if state, _ := o.State(); state == "open" && o.Head() == pr.Head() && o.Base() == pr.Base() {
			j.on[o.Number()] = true
		}
	}
	for _, c := range w.repo.Commits(pr.Base(), pr.Head()) {
		if len(c.Parents) != 1 {
			continue // of dave's, or a clean one
		}
		for path := range w.changes(c.Parents[0], c.ID) {
			for _, who := range writers(c) {
				if j.wrote[path] == nil {
					j.wrote[path] = map[string]bool{}
				}
				j.wrote[path][who] = true
			}
		}
	}
	return j
}

// writers are the logins of those who wrote a commit.
func writers(c fake.Commit) []string {
	mails := []string{c.Author, c.Committer}
	for line := range strings.Lines(c.Message) {
		for _, key := range []string{"Co-authored-by: ", "Co-developed-by: "} {
			if _, who, ok := strings.Cut(line, key); ok {
				_, mail, _ := strings.Cut(strings.TrimSpace(who), "<")
				mails = append(mails, strings.TrimSuffix(mail, ">"))
			}
		}
	}
	for i := range mails {
		mails[i], _, _ = strings.Cut(strings.ToLower(mails[i]), "@")
	}
	return mails
}

// verdict says why the pull request must not be merged.
func (j *judgement) verdict() string {
	if len(j.diff) == 0 {
		return ""
	}
	for _, s := range j.w.said {
		if s.kind == objection && j.on[s.pr] && j.stands(s) {
			return fmt.Sprintf("%s objects (review %d on #%d)", s.who, s.id, s.pr)
		}
	}
	if j.overridden() {
		return ""
	}
	var missing []string
	for _, path := range slices.Sorted(maps.Keys(j.diff)) {
		if why := j.missing(path); why != "" {
			missing = append(missing, why)
		}
	}
	all := len(j.diff)
	reviewed := all - len(missing)
	if reviewed*100 > j.w.rules.percent*all || !j.w.rules.strictly && reviewed*100 == j.w.rules.percent*all {
		return ""
	}
	return fmt.Sprintf("%d of %d files reviewed\n  %s", reviewed, all, strings.Join(missing, "\n  "))
}

// missing says why a file was approved by nobody entitled; empty if it was.
func (j *judgement) missing(path string) string {
	why := fmt.Sprintf("%s (%s): needs %s", path, j.diff[path], strings.Join(ownedBy(path), " or "))
	for _, s := range j.w.said {
		switch {
		case !j.on[s.pr] || s.kind != approving || !slices.Contains(ownedBy(path), s.who):
		case s.gone || !j.w.inForce(s):
			why += fmt.Sprintf("; %s's of #%d is not in force", s.who, s.pr)
		case j.wrote[path][s.who]:
			why += fmt.Sprintf("; %s wrote it", s.who)
		case !s.covers(path):
			why += fmt.Sprintf("; %s approved %q only", s.who, s.scope)
		default:
			saw, ok := s.saw.shown[path]
			if ok && j.w.lives(saw, j.diff[path]) {
				return ""
			}
			why += fmt.Sprintf("; %s saw %s at %.8s against %.8s on #%d", s.who, saw, s.saw.head, s.saw.tip, s.pr)
		}
	}
	return why
}

// String shows a file's two sides.
func (s sides) String() string { return fmt.Sprintf("%.8s to %.8s", s[0].ID, s[1].ID) }

// lives reports whether what somebody saw of a file is what it is now, or gives it by
// a clean merge where the base alone moved.
func (w *looper) lives(then, now sides) bool {
	if then == now {
		return true
	}
	merged, ok := w.merge3(then[0], then[1], now[0])
	return ok && merged == now[1]
}

// merge3 merges three versions of a file as git does.
func (w *looper) merge3(base, ours, theirs fake.Entry) (fake.Entry, bool) {
	switch none := (fake.Entry{}); {
	case ours == theirs, theirs == base:
		return ours, true
	case ours == base:
		return theirs, true
	case base == none || ours == none || theirs == none:
		return none, false
	}
	mode, ok := trivially(base.Mode, ours.Mode, theirs.Mode)
	id, same := trivially(base.ID, ours.ID, theirs.ID)
	if !ok {
		return fake.Entry{}, false
	}
	if !same {
		text := func(e fake.Entry) []byte { s, _ := w.repo.Blob(e.ID); return []byte(s) }
		merged, clean := merge.Clean(text(base), text(ours), text(theirs))
		if !clean {
			return fake.Entry{}, false
		}
		id = blobID(merged)
		w.texts[id] = string(merged)
	}
	return fake.Entry{Mode: mode, ID: id}, true
}

func trivially[T comparable](base, ours, theirs T) (merged T, ok bool) {
	switch {
	case ours == theirs, theirs == base:
		return ours, true
	case ours == base:
		return theirs, true
	}
	return merged, false
}

// inForce reports whether an approval is: neither dismissed nor followed, on the same
// pull request, by a request for changes or a dismissed review of the same person.
func (w *looper) inForce(s *saidThing) bool {
	if len(s.dismissed) > 0 {
		return false
	}
	after := false
	for _, o := range w.said {
		if after && o.pr == s.pr && o.who == s.who && (o.kind == objection || len(o.dismissed) > 0) {
			return false
		}
		after = after || o == s
	}
	return true
}

// stands reports whether an objection does.
func (j *judgement) stands(s *saidThing) bool {
	concerned := false
	for path := range j.diff {
		concerned = concerned || slices.Contains(ownedBy(path), s.who)
	}
	if !concerned || slices.ContainsFunc(s.dismissed, j.entitled) {
		return false
	}
	after, liftable := false, len(s.dismissed) > 0 || j.w.hidden[s.who]
	for _, o := range j.w.said {
		switch {
		case o == s:
			after = true
		case !after:
		case o.kind == approving && o.pr == s.pr && o.who == s.who && o.sawAny():
			return false
		case o.kind == lifting && liftable && j.on[o.pr] && o.scope == s.who:
			return false
		}
	}
	return true
}

// entitled reports whether somebody may dismiss an objection.
func (j *judgement) entitled(who string) bool {
	return who != "dave" && who != "stale[bot]" && who != "mallory"
}

// overridden reports whether a real override stands.
func (j *judgement) overridden() bool {
	on := (*saidThing)(nil)
	for _, s := range j.w.said {
		if s.pr != j.pr.Number() {
			continue
		}
		switch {
		case s.kind == override && s.names == j.pr.Head() && s.branch == j.pr.Base() && slices.Contains(s.bases, j.mergeBase):
			on = s
		case s.kind == cancel:
			on = nil
		}
	}
	if on == nil || !j.w.rules.override {
		return false
	}
	for path := range j.wrote {
		if j.wrote[path][on.who] {
			return false
		}
	}
	return true
}

// differ lists what turns one tree into another, as a commit writes it.
func (w *looper) differ(from, to map[string]fake.Entry) map[string]*fake.File {
	out := map[string]*fake.File{}
	for path := range from {
		if _, ok := to[path]; !ok {
			out[path] = nil
		}
	}
	for path, e := range to {
		if from[path] != e {
			text, ok := w.repo.Blob(e.ID)
			if !ok {
				text = w.texts[e.ID]
			}
			out[path] = &fake.File{Mode: e.Mode, Content: text}
		}
	}
	return out
}
