package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
)

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
