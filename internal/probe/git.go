package probe

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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
	p.keep(header)
	p.git = gitcmd.Git{Program: program, Dir: dir, Protocols: at.Scheme, Config: []string{
		"remote.origin.url", address, "http." + address + ".extraHeader", header,
		"protocol.version", "2", "http.lowSpeedLimit", "1", "http.lowSpeedTime", "30",
	}}
	p.git, p.ids, err = p.made(ctx, p.cfg.Now().Unix())
	return err
}

// made makes the commits as they are if they are made at a time, in seconds, in a place of their
// own. It returns that, and their ids by local ref.
func (p *Probe) made(ctx context.Context, at int64) (gitcmd.Git, map[string]string, error) {
	git := p.git
	git.GitDir = filepath.Join(git.Dir, fmt.Sprint("git-", at))
	if _, err := git.Run(ctx, "init", "--quiet", "--template="); err != nil {
		return git, nil, err
	}
	if _, err := git.Feed(ctx, commits(at), "fast-import", "--quiet", "--force"); err != nil {
		return git, nil, err
	}
	out, err := git.Run(ctx, "for-each-ref", "--format=%(refname) %(objectname)", "refs/probe/")
	if err != nil {
		return git, nil, err
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids[name] = id
	}
	return git, ids, nil
}

// importer writes what git fast-import reads.
type importer struct {
	bytes.Buffer
	now   int64
	marks int
}

// commit begins a commit after another one, of a mark; 0: after none. It returns its own mark.
func (w *importer) commit(ref string, from int, message string) int {
	w.marks++
	fmt.Fprintf(w, "commit %s\nmark :%d\ncommitter reviewgate probe <probe@reviewgate.invalid> %d +0000\ndata %d\n%s\n", ref, w.marks,
		w.now, len(message), message)
	if from != 0 {
		fmt.Fprintf(w, "from :%d\n", from)
	}
	return w.marks
}

func (w *importer) file(mode, path, text string) {
	fmt.Fprintf(w, "M %s inline %s\ndata %d\n%s\n", mode, path, len(text), text)
}

// commits is the history that is pushed. It begins anew, so that nothing of the repository's own
// content is in it. Nothing but the time tells it from that of another run.
func commits(at int64) *importer {
	w := &importer{now: at}
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

// names are those of all our branches.
var names = []string{baseBranch, twinBranch, otherBranch, topicBranch, modesBranch, manyBranch}

// push has a branch be at one of our commits, if it is where we had it, or is none yet.
func (p *Probe) push(ctx context.Context, branch, commit string) error {
	ref := "refs/heads/" + branch
	e := Exchange{Sent: "git push --force-with-lease origin " + commit + ":" + ref, Shape: "pushed"}
	was := p.pushed[branch]
	p.pushed[branch] = was // tried, whatever comes of it
	_, err := p.git.Run(ctx, "push", "--quiet", "--force-with-lease="+ref+":"+was, "--no-verify", "--no-recurse-submodules", "origin",
		commit+":"+ref)
	if err != nil {
		e.Shape = err.Error()
	} else {
		p.pushed[branch] = p.ids[commit]
	}
	p.cfg.Tape.note(e, nil)
	return err
}

// heads lists where those branches are that have our names.
func (p *Probe) heads(ctx context.Context) (map[string]string, error) {
	listed, err := p.git.Run(ctx, "ls-remote", "--heads", "origin", "refs/heads/"+Prefix+"*")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for line := range strings.Lines(string(listed)) {
		id, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name, is := strings.CutPrefix(ref, "refs/heads/"); is && slices.Contains(names, name) {
			out[name] = id
		}
	}
	return out, nil
}

// isOurs reports whether a branch is at a commit that this run or an earlier one made. Those of an
// earlier one are known by that they are made anew, to the last bit, with the time that they have:
// so nothing is taken away that is anybody's work, whatever it is called and says.
func (p *Probe) isOurs(ctx context.Context, branch, id string) (bool, error) {
	is := func(ids map[string]string) bool { return slices.Contains(slices.Collect(maps.Values(ids)), id) }
	if is(p.ids) {
		return true, nil
	}
	there := p.git
	there.GitDir = filepath.Join(there.Dir, "there-"+branch)
	if _, err := there.Run(ctx, "init", "--quiet", "--template="); err != nil {
		return false, err
	}
	if _, err := there.Run(ctx, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "origin",
		"+refs/heads/"+branch+":refs/there"); err != nil {
		return false, err
	}
	told, err := there.Run(ctx, "log", "-1", "--no-show-signature", "--format=%ct", id)
	if err != nil {
		return false, err
	}
	at, err := strconv.ParseInt(strings.TrimSpace(string(told)), 10, 64)
	if err != nil || at < 0 {
		return false, err
	}
	_, ids, err := p.made(ctx, at)
	return err == nil && is(ids), err
}

// deleteBranch takes a branch away that is at a commit.
func (p *Probe) deleteBranch(ctx context.Context, branch, id string) error {
	ref := "refs/heads/" + branch
	_, err := p.git.Run(ctx, "push", "--quiet", "--force-with-lease="+ref+":"+id, "--no-verify", "origin", ":"+ref)
	return err
}
