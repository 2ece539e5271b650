package probe

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// The branches, below Prefix.
const (
	baseBranch  = Prefix + "base"
	twinBranch  = Prefix + "twin"  // the same commit
	otherBranch = Prefix + "other" // the same commit
	topicBranch = Prefix + "topic"
	modesBranch = Prefix + "modes"
	manyBranch  = Prefix + "many"
)

// The commits, by local ref.
const (
	baseCommit   = "refs/probe/base"
	topicCommit  = "refs/probe/topic"
	pushedCommit = "refs/probe/pushed" // after topicCommit
	squashCommit = "refs/probe/squash" // pushedCommit's content, in one commit after baseCommit
	modesCommit  = "refs/probe/modes"
	manyCommit   = "refs/probe/many"
)

// manyFiles is one more than a list of files is said to have.
const manyFiles = 301

// gitlink is what the submodule points to: no repository has it.
const gitlink = "2222222222222222222222222222222222222222"

// openGit makes the commits in an empty folder.
func (p *Probe) openGit(ctx context.Context, dir string) error {
	program, _, err := gitcmd.Version()
	if err != nil {
		return err
	}
	address, header, err := p.cfg.Remote(ctx, p.cfg.Repo)
	if err != nil {
		return err
	}
	at, err := url.Parse(address)
	if err != nil {
		return err
	}
	p.git = gitcmd.Git{Program: program, GitDir: filepath.Join(dir, "git"), Dir: dir, Protocols: at.Scheme, Config: []string{
		"remote.origin.url", address, "http." + address + ".extraHeader", header,
		"protocol.version", "2", "http.lowSpeedLimit", "1", "http.lowSpeedTime", "30",
	}}
	if _, err := p.git.Run(ctx, "init", "--quiet", "--template="); err != nil {
		return err
	}
	if _, err := p.git.Feed(ctx, p.commits(), "fast-import", "--quiet"); err != nil {
		return err
	}
	out, err := p.git.Run(ctx, "for-each-ref", "--format=%(refname) %(objectname)")
	if err != nil {
		return err
	}
	p.ids = map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		p.ids[name] = id
	}
	return nil
}

// importer writes what git fast-import reads.
type importer struct {
	bytes.Buffer
	now   time.Time
	marks int
}

// commit begins a commit after another one, of a mark; 0: after none. It returns its own mark.
func (w *importer) commit(ref string, from int, message string) int {
	w.marks++
	fmt.Fprintf(w, "commit %s\nmark :%d\ncommitter reviewgate probe <probe@reviewgate.invalid> %d +0000\ndata %d\n%s\n", ref, w.marks,
		w.now.Unix(), len(message), message)
	if from != 0 {
		fmt.Fprintf(w, "from :%d\n", from)
	}
	return w.marks
}

func (w *importer) file(mode, path, text string) {
	fmt.Fprintf(w, "M %s inline %s\ndata %d\n%s\n", mode, path, len(text), text)
}

// commits is the history that is pushed. It begins anew, so that nothing of the repository's own
// content is in it.
func (p *Probe) commits() *importer {
	w := &importer{now: p.cfg.Now()}
	lines := func(first string) string { return first + strings.Repeat("line\n", 20) }
	base := w.commit(baseCommit, 0, "Begin")
	w.file("100644", "file", lines("one\n"))
	w.file("100644", "script", lines("#!/bin/sh\n"))
	topic := w.commit(topicCommit, base, "Change a line")
	w.file("100644", "file", lines("two\n"))
	w.commit(pushedCommit, topic, "Change it again")
	w.file("100644", "file", lines("three\n"))
	w.commit(squashCommit, base, "Change a line, in one step")
	w.file("100644", "file", lines("three\n"))
	w.commit(modesCommit, base, "Change a mode, and add a link and a module")
	w.file("100755", "script", lines("#!/bin/sh\n"))
	w.file("120000", "link", "file")
	fmt.Fprintf(w, "M 160000 %s module\n", gitlink)
	w.commit(manyCommit, base, "Add many files")
	for i := range manyFiles {
		w.file("100644", fmt.Sprintf("many/%03d", i), fmt.Sprintln(i))
	}
	w.WriteString("done\n")
	return w
}

// push has a branch be at one of our commits, whatever it was before.
func (p *Probe) push(ctx context.Context, branch, commit string) error {
	e := Exchange{Sent: "git push --force origin " + commit + ":refs/heads/" + branch}
	_, err := p.git.Run(ctx, "push", "--quiet", "--force", "--no-verify", "--no-recurse-submodules", "origin", commit+":refs/heads/"+branch)
	if err != nil {
		e.Shape = short(err.Error(), maxSent)
	} else {
		e.Shape = "pushed"
	}
	p.cfg.Tape.note(e, nil)
	return err
}

// branches lists those of our names that the repository has.
func (p *Probe) branches(ctx context.Context) (out []string, err error) {
	listed, err := p.git.Run(ctx, "ls-remote", "--heads", "origin", "refs/heads/"+Prefix+"*")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(listed)) {
		_, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name, is := strings.CutPrefix(ref, "refs/heads/"); is && strings.HasPrefix(name, Prefix) {
			out = append(out, name)
		}
	}
	return out, nil
}

// deleteBranch takes one of our branches away.
func (p *Probe) deleteBranch(ctx context.Context, branch string) error {
	_, err := p.git.Run(ctx, "push", "--quiet", "--no-verify", "origin", ":refs/heads/"+branch)
	return err
}
