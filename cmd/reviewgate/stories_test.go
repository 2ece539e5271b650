package main

import (
	"bufio"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestStories plays stories/*.txtar through the whole service, against the
// sandbox: the rows of the rule's table of scenarios, with real files before
// and after. The files policy, owners and files of a story replace the world's
// own; its comment says what it holds. The steps in story are the methods of
// teller below; a step's further lines are indented.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			check0(t, err)
			o := worldOptions{files: map[string]string{}}
			story := ""
			for _, f := range archive.Files {
				switch f.Name {
				case "policy":
					o.policy = string(f.Data)
				case "owners":
					o.owners = string(f.Data)
				case "story":
					story = string(f.Data)
				default:
					o.files[f.Name] = string(f.Data)
				}
			}
			w := newWorld(t, o)
			w.swept()
			tell(&teller{world: w, t: t, reviews: map[string]int64{}, names: map[string]string{}}, story)
		})
	}
}

// teller plays the steps of a story.
type teller struct {
	*world
	t       *testing.T
	pr      *sandbox.PullRequest
	reviews map[string]int64 // the last one of each person
	comment int64            // the last one
	names   map[string]string
	more    []string // the indented lines of the step
}

func tell(w *teller, story string) {
	var step string
	flush := func() {
		if step != "" {
			w.t.Log(step)
			w.step(strings.Fields(step), step)
		}
		step, w.more = "", nil
	}
	lines := bufio.NewScanner(strings.NewReader(story))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  "):
			w.more = append(w.more, strings.TrimSpace(line))
		default:
			flush()
			step = line
		}
	}
	flush()
}

// rev reads a branch, a name that "name" gave, or head.
func (w *teller) rev(s string) string {
	if s == "head" {
		return w.pr.Head()
	}
	if id, ok := w.names[s]; ok {
		return id
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

func (w *teller) step(s []string, line string) {
	w.t.Helper()
	body := func(n int) string { return w.expand(after(line, n)) }
	switch s[0] {
	case "open": // open HEAD [to BASE] [by LOGIN]
		w.open(s)
	case "commit": // commit BRANCH by LOGIN [with LOGIN] [from REV] [merging REV] [tree REV], then files
		w.commit(s)
	case "name": // name NAME REV
		w.names[s[1]] = w.rev(s[2])
	case "reset": // reset BRANCH REV
		check0(w.t, w.repo.SetBranch(s[1], w.rev(s[2]), "dave"))
	case "pr": // pr NUMBER
		n, err := strconv.Atoi(s[1])
		check0(w.t, err)
		w.pr = w.repo.PullRequest(n)
	case "approve", "object", "remark": // approve LOGIN [on REV] [saying TEXT]
		w.say(s, line)
	case "dismiss": // dismiss LOGIN's by LOGIN
		check0(w.t, w.pr.Dismiss(s[3], w.reviews[s[1]], "done"))
	case "edit": // edit LOGIN TEXT: the person's review
		check0(w.t, w.pr.EditReview(s[1], w.reviews[s[1]], body(2)))
	case "comment": // comment LOGIN TEXT
		id, err := w.pr.Comment(s[1], body(2))
		check0(w.t, err)
		w.comment = id
	case "uncomment": // uncomment LOGIN: the last comment
		check0(w.t, w.pr.DeleteComment(s[1], w.comment))
	case "retarget":
		check0(w.t, w.pr.Retarget("dave", s[1]))
	case "close":
		check0(w.t, w.pr.Close("dave"))
	case "reopen":
		check0(w.t, w.pr.Reopen("dave"))
	case "later":
		w.quiet()
		w.later()
	case "quiet":
		w.quiet()
	case "expect": // expect CONCLUSION [TEXT of the title]
		w.expect(w.pr, s[1], after(line, 2))
	case "says": // says TEXT of the summary
		w.until("the summary says "+after(line, 1)+"\n"+w.run(w.pr.Head()).Summary, func() bool {
			return strings.Contains(w.run(w.pr.Head()).Summary, body(1))
		})
	default:
		w.other(s)
	}
}

// other plays what is done to people and to what the gate wrote.
func (w *teller) other(s []string) {
	w.t.Helper()
	switch s[0] {
	case "join": // join ORG TEAM LOGIN
		check0(w.t, w.AddTeamMember(s[1], s[2], s[3]))
	case "leave": // leave ORG TEAM LOGIN
		check0(w.t, w.RemoveTeamMember(s[1], s[2], s[3]))
	case "disband": // disband ORG TEAM
		check0(w.t, w.RemoveTeam(s[1], s[2]))
	case "annotated": // annotated N: the check has as many annotations
		w.until("annotations", func() bool { return fmt.Sprint(w.run(w.pr.Head()).Annotations) == s[1] })
	case "reacted": // reacted CONTENT: on the last comment
		w.until("a reaction", func() bool {
			for _, r := range w.pr.Reactions(w.comment) {
				if strings.EqualFold(r.Content, s[1]) {
					return true
				}
			}
			return false
		})
	case "replied": // replied TEXT
		w.until("a reply", func() bool {
			for _, c := range w.pr.Comments() {
				if strings.HasSuffix(c.Author, "[bot]") && strings.Contains(c.Body, strings.Join(s[1:], " ")) {
					return true
				}
			}
			return false
		})
	default:
		if !w.people(s) {
			w.t.Fatalf("unknown step %q", strings.Join(s, " "))
		}
	}
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

func (w *teller) open(s []string) {
	o := sandbox.Opening{Author: "dave", Head: s[1]}
	for i := 2; i+1 < len(s); i += 2 {
		switch s[i] {
		case "to":
			o.Base = s[i+1]
		case "by":
			o.Author = s[i+1]
		}
	}
	pr, err := w.repo.Open(o)
	check0(w.t, err)
	w.pr = pr
}

func (w *teller) say(s []string, line string) {
	r := sandbox.Review{By: s[1], Event: map[string]string{"approve": "APPROVE", "object": "REQUEST_CHANGES", "remark": "COMMENT"}[s[0]], Body: "text"}
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

// commit writes a commit. Its files are lines:
//
//	PATH lines [N=TEXT...]   the world's text of that name, some lines replaced
//	PATH text TEXT           any text; | is a line break
//	PATH mode MODE TEXT      as text, with a mode
//	PATH gone
//	PATH was OLDPATH         renamed
func (w *teller) commit(s []string) {
	w.t.Helper()
	c := sandbox.Change{Branch: s[1], Message: "change", Files: map[string]*sandbox.File{}, Rename: map[string]string{}}
	for i := 2; i+1 < len(s); i += 2 {
		switch s[i] {
		case "by":
			c.Author = s[i+1]
		case "with":
			c.CoAuthors = append(c.CoAuthors, s[i+1])
		case "from":
			c.From = w.rev(s[i+1])
		case "merging":
			c.Parents = append(c.Parents, w.rev(s[i+1]))
		case "tree":
			c.Tree = w.rev(s[i+1])
		}
	}
	for _, line := range w.more {
		f := strings.Fields(line)
		switch f[1] {
		case "lines":
			c.Files[f[0]] = &sandbox.File{Content: edited(f[0], f[2:])}
		case "text":
			c.Files[f[0]] = &sandbox.File{Content: w.expand(after(line, 2)) + "\n"}
		case "mode":
			c.Files[f[0]] = &sandbox.File{Mode: pull.Mode(f[2]), Content: w.expand(after(line, 3))}
		case "gone":
			c.Files[f[0]] = nil
		case "was":
			c.Rename[f[2]] = f[0]
		default:
			w.t.Fatalf("unknown file %q", line)
		}
	}
	_, err := w.repo.Commit(c)
	check0(w.t, err)
}

// edited is the world's text of a name with some lines replaced: "3=x" replaces
// the third, "+3=x" puts one before it, "-3" takes it out.
func edited(name string, edits []string) string {
	texts := strings.SplitAfter(lines(name, 20), "\n")
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
