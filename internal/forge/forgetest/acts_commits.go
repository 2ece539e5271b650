package forgetest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// commitActs are what is done to branches, of the repository and of forks.
func commitActs() map[string]act {
	return map[string]act{
		// commit BRANCH by LOGIN [with LOGIN] [from REV] [merging REV] [tree REV], then files
		"commit": {2, false, func(w *teller, s []string, _ string) { w.commit("", w.change(s[1:])) }},
		// commit-as NAME <EMAIL> BRANCH by LOGIN, as commit: LOGIN pushes what another wrote
		"commit-as": {4, false, func(w *teller, _ []string, line string) {
			name, rest, ok := strings.Cut(after(line, 1), ">")
			if !ok {
				w.t.Fatalf("no <EMAIL> in %q", line)
			}
			c := w.change(strings.Fields(rest))
			c.Pusher = c.Author
			c.Author, c.Committer = name+">", or(c.Committer, c.Author)
			w.commit("", c)
		}},
		// name NAME REV
		"name": {3, false, func(w *teller, s []string, _ string) { w.names[s[1]] = w.rev(s[2]) }},
		// reset BRANCH REV
		"reset": {3, false, func(w *teller, s []string, _ string) {
			must(w.t, w.SetBranch("", s[1], w.revision(s[2]), "dave"))
		}},
		// delete-branch NAME: by the button on the page of a merged pull request, if there
		// is one from that branch; otherwise by a push
		"delete-branch": {2, false, func(w *teller, s []string, _ string) { w.deleteBranch(s[1]) }},
		// fork LOGIN
		"fork": {2, false, func(w *teller, s []string, _ string) {
			w.known(s[1])
			must(w.t, w.Fork(s[1]))
			w.forks[s[1]] = true
		}},
		// fcommit LOGIN BRANCH by LOGIN [with LOGIN], as commit, in the fork of the first
		"fcommit": {3, false, func(w *teller, s []string, _ string) { w.commit(w.fork(s[1]), w.change(s[2:])) }},
		// freset LOGIN BRANCH REV
		"freset": {4, false, func(w *teller, s []string, _ string) {
			must(w.t, w.SetBranch(w.fork(s[1]), s[2], w.revision(s[3]), s[1]))
		}},
		// fdelete LOGIN: the fork
		"fdelete": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.DeleteFork(w.fork(s[1]))) }},
	}
}

// fork is the name of a person's fork, which must exist.
func (w *teller) fork(owner string) string {
	w.t.Helper()
	if !w.forks[owner] {
		w.t.Fatalf("%s has no fork", owner)
	}
	return owner
}

// revision is a revision that must exist.
func (w *teller) revision(rev string) string {
	w.t.Helper()
	id := w.rev(rev)
	if id == "" {
		w.t.Fatalf("no revision %q", rev)
	}
	return id
}

func (w *teller) deleteBranch(branch string) {
	w.t.Helper()
	for _, pr := range w.Pulls() {
		if pr.Merged && pr.Branch == branch && w.DeleteBranch(pr.Number, "carol") == nil {
			return
		}
	}
	must(w.t, w.SetBranch("", branch, "", "carol"))
}

func (w *teller) commit(repo string, c fake.Change) {
	w.t.Helper()
	_, err := w.Push(repo, c)
	must(w.t, err)
}

// change reads a commit: its branch, and what follows. Its files and trailers are
// lines:
//
//	PATH lines [N=TEXT...]   the world's text of that name, some lines replaced
//	PATH text TEXT           any text; | is a line break
//	PATH mode MODE TEXT      as text, with a mode
//	PATH gone
//	PATH was OLDPATH         renamed
//	trailer NAME: VALUE
//	committer NAME <EMAIL>
func (w *teller) change(s []string) fake.Change {
	w.t.Helper()
	c := fake.Change{Branch: s[0], Message: "change", Files: map[string]*fake.File{}, Rename: map[string]string{}}
	for i := 1; i+1 < len(s); i += 2 {
		switch s[i] {
		case "by":
			c.Author = s[i+1]
			w.known(c.Author)
		case "with":
			c.CoAuthors = append(c.CoAuthors, s[i+1])
			w.known(s[i+1])
		case "from":
			c.From = w.revision(s[i+1])
		case "merging":
			c.Parents = append(c.Parents, w.revision(s[i+1]))
		case "tree":
			c.Tree = w.revision(s[i+1])
		default:
			w.t.Fatalf("unknown word %q of a commit", s[i])
		}
	}
	for _, line := range w.more {
		w.detail(&c, line)
	}
	return c
}

// detail reads an indented line of a commit.
func (w *teller) detail(c *fake.Change, line string) {
	w.t.Helper()
	f := strings.Fields(line)
	switch {
	case len(f) < 2:
		w.t.Fatalf("unknown line %q", line)
	case f[0] == "trailer" && strings.HasSuffix(f[1], ":"):
		c.Trailers = append(c.Trailers, after(line, 1))
	case f[0] == "committer":
		c.Committer = after(line, 1)
	case f[1] == "lines":
		c.Files[f[0]] = &fake.File{Content: edited(f[0], f[2:])}
	case f[1] == "text":
		c.Files[f[0]] = &fake.File{Content: w.expand(after(line, 2)) + "\n"}
	case f[1] == "mode" && len(f) > 2:
		c.Files[f[0]] = &fake.File{Mode: pull.Mode(f[2]), Content: w.expand(after(line, 3))}
	case f[1] == "gone":
		c.Files[f[0]] = nil
	case f[1] == "was" && len(f) > 2:
		c.Rename[f[2]] = f[0]
	default:
		w.t.Fatalf("unknown line %q", line)
	}
}

// edited is the world's text of a name with some lines replaced: "3=x" replaces
// the third, "+3=x" puts one before it, "-3" takes it out.
func edited(name string, edits []string) string {
	texts := strings.SplitAfter(Lines(name, 20), "\n")
	for _, e := range edits {
		at, text, _ := strings.Cut(e, "=")
		n, err := strconv.Atoi(strings.TrimLeft(at, "+-"))
		if err != nil || n < 1 || n > 20 {
			panic("bad edit " + e)
		}
		switch at[0] {
		case '+':
			texts[n-1] = text + "\n" + texts[n-1]
		case '-':
			texts[n-1] = ""
		default:
			texts[n-1] = fmt.Sprintln(text)
		}
	}
	return strings.Join(texts, "")
}
