package fake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Repoint has the forge say from now on that a review was given for another
// commit. No event tells.
func (p *PullRequest) Repoint(review int64, commit string) error {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	rv, err := p.ReviewByID(review)
	if err != nil {
		return err
	}
	id, ok := p.repo.CommitID(commit)
	if !ok {
		return fmt.Errorf("repoint review %d: no commit %q", review, commit)
	}
	rv.Commit = id
	return nil
}

// repoints reports whether a push moves the reviews of the old head.
func (p *PullRequest) repoints(before plumbing.Hash, patch []string, forced bool) bool {
	how := p.repo.forge.behaviour.Repoint
	if how == RepointNever || !forced && !p.mergesBase(before) {
		return false
	}
	return how == RepointAlways || slices.Equal(patch, p.patch())
}

// repoint moves the reviews of the old head to the new one.
func (p *PullRequest) repoint(before plumbing.Hash) {
	for _, rv := range p.Reviews {
		if rv.Commit == before {
			rv.Commit = p.HeadID
		}
	}
}

// mergesBase reports whether what was pushed since a head merges the base.
func (p *PullRequest) mergesBase(before plumbing.Hash) bool {
	base := p.repo.Objects.Reach(p.BaseID)
	for _, c := range p.repo.Objects.Between(before, p.HeadID) {
		if len(c.ParentHashes) > 1 && slices.ContainsFunc(c.ParentHashes, func(id plumbing.Hash) bool { return base[id] }) {
			return true
		}
	}
	return false
}

// patch is what the pull request changes, a text per file, without what a patch
// id leaves out: line numbers and blanks. It is empty where nobody reviewed.
func (p *PullRequest) patch() []string {
	if len(p.Reviews) == 0 {
		return nil
	}
	var out []string
	for _, f := range p.Files() {
		text := f.Patch
		if f.Patch == "" && f.To != nil {
			text = f.To.ID.String()
		}
		var b strings.Builder
		fmt.Fprint(&b, f.Status(), " ", f.Path(), "\n")
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "@@") {
				b.WriteString(strings.Join(strings.Fields(line), ""))
				b.WriteByte('\n')
			}
		}
		out = append(out, b.String())
	}
	return out
}
