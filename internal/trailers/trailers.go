// Package trailers says who reviewed a change in the words of git: the lines that a kernel's
// commit carries of it.
//
// It promises to name only people whose approvals count for the head, by the name and address
// that the people file and the ownership sources give them. It is pure.
package trailers

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// People gives the name and address of who has a login; empty where nothing says.
type People interface {
	Named(login string) (name, email string)
}

// Trailers are the lines of a change that was reviewed.
type Trailers struct {
	Lines     []string // as git-interpret-trailers(1) takes them
	Nameless  []string // logins of people whose approvals count, and whose address nothing says
	PerCommit []Commit
}

// Commit is a commit of the change and the files that it touches.
type Commit struct {
	ID    string
	Paths []string // sorted
	Known bool     // Paths are all; else they are not told
	// By are the lines of those who reviewed a file that it touches; all, where that is not
	// known.
	By []string
}

// Of makes the trailers of a verdict.
func Of(v policy.Verdict, req *pull.Request, people People) Trailers {
	var t Trailers
	lines := map[string]string{} // by login in lower case
	for _, login := range approvers(v, func(string) bool { return true }) {
		name, email := people.Named(login)
		if email == "" || oneLine(email) != email {
			t.Nameless = append(t.Nameless, login)
			continue
		}
		if name == "" {
			name = login
		}
		line := fmt.Sprintf("Reviewed-by: %s <%s>", oneLine(name), email)
		lines[strings.ToLower(login)] = line
		t.Lines = append(t.Lines, line)
	}
	if req.URL != "" && len(t.Lines) > 0 {
		t.Lines = append(t.Lines, "Link: "+oneLine(req.URL))
	}
	for i := range req.Commits {
		c := &req.Commits[i]
		of := Commit{ID: c.ID, Paths: slices.Sorted(slices.Values(c.Paths)), Known: c.PathsKnown}
		for _, login := range approvers(v, func(path string) bool { return !c.PathsKnown || slices.Contains(c.Paths, path) }) {
			if line := lines[strings.ToLower(login)]; line != "" {
				of.By = append(of.By, line)
			}
		}
		t.PerCommit = append(t.PerCommit, of)
	}
	return t
}

// approvers are the logins whose approvals count for some files, sorted.
func approvers(v policy.Verdict, of func(path string) bool) []string {
	var logins []string
	for _, f := range v.Files {
		if of(f.Path) || f.OldPath != "" && of(f.OldPath) {
			logins = append(logins, f.ApprovedBy...)
		}
	}
	slices.Sort(logins)
	return slices.Compact(logins)
}

// oneLine is text in which nothing ends the line, or an address before its end.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s))
}

// Text is what a terminal shows: the lines for the whole change, and after each commit those of
// it, ready to be copied into its message.
func (t Trailers) Text() string {
	var b strings.Builder
	for _, line := range t.Lines {
		b.WriteString(line + "\n")
	}
	for _, c := range t.PerCommit {
		fmt.Fprintf(&b, "\n# %.12s%s\n", c.ID, c.files())
		for _, line := range c.By {
			b.WriteString(line + "\n")
		}
	}
	for _, login := range t.Nameless {
		fmt.Fprintf(&b, "\n# the approval of %s counts, but nothing gives an address; add one to the people file\n", oneLine(login))
	}
	return b.String()
}

// mostPaths is how many files of a commit a line names.
const mostPaths = 5

func (c Commit) files() string {
	if !c.Known || len(c.Paths) == 0 {
		return ""
	}
	shown := make([]string, 0, mostPaths)
	for _, path := range c.Paths[:min(len(c.Paths), mostPaths)] {
		shown = append(shown, oneLine(path))
	}
	out := ": " + strings.Join(shown, ", ")
	if more := len(c.Paths) - len(shown); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// mostCommits is how many commits a block names one by one.
const mostCommits = 20

// Block is Markdown for a comment, folded; empty where there is nothing to say.
func (t Trailers) Block(language string) string {
	if len(t.Lines) == 0 {
		return ""
	}
	heading := "Trailers of the reviews that count"
	if language == "zh-CN" {
		heading = "有效评审的提交尾注（trailer）"
	}
	t.Nameless = nil
	if len(t.PerCommit) < 2 || len(t.PerCommit) > mostCommits {
		t.PerCommit = nil
	}
	text := strings.TrimSpace(t.Text())
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return "\n<details><summary>" + heading + "</summary>\n\n" + fence + "text\n" + text + "\n" + fence + "\n\n</details>"
}
