package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// edit draws a change of some files of a tree. It draws from few texts, so that they
// come back.
func (w *looper) edit(tree map[string]fake.Entry) map[string]*fake.File {
	out := map[string]*fake.File{}
	for range 1 + w.IntN(2) {
		path := pick(w, "mm/a.c", "mm/a.c", "mm/b.c", "fs/a.c", "kernel/fork.c", "README", "mm/new.c")
		if w.narrow {
			path = pick(w, "mm/a.c", "mm/b.c")
		}
		e, ok := tree[path]
		text, _ := w.repo.Blob(e.ID)
		if !ok {
			text = lines(path, 20)
		}
		all := strings.SplitAfter(text, "\n")
		n := pick(w, 2, 9, 16)
		all[n] = fmt.Sprintf("%s line %d%s\n", path, n, pick(w, "", " evil", " good"))
		out[path] = &fake.File{Mode: e.Mode, Content: strings.Join(all, "")}
		if !w.honest && ok && w.IntN(12) == 0 {
			out[path] = pick(w, nil, &fake.File{Mode: "100755", Content: text})
		}
	}
	return out
}

// commitAs writes a commit of dave's to one of his branches and notes it.
func (w *looper) commitAs(what string, c fake.Change) bool {
	before := w.repo.Tip(c.Branch)
	id, err := w.repo.Commit(c)
	if err != nil || id == before {
		return false
	}
	w.past[c.Branch] = append(w.past[c.Branch], id)
	return w.note("%s: %s is %.8s, from %.8s; %s", what, c.Branch, id, c.From, strings.Join(slices.Sorted(maps.Keys(c.Files)), " "))
}

// someTopic draws a branch of dave's that is there.
func (w *looper) someTopic() (branch, tip string) {
	branch = pick(w, "topic", "topic", "other")
	return branch, w.repo.Tip(branch)
}

func (w *looper) push() bool {
	branch, tip := w.someTopic()
	return tip != "" && w.commitAs("push", fake.Change{Branch: branch, From: tip, Author: "dave", Files: w.edit(w.repo.Tree(tip))})
}

// inOthersNames has dave push what he says that a maintainer wrote.
func (w *looper) inOthersNames() bool {
	branch, tip := w.someTopic()
	if tip == "" {
		return false
	}
	c := fake.Change{Branch: branch, From: tip, Author: "dave", Pusher: "dave", Files: w.edit(w.repo.Tree(tip))}
	switch who := pick(w, "alice", "bob", "carol"); w.IntN(7) {
	case 0:
		c.Author = who
	case 1:
		c.CoAuthors = []string{who}
	case 2:
		c.Author = fmt.Sprintf("A <%s@corp.example>", who) // which people.yml gives to them
	case 3:
		c.Author = fmt.Sprintf("A <%s@laptop.local>", strings.ToUpper(who)) // which the mailmap corrects
	case 4:
		c.Trailers = []string{fmt.Sprintf("Co-developed-by: A <%s@example.com>", who)}
	case 5:
		c.Message, c.Trailers = fmt.Sprintf("fix\n\nCo-authored-by: A <%s@corp.example>", who), []string{"Signed-off-by: dave <dave@example.com>"}
	default:
		c.Committer = who
	}
	return w.commitAs(fmt.Sprintf("push by %s, %s, with %v: %q %v", c.Author, c.Committer, c.CoAuthors, c.Message, c.Trailers), c)
}

// baseOf gives the base branch of some pull request from a branch.
func (w *looper) baseOf(branch string) string {
	for _, pr := range w.repo.PullRequests() {
		if state, _ := pr.State(); state == "open" && pr.Branch() == branch {
			return pr.Base()
		}
	}
	return "main"
}

// merged merges two commits by files; where they conflict, ours wins.
func (w *looper) merged(base, ours, theirs string) (tree map[string]fake.Entry, clean bool) {
	a, b, c := w.repo.Tree(base), w.repo.Tree(ours), w.repo.Tree(theirs)
	tree, clean = map[string]fake.Entry{}, true
	for _, all := range []map[string]fake.Entry{a, b, c} {
		for path := range all {
			e, ok := w.merge3(a[path], b[path], c[path])
			if !ok {
				e, clean = b[path], false
			}
			if e != (fake.Entry{}) {
				tree[path] = e
			}
		}
	}
	return tree, clean
}

// rebase puts a branch on the tip of its base: its commits one by one, or as one.
func (w *looper) rebase() bool {
	branch, tip := w.someTopic()
	if tip == "" {
		return false
	}
	base := w.baseOf(branch)
	onto := w.repo.Tip(base)
	mergeBases, err := w.repo.MergeBases(onto, tip)
	if err != nil || len(mergeBases) != 1 {
		return false
	}
	if w.IntN(2) == 0 {
		tree, clean := w.merged(mergeBases[0], tip, onto)
		if !clean && w.honest {
			return false
		}
		return w.commitAs("squash onto "+base,
			fake.Change{Branch: branch, From: onto, Author: "dave", Message: "squash", Files: w.differ(w.repo.Tree(onto), tree)})
	}
	at := onto
	for _, c := range w.repo.Commits(onto, tip) {
		if len(c.Parents) != 1 {
			continue
		}
		tree, clean := w.merged(c.Parents[0], c.ID, at)
		if !clean && w.honest {
			return false
		}
		author := strings.TrimSuffix(c.Author, "@example.com")
		id, err := w.repo.Commit(fake.Change{Branch: "scratch", From: at, Author: author, Committer: "dave", Message: c.Message,
			Files: w.differ(w.repo.Tree(at), tree)})
		if err != nil {
			return false
		}
		at = id
	}
	if at == onto || at == tip {
		return false
	}
	check0(w.t, w.repo.SetBranch(branch, at, "dave"))
	w.past[branch] = append(w.past[branch], at)
	return w.note("rebase of %s onto %s (%.8s): it is %.8s", branch, base, onto, at)
}

