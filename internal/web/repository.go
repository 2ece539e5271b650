package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Repository is the page of a repository: its open pull requests, what waits the longest
// first.
type Repository struct {
	Name string  `json:"name"` // owner/name
	Open []Known `json:"open"`
	All  int     `json:"all"` // open pull requests; Open lists MaxOpen of them at most

	page string
}

// Known is where an open pull request stands.
type Known struct {
	Number     int       `json:"number"`
	BaseBranch string    `json:"base_branch"`
	Head       string    `json:"head"`
	Outcome    string    `json:"outcome"` // empty where nothing gates, or nothing was judged yet
	UpdatedAt  time.Time `json:"updated_at"`
}

// maxOpen is how many pull requests one page lists.
const maxOpen = 1000

// repository reads the page of a repository that the gate knows.
func (p *Pages) repository(r *http.Request, repo pull.Repo) (page, error) {
	all, err := p.cfg.Runs.Repos(r.Context())
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(o pull.Repo) bool { return strings.EqualFold(o.String(), repo.String()) }) {
		return nil, errNoPage
	}
	if err := p.shown(r.Context(), repo); err != nil {
		return nil, err
	}
	open, err := p.cfg.Runs.OpenKnown(r.Context(), repo)
	if err != nil {
		return nil, err
	}
	out := &Repository{Name: repo.Slug(), All: len(open), Open: []Known{}, page: Address(pull.Ref{Repo: repo})}
	slices.SortStableFunc(open, func(a, b history.PullState) int {
		return cmp.Or(cmp.Compare(urgency(a.Outcome), urgency(b.Outcome)), a.UpdatedAt.Compare(b.UpdatedAt))
	})
	for _, k := range open[:min(len(open), maxOpen)] {
		out.Open = append(out.Open, Known{k.Ref.Number, k.BaseBranch, k.Head, k.Outcome, k.UpdatedAt})
	}
	return out, nil
}

// urgency orders outcomes: what somebody has to look at before what passes.
func urgency(outcome string) int {
	return strings.Index("error failure pending success", cmp.Or(outcome, "success"))
}

func (r *Repository) write(w http.ResponseWriter, p *Pages, v visitor) {
	p.show(w, v, http.StatusOK, "repository.html", frame{Title: r.Name, Body: r})
}

// Page is the address of this page.
func (r *Repository) Page() string { return r.page }
