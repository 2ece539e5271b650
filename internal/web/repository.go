package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Repository is the page of a repository: its open pull requests, what waits the longest
// first.
type Repository struct {
	Name string  `json:"name"` // owner/name
	Open []Known `json:"open"`
	All  int     `json:"all"` // open pull requests; Open lists MaxOpen of them at most
	// Standing is how many of them are in which state, and since when the oldest of them did
	// not change.
	Standing []Standing `json:"standing"`
	// Areas are how much the areas have to review, how soon they do, and whether in the time that
	// they have for it, over the last Days; for who signed in.
	Areas []AreaLoad `json:"areas"`
	Days  int        `json:"days"`
	// Explored is who owns the path that was asked for.
	Explored *Explored `json:"explored,omitempty"`

	// Weeks are those of the last half year in which something was merged, the oldest first.
	Weeks []Week `json:"weeks"`
	// Coverage is who owns the tree, as it was found out last; left out until it was.
	Coverage *Coverage `json:"coverage,omitempty"`

	page string
	say  func(id string, fill ...any) string
}

// Standing is how many open pull requests are in one state.
type Standing struct {
	Outcome string    `json:"outcome"`
	Count   int       `json:"count"`
	Oldest  time.Time `json:"oldest"` // when the one that did not change for the longest changed last
}

// AreaLoad is what an area has to review.
type AreaLoad struct {
	Area    string `json:"area"`
	Open    int    `json:"open"`    // pull requests on which somebody of it is asked, and has not answered
	Reviews int    `json:"reviews"` // by its people
	// Hours is the median time from being asked to the first review by one of its people; -1
	// where none answered.
	Hours float64 `json:"median_hours"`
	// Response is how it kept the time that it has for first reviews; left out where it has none.
	Response *AreaResponse `json:"response,omitempty"`
}

// AreaResponse is how an area keeps the time that it has for the first review of a pull request.
type AreaResponse struct {
	Within  float64 `json:"respond_within_hours"`
	Kept    int     `json:"kept"`
	Missed  int     `json:"missed"` // those that are overdue among them
	Open    int     `json:"open"`   // that wait now, within the time
	Overdue int     `json:"overdue"`
	// Share is the share that was kept, in whole percent; -1 where nothing was kept or missed.
	Share int `json:"share_kept"`
}

// Told reports whether there is a share.
func (a AreaResponse) Told() bool { return a.Share >= 0 }

// Answered reports whether somebody of the area ever answered.
func (a AreaLoad) Answered() bool { return a.Hours >= 0 }

// loadDays is for how long back the load of areas is told.
const loadDays = 30

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
func (p *Pages) repository(r *http.Request, repo pull.Repo, v visitor) (page, error) {
	repo, err := p.known(r.Context(), repo, v)
	if err != nil {
		return nil, err
	}
	open, err := p.cfg.Runs.OpenKnown(r.Context(), repo)
	if err != nil {
		return nil, err
	}
	out := &Repository{Name: repo.Slug(), All: len(open), Open: []Known{}, Areas: []AreaLoad{}, Weeks: []Week{}, Days: loadDays,
		Standing: standing(open), page: Address(pull.Ref{Repo: repo})}
	if out.Explored, err = p.explore(r.Context(), repo, open, r.URL.Query().Get("path"), v.language); err != nil {
		return nil, err
	}
	if v.signed { // an area may be one person, and how much people have to do is not for everybody
		if out.Areas, err = p.load(r.Context(), repo); err != nil {
			return nil, err
		}
	}
	if err = p.charts(r.Context(), repo, out, v); err != nil {
		return nil, err
	}
	slices.SortStableFunc(open, func(a, b history.PullState) int {
		return cmp.Or(cmp.Compare(urgency(a.Outcome), urgency(b.Outcome)), a.UpdatedAt.Compare(b.UpdatedAt))
	})
	for _, k := range open[:min(len(open), maxOpen)] {
		out.Open = append(out.Open, Known{k.Ref.Number, k.BaseBranch, k.Head, k.Outcome, k.UpdatedAt})
	}
	return out, nil
}

// standing counts pull requests by their state, the most urgent first.
func standing(open []history.PullState) []Standing {
	out := []Standing{}
	for _, k := range open {
		i := slices.IndexFunc(out, func(s Standing) bool { return s.Outcome == k.Outcome })
		if i < 0 {
			i, out = len(out), append(out, Standing{Outcome: k.Outcome, Oldest: k.UpdatedAt})
		}
		out[i].Count++
		if k.UpdatedAt.Before(out[i].Oldest) {
			out[i].Oldest = k.UpdatedAt
		}
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(urgency(a.Outcome), urgency(b.Outcome)), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}

// load tells what the areas of a repository have to review, those with most first, and how those
// answer that have a time for it.
func (p *Pages) load(ctx context.Context, repo pull.Repo) ([]AreaLoad, error) {
	now := p.cfg.Now()
	from := now.AddDate(0, 0, -loadDays)
	requests, reviews, err := p.cfg.Runs.Activity(ctx, repo)
	if err != nil {
		return nil, err
	}
	waits, err := p.cfg.Runs.Responses(ctx, repo, from)
	if err != nil {
		return nil, err
	}
	out := []AreaLoad{}
	for _, line := range workload.Areas(requests, reviews, from, now) {
		a := AreaLoad{Area: line.Subsystem, Open: line.Open, Reviews: line.Reviews, Hours: -1}
		if line.Median != nil {
			a.Hours = (time.Duration(*line.Median) * time.Second).Hours()
		}
		out = append(out, a)
	}
	for _, line := range response.Tally(waits, from, now) {
		i := slices.IndexFunc(out, func(a AreaLoad) bool { return a.Area == line.Area })
		if i < 0 {
			i, out = len(out), append(out, AreaLoad{Area: line.Area, Hours: -1})
		}
		out[i].Response = &AreaResponse{Within: (time.Duration(line.Within) * time.Second).Hours(), Kept: line.Kept, Missed: line.Missed,
			Open: line.Open, Overdue: line.Overdue, Share: line.Share()}
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

// Timed reports whether an area has a time to answer in.
func (r *Repository) Timed() bool {
	return slices.ContainsFunc(r.Areas, func(a AreaLoad) bool { return a.Response != nil })
}

// Thresholds is the address of the page that tells what each threshold would have let pass.
func (r *Repository) Thresholds() string { return r.page + thresholdsPath }
