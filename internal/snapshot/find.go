package snapshot

import (
	"context"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
)

// find adds to what is remembered of a head what stands on the forge. Its digest is not
// known, so it is written again unless the forge's adapter sees that it says the same.
func (g *Reader) find(ctx context.Context, l *Reading) error {
	if g.cfg.Finder == nil {
		return nil
	}
	req := &l.Look.Request
	var names []string
	if l.Gated {
		names = append(names, l.Snapshot.Rules.Check)
	}
	found, err := g.cfg.Finder.Found(ctx, req.Ref.Repo, req.Head, names...)
	if err != nil {
		return err
	}
	for _, c := range found {
		if !slices.ContainsFunc(l.At.Checks, func(r history.CheckRecord) bool { return strings.EqualFold(r.Name, c.Name) }) {
			l.At.Checks = append(l.At.Checks, history.CheckRecord{Head: req.Head, Name: c.Name, ID: c.ID, Outcome: string(c.Outcome), Done: true})
		}
	}
	return nil
}
