package fake

import (
	"fmt"
	"slices"
	"strings"
)

// RequestReviewers asks people and teams for review.
func (p *PullRequest) RequestReviewers(by string, people, teams []string) error {
	return p.as(by, "request reviewers of", func(by *Account) error { return by.Request(p, people, teams) })
}

// UnrequestReviewers takes requests for review back.
func (p *PullRequest) UnrequestReviewers(by string, people, teams []string) error {
	return p.as(by, "take back requests for review of", func(by *Account) error { by.Unrequest(p, people, teams); return nil })
}

// Request asks for reviews: of all who are named, or, if one of them can't be asked, of
// none; under the lock.
func (by *Account) Request(p *PullRequest, people, teams []string) error {
	users, asked, err := p.askable(people, teams)
	if err != nil {
		return err
	}
	for _, a := range users {
		p.AskedUsers = append(p.AskedUsers, a)
		p.happen(Event{Kind: ReviewRequested, By: by, Who: a})
	}
	for _, t := range asked {
		p.AskedTeams = append(p.AskedTeams, t)
		p.happen(Event{Kind: ReviewRequested, By: by, Team: t})
		p.assignMembers(t, by)
	}
	return nil
}

// askable finds those who are named and not asked yet.
func (p *PullRequest) askable(people, teams []string) (users []*Account, asked []*TeamRecord, err error) {
	for _, login := range people {
		a := p.repo.forge.byLogin[strings.ToLower(login)]
		switch {
		case a == p.Author && a != nil:
			return nil, nil, refuse(NotAskable, "Review cannot be requested from pull request author.")
		case p.repo.Granted(a) == None || a.Kind != Person:
			return nil, nil, refuse(NotAskable, "Reviews may only be requested from collaborators. One or more of the users or teams you "+
				"specified is not a collaborator of the "+p.repo.FullName()+" repository.")
		case !slices.Contains(p.AskedUsers, a) && !slices.Contains(users, a):
			users = append(users, a)
		}
	}
	for _, slug := range teams {
		t := p.repo.forge.FindTeam(p.repo.Owner, slug)
		if t == nil || !slices.ContainsFunc(p.repo.Teams, func(g TeamGrant) bool { return g.Team == t }) {
			return nil, nil, refuse(NoTeam, slug)
		}
		if !slices.Contains(p.AskedTeams, t) && !slices.Contains(asked, t) {
			asked = append(asked, t)
		}
	}
	if most := p.repo.forge.customs.MaxReviewers; most > 0 && len(p.AskedUsers)+len(p.AskedTeams)+len(users)+len(asked) > most {
		return nil, nil, refuse(NotAskable, fmt.Sprintf("A maximum of %d reviewers can be requested.", most))
	}
	return users, asked, nil
}

// Unrequest takes requests for review back; who was not asked is passed over. Under the
// lock.
func (by *Account) Unrequest(p *PullRequest, people, teams []string) {
	for _, a := range slices.Clone(p.AskedUsers) {
		if slices.ContainsFunc(people, func(login string) bool { return sameName(login, a.Login) }) {
			p.AskedUsers = slices.DeleteFunc(p.AskedUsers, func(o *Account) bool { return o == a })
			p.happen(Event{Kind: RequestRemoved, By: by, Who: a})
		}
	}
	for _, t := range slices.Clone(p.AskedTeams) {
		if slices.ContainsFunc(teams, func(slug string) bool { return sameName(slug, t.Slug) }) {
			p.AskedTeams = slices.DeleteFunc(p.AskedTeams, func(o *TeamRecord) bool { return o == t })
			p.happen(Event{Kind: RequestRemoved, By: by, Team: t})
		}
	}
}
