package web

import (
	"context"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/turns"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// How soon people review is kept for a while, as it is counted from all that a repository's people
// were asked for.
const (
	maxPaces = 64 // repositories
	paceFor  = 5 * time.Minute
)

// unknownHours stands for how long it takes somebody who has answered no request.
const unknownHours = -1

// paces tells how soon people answer requests for review.
type paces struct {
	runs Runs
	now  func() time.Time
	kept turns.Kept[pull.Repo, pace]
}

// pace is how many hours it takes half the time, by login in lower case, as counted at a time.
type pace struct {
	hours map[string]float64
	at    time.Time
}

// of gives the pace of a repository's people over the last days.
func (p *paces) of(ctx context.Context, repo pull.Repo) (map[string]float64, error) {
	now := p.now()
	if known, ok := p.kept.Get(folded(repo)); ok && now.Sub(known.at) < paceFor {
		return known.hours, nil
	}
	requests, reviews, err := p.runs.Activity(ctx, repo)
	if err != nil {
		return nil, err
	}
	hours := map[string]float64{}
	for _, line := range workload.Tally(requests, reviews, now.AddDate(0, 0, -loadDays), now).People {
		if line.Median != nil {
			hours[strings.ToLower(line.Who)] = (time.Duration(*line.Median) * time.Second).Hours()
		}
	}
	p.kept.Keep(folded(repo), pace{hours, now})
	return hours, nil
}

// pace says of the candidates how soon they review, to who signed in.
func (p *Pages) pace(ctx context.Context, repo pull.Repo, candidates []Candidate, v visitor) error {
	if !v.signed || len(candidates) == 0 {
		return nil
	}
	hours, err := p.paces.of(ctx, repo)
	if err != nil {
		return err
	}
	for i := range candidates {
		if h, ok := hours[strings.ToLower(candidates[i].Login)]; ok {
			candidates[i].Hours = h
		}
	}
	return nil
}
