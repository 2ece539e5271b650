package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Finder finds what the gate wrote, where History does not remember it.
type Finder interface {
	// Found gives the checks of ours on a commit, the newest of each name. Those of the
	// given names count as ours whoever wrote them.
	Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]FoundCheck, error)
}

// FoundCheck is a check as it stands on the forge.
type FoundCheck struct {
	Name    string
	Outcome policy.Outcome // of a check run, Failure also for an error; empty for one that the gate does not write
	ID      string         // as in Written
}

// find adds to what is remembered of a head what stands on the forge. Its digest is not
// known, so it is written again unless the forge's adapter sees that it says the same.
func (g *Reader) find(ctx context.Context, l *loaded) error {
	if g.cfg.Finder == nil {
		return nil
	}
	req := &l.look.Request
	var names []string
	if l.gated {
		names = append(names, l.snapshot.Rules.Check)
	}
	found, err := g.cfg.Finder.Found(ctx, req.Ref.Repo, req.Head, names...)
	if err != nil {
		return err
	}
	for _, c := range found {
		if !slices.ContainsFunc(l.at.Checks, func(r history.CheckRecord) bool { return strings.EqualFold(r.Name, c.Name) }) {
			l.at.Checks = append(l.at.Checks, history.CheckRecord{Head: req.Head, Name: c.Name, ID: c.ID, Outcome: string(c.Outcome), Done: true})
		}
	}
	return nil
}
