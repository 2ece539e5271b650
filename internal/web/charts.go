package web

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/chart"
	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Charts is what is drawn of repositories.
type Charts interface {
	// Weeks lists the weeks since a time in which pull requests were merged that had been judged,
	// the oldest first.
	Weeks(ctx context.Context, repo pull.Repo, since time.Time) ([]history.Week, error)
	// Survey returns what was found out last of who owns the tree.
	Survey(ctx context.Context, repo pull.Repo) (history.Survey, error)
	// AskSurvey notes that somebody wants to know it.
	AskSurvey(ctx context.Context, repo pull.Repo, at time.Time) error
	// Raise has work done, as an event would: of a repository with number 0, what is wanted of it.
	Raise(ctx context.Context, refs ...pull.Ref) error
}

const (
	shownWeeks  = 26               // before this one
	surveyedFor = 6 * time.Hour    // that a survey is shown before it is made anew
	unreadFor   = 30 * time.Minute // the same of one that failed
	askedFor    = 10 * time.Minute // that one is waited for, before it is asked for again
)

// Week is what was merged in a week.
type Week struct {
	Start    time.Time `json:"start"`    // Monday, 00:00 UTC
	Pulls    int       `json:"pulls"`    // pull requests that were merged and had been judged
	Passed   int       `json:"passed"`   // of these, those that passed the gate
	Reviewed int       `json:"reviewed"` // their files that were reviewed when they were judged last
	Counted  int       `json:"counted"`  // their files that needed review
}

// Percent is the share of files that were reviewed, rounded down; 100 where none needed it.
func (w Week) Percent() int {
	if w.Counted == 0 {
		return 100
	}
	return w.Reviewed * 100 / w.Counted
}

// Unpassed is how many were merged that did not pass the gate.
func (w Week) Unpassed() int { return w.Pulls - w.Passed }

// Day is the day on which it began.
func (w Week) Day() string { return w.Start.UTC().Format(time.DateOnly) }

// Coverage is who owns the tree of a repository, and what its map lacks.
type Coverage struct {
	coverage.Survey

	Weak bool `json:"-"` // something is lacking
}

// charts reads what is drawn of a repository, and has a survey made that is missing or old.
func (p *Pages) charts(ctx context.Context, repo pull.Repo, out *Repository, v visitor) error {
	now := p.cfg.Now()
	weeks, err := p.cfg.Charts.Weeks(ctx, repo, monday(now).AddDate(0, 0, -7*shownWeeks))
	if err != nil {
		return err
	}
	for _, w := range weeks {
		out.Weeks = append(out.Weeks, Week(w))
	}
	if out.Coverage, err = p.coverage(ctx, repo, now); err != nil {
		return err
	}
	if out.Coverage != nil && !v.signed { // they may come from a file that is not for everybody
		for i := range out.Coverage.Lacks {
			if l := &out.Coverage.Lacks[i]; l.Kind == "no_login" {
				l.First = []string{}
			}
		}
	}
	out.say = func(id string, fill ...any) string { return p.words.say(v.language, id, fill...) }
	return nil
}

// monday is when the week of a time began.
func monday(t time.Time) time.Time {
	t = t.UTC().Truncate(24 * time.Hour)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// coverage returns the survey that is kept; nil where there is none yet.
func (p *Pages) coverage(ctx context.Context, repo pull.Repo, now time.Time) (*Coverage, error) {
	kept, err := p.cfg.Charts.Survey(ctx, repo)
	if err != nil {
		return nil, err
	}
	var out Coverage
	if len(kept.Body) > 0 {
		if err := json.Unmarshal(kept.Body, &out.Survey); err != nil {
			return nil, fmt.Errorf("read who owns the tree of %s: %w", repo, err)
		}
	}
	fresh := surveyedFor
	if out.Why == coverage.WhyUnread {
		fresh = unreadFor
	}
	if now.Sub(kept.At) >= fresh && (!kept.Wanted() || now.Sub(kept.Asked) >= askedFor) {
		err := p.cfg.Charts.AskSurvey(ctx, repo, now)
		if err == nil {
			err = p.cfg.Charts.Raise(ctx, pull.Ref{Repo: repo})
		}
		if err != nil {
			return nil, err
		}
	}
	if len(kept.Body) == 0 {
		return nil, nil
	}
	out.Weak = slices.ContainsFunc(out.Lacks, func(l coverage.Lack) bool { return l.Count > 0 })
	return &out, nil
}

// WeeksDrawing shows Weeks; it is escaped.
func (r *Repository) WeeksDrawing() template.HTML {
	var points []chart.Point
	for i, w := range r.Weeks {
		slot := int(w.Start.Sub(r.Weeks[0].Start).Hours()) / (7 * 24)
		p := chart.Point{Slot: slot, Percent: w.Percent(), Tells: r.say("weeks.tells", "Day", w.Day(), "Percent", w.Percent(), "Pulls", w.Pulls)}
		p.Straight = i > 0 && slot == points[i-1].Slot+1
		if i == 0 || i == len(r.Weeks)-1 {
			p.Label = w.Day()
		}
		points = append(points, p)
	}
	slots := 1
	if len(points) > 0 {
		slots = points[len(points)-1].Slot + 1
	}
	words := chart.Words{Title: r.say("weeks"), Description: r.say("weeks.caption", "Weeks", shownWeeks)}
	return template.HTML(chart.Shares("weeks", points, slots, words)) //nolint:gosec // it is escaped
}

// CoverageDrawing shows the folders of Coverage; it is escaped.
func (r *Repository) CoverageDrawing() template.HTML {
	var tiles []chart.Tile
	for _, f := range r.Coverage.Folders {
		tiles = append(tiles, chart.Tile{Name: r.Folder(f), Parts: []int{f.Owned, f.Fallback, f.Unstaffed, f.Unowned},
			Tells: r.say("coverage.tells", "Folder", r.Folder(f), "Files", f.Files(), "Owned", f.Owned, "Fallback", f.Fallback, "Unstaffed",
				f.Unstaffed, "Unowned", f.Unowned)})
	}
	words := chart.Words{Title: r.say("coverage"), Description: r.say("coverage.caption")}
	return template.HTML(chart.Treemap("coverage", tiles, words)) //nolint:gosec // it is escaped
}

// Folder is the name of a folder as it is shown.
func (r *Repository) Folder(f coverage.Folder) string {
	switch name := publish.OneLine(f.Path); {
	case f.Path == "":
		return r.say("coverage.root")
	case f.Rest:
		return r.say("coverage.rest", "Folder", name)
	default:
		return name
	}
}
