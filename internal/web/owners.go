package web

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Explored is who owns a path, by the map of the newest evaluation that is kept.
type Explored struct {
	Path   string      `json:"path"`
	Known  bool        `json:"known"` // there is such an evaluation
	Number int         `json:"number"`
	Head   string      `json:"head"`
	Base   string      `json:"base_branch"`
	At     time.Time   `json:"at"`
	Owners []PathOwner `json:"owners"` // none: nobody owns it
}

// PathOwner is an area that owns a path, with the rule and the line that say so.
type PathOwner struct {
	Area        string   `json:"area"`
	Title       string   `json:"title"`
	Fallback    bool     `json:"fallback"`
	Rule        string   `json:"rule,omitempty"`
	Place       string   `json:"place"` // file:line
	Maintainers []string `json:"maintainers"`
	Contact     string   `json:"contact,omitempty"`
}

const (
	maxPath   = 4096 // bytes of a path, as Linux has it
	maxLooked = 5    // pull requests of which an evaluation with a map is looked for
)

// explore says who owns a path, by the newest evaluation of one of the open pull requests; nil
// where none was asked for.
func (p *Pages) explore(ctx context.Context, repo pull.Repo, open []history.PullState, asked, language string) (*Explored, error) {
	asked = strings.TrimPrefix(path.Clean("/"+strings.TrimSpace(asked)), "/")
	if asked == "" || len(asked) > maxPath {
		return nil, nil
	}
	out := &Explored{Path: asked, Owners: []PathOwner{}}
	open = slices.Clone(open)
	slices.SortFunc(open, func(a, b history.PullState) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	for _, k := range open[:min(len(open), maxLooked)] {
		record, owners, err := p.owners(ctx, repo, k.Ref)
		if err != nil {
			return nil, err
		}
		if owners == nil {
			continue
		}
		out.Known, out.Number, out.Head, out.Base, out.At = true, k.Ref.Number, record.Head, k.BaseBranch, record.At
		for _, hit := range owners.Explain(asked) {
			out.Owners = append(out.Owners, ownerOf(hit, language))
		}
		break
	}
	return out, nil
}

// errNotKept means that a file of an evaluation is no longer kept.
var errNotKept = errors.New("no longer kept")

// owners returns the map of a pull request's newest evaluation; nil where it can't be told any
// more.
func (p *Pages) owners(ctx context.Context, repo pull.Repo, ref pull.Ref) (record history.RunRecord, m *ownership.Map, err error) {
	runs, err := p.cfg.Runs.RunsOf(ctx, ref)
	if err != nil || len(runs) == 0 {
		return record, nil, err
	}
	record, found, err := p.cfg.Runs.Run(ctx, runs[0].ID)
	if err != nil || !found {
		return record, nil, err
	}
	m, err = gate.Owners(record.Body, p.texts(ctx, repo))
	if errors.Is(err, errNotKept) {
		err = nil
	}
	return record, m, err
}

// texts gives the files that records of a repository only name.
func (p *Pages) texts(ctx context.Context, repo pull.Repo) func(id string) ([]byte, error) {
	return func(id string) ([]byte, error) {
		data, found, err := p.cfg.Runs.Blob(ctx, repo, id)
		if err == nil && !found {
			err = fmt.Errorf("the file %s is %w", id, errNotKept)
		}
		return data, err
	}
}

func ownerOf(hit ownership.Hit, language string) PathOwner {
	s := hit.Subsystem
	out := PathOwner{Area: s.Name, Title: s.Title(language), Fallback: s.Fallback, Place: s.Pos.String(), Contact: s.Contact,
		Maintainers: []string{}}
	if hit.Rule != nil {
		out.Rule, out.Place = hit.Rule.Pattern.String(), hit.Rule.Pos.String()
	}
	for _, o := range s.Maintainers {
		out.Maintainers = append(out.Maintainers, o.String())
	}
	return out
}