// mergeBase merges the base into a branch, with something evil at times.
func (w *looper) mergeBase() bool {
	branch, tip := w.someTopic()
	if tip == "" {
		return false
	}
	return w.mergeInto(branch, tip, "dave", !w.honest && w.IntN(3) == 0)
}

func (w *looper) mergeInto(branch, tip, by string, evil bool) bool {
	base := w.baseOf(branch)
	onto := w.repo.Tip(base)
	bases, err := w.repo.MergeBases(onto, tip)
	if err != nil || len(bases) != 1 || bases[0] == onto {
		return false
	}
	tree, clean := w.merged(bases[0], tip, onto)
	if !clean && (w.honest || by != "dave") {
		return false
	}
	files := w.differ(w.repo.Tree(tip), tree)
	if evil {
		maps.Copy(files, w.edit(w.repo.Tree(tip)))
	}
	return w.commitAs(fmt.Sprintf("%s merges %s (%.8s), evil %v", by, base, onto, evil),
		fake.Change{Branch: branch, From: tip, Parents: []string{onto}, Author: by, Files: files})
}

// updateByMaintainer presses the button that merges the base in.
func (w *looper) updateByMaintainer() bool {
	branch, tip := w.someTopic()
	return tip != "" && w.mergeInto(branch, tip, pick(w, "alice", "carol"), false)
}

// moveMain has carol push to main.
func (w *looper) moveMain() bool {
	return w.commitAs("carol pushes",
		fake.Change{Branch: "main", From: w.repo.Tip("main"), Author: "carol", Files: w.edit(w.repo.Tree("main"))})
}

// forcePush drops the last commit, amends it, or goes back to what was there.
func (w *looper) forcePush() bool {
	branch, tip := w.someTopic()
	if tip == "" {
		return false
	}
	all := w.repo.Commits("main", tip)
	if w.IntN(3) == 0 && len(w.past[branch]) > 0 {
		return w.reset(branch, pick(w, w.past[branch]...))
	}
	if len(all) < 1 || len(all[len(all)-1].Parents) != 1 {
		return false
	}
	parent := all[len(all)-1].Parents[0]
	if w.IntN(2) == 0 && len(all) > 1 {
		return w.reset(branch, parent)
	}
	files := w.differ(w.repo.Tree(parent), w.repo.Tree(tip))
	maps.Copy(files, w.edit(w.repo.Tree(tip)))
	return w.commitAs("amend", fake.Change{Branch: branch, From: parent, Author: "dave", Files: files})
}

// reset moves a branch as dave.
func (w *looper) reset(branch, to string) bool {
	if w.repo.Tip(branch) == to {
		return false
	}
	check0(w.t, w.repo.SetBranch(branch, to, "dave"))
	if to == "" {
		return w.note("dave deletes %s", branch)
	}
	return w.note("dave moves %s to %.8s", branch, to)
}

// openPull opens a pull request of a branch, which it makes where there is none.
func (w *looper) openPull() bool {
	branch, tip := w.someTopic()
	base := "main"
	if !w.honest {
		base = pick(w, w.rules.bases...)
	}
	if tip == "" {
		from := w.repo.Tip(base)
		if from == "" {
			return false
		}
		w.commitAs("new branch", fake.Change{Branch: branch, From: from, Author: "dave", Files: w.edit(w.repo.Tree(from))})
	}
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch, Base: base})
	return err == nil && w.note("#%d: %s (%.8s) into %s (%.8s)", pr.Number(), branch, pr.Head(), base, w.repo.Tip(base))
}

func (w *looper) retarget() bool {
	pr, base := w.anyPull(), pick(w, w.rules.bases...)
	if pr == nil || pr.Base() == base || pr.Retarget("dave", base) != nil {
		return false
	}
	return w.note("#%d goes into %s (%.8s)", pr.Number(), base, w.repo.Tip(base))
}

// anyPull draws a pull request that is not merged; nil if there is none.
func (w *looper) anyPull() *fake.PullRequest {
	all := w.repo.PullRequests()
	if len(all) == 0 {
		return nil
	}
	pr := pick(w, all...)
	if _, merged := pr.State(); merged {
		return nil
	}
	return pr
}

func (w *looper) closeOrReopen() bool {
	pr := w.anyPull()
	if pr == nil {
		return false
	}
	if state, _ := pr.State(); state == "open" {
		return pr.Close("dave") == nil && w.note("#%d is closed", pr.Number())
	}
	return pr.Reopen("dave") == nil && w.note("#%d is reopened at %.8s", pr.Number(), pr.Head())
}

// moveBranch moves a base that dave may write to: to a commit of his, back, away.
func (w *looper) moveBranch() bool {
	if len(w.rules.bases) == 1 {
		return false
	}
	branch := pick(w, w.rules.bases[1:]...)
	tip := w.repo.Tip(branch)
	if tip == "" {
		return w.reset(branch, w.repo.Tip("main"))
	}
	if w.IntN(8) == 0 {
		return w.reset(branch, "")
	}
	w.past[branch] = append(w.past[branch], tip)
	topic, head := w.someTopic()
	if head == "" || w.IntN(3) == 0 {
		return w.reset(branch, pick(w, append(w.past[branch], w.repo.Tip("main"))...))
	}
	if commits := w.repo.Commits(branch, head); len(commits) > 1 {
		return w.reset(branch, commits[w.IntN(len(commits)-1)].ID)
	}
	return w.reset(branch, pick(w, append(w.past[topic], w.repo.Tip("main"))...))
}
