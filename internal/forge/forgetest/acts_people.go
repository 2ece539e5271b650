package forgetest

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// peopleActs are what becomes of accounts, teams and rights.
func peopleActs() map[string]act {
	return map[string]act{
		// join ORG TEAM LOGIN
		"join": {4, false, func(w *teller, s []string, _ string) {
			w.known(s[3])
			must(w.t, w.Teams.AddTeamMember(s[1], s[2], s[3]))
		}},
		// leave ORG TEAM LOGIN
		"leave": {4, false, func(w *teller, s []string, _ string) { must(w.t, w.Teams.RemoveTeamMember(s[1], s[2], s[3])) }},
		// disband ORG TEAM
		"disband": {3, false, func(w *teller, s []string, _ string) { must(w.t, w.Teams.RemoveTeam(s[1], s[2])) }},
		// team ORG SLUG LOGIN...: a new one
		"team": {3, false, func(w *teller, s []string, _ string) {
			w.known(s[3:]...)
			if !w.people[s[1]] && s[1] != "acme" {
				must(w.t, w.Orgs.AddOrg(s[1], []string{"carol"}, nil))
				w.people[s[1]] = true
			}
			must(w.t, w.Teams.AddTeam(fake.Team{Org: s[1], Slug: s[2], Members: s[3:]}))
		}},
		// grant TEAM: it may write
		"grant": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Orgs.SetTeam(s[1], "write")) }},
		// collaborator LOGIN: may write
		"collaborator": {2, false, func(w *teller, s []string, _ string) {
			w.known(s[1])
			must(w.t, w.SetCollaborator(s[1], "write"))
		}},
		"delete-user": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.DeleteUser(s[1])) }},
		// hide-user LOGIN, show-user LOGIN: what the person wrote vanishes, and comes back
		"hide-user": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Spam.HideUser(s[1], true)) }},
		"show-user": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Spam.HideUser(s[1], false)) }},
		// rename-user LOGIN NEW
		"rename-user": {3, false, func(w *teller, s []string, _ string) {
			must(w.t, w.RenameUser(s[1], s[2]))
			w.people[s[1]], w.people[s[2]] = false, true
			if id, ok := w.reviews[s[1]]; ok {
				w.reviews[s[2]] = id
			}
		}},
		"busy": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Calendar.SetLimited(s[1], true)) }},
		"free": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.Calendar.SetLimited(s[1], false)) }},
	}
}

// askingActs are requests for review and labels.
func askingActs() map[string]act {
	return map[string]act{
		// ask LOGIN...: by hand
		"ask": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.RequestReviewers(w.pr, "carol", s[1:], nil)) }},
		// unask LOGIN...: by hand
		"unask": {2, false, func(w *teller, s []string, _ string) { must(w.t, w.UnrequestReviewers(w.pr, "carol", s[1:], nil)) }},
		// asked NAME...: those, and teams as @SLUG
		"asked": {1, true, func(w *teller, s []string, _ string) { w.settles("asked", s[1:], w.requested) }},
		// unasked: nobody is asked
		"unasked": {1, true, func(w *teller, _ []string, _ string) {
			w.settle()
			if got := w.requested(); len(got) > 0 {
				w.t.Errorf("asked %v, want nobody", got)
			}
		}},
		// labels NAME...: those, and no others
		"labels": {1, true, func(w *teller, s []string, _ string) {
			w.settles("labels", s[1:], func() []string { return w.Labels(w.pr) })
		}},
		// label LOGIN NAME: by hand
		"label": {3, false, func(w *teller, s []string, _ string) { must(w.t, w.AddLabel(w.pr, s[1], s[2])) }},
		// unlabel LOGIN NAME: by hand
		"unlabel": {3, false, func(w *teller, s []string, _ string) {
			if err := w.RemoveLabel(w.pr, s[1], s[2]); w.refused == nil {
				must(w.t, err)
			}
		}},
		// assignees LOGIN...: those, and no others
		"assignees": {1, true, func(w *teller, s []string, _ string) {
			w.settles("assignees", s[1:], func() []string { return w.Assignees(w.pr) })
		}},
		// refusals N: as many calls that asked one person were refused
		"refusals": {2, true, func(w *teller, s []string, _ string) {
			w.settle()
			if got, n := w.Calls.Refused(), w.number(s[1]); got != n {
				w.t.Errorf("%d people were refused, want %d", got, n)
			}
		}},
	}
}

// settles waits until a list is as it should be, and then until all is quiet.
func (w *teller) settles(what string, want []string, list func() []string) {
	w.t.Helper()
	want = slices.Sorted(slices.Values(want))
	got := func() []string { return slices.Sorted(slices.Values(list())) }
	w.until(what+" "+strings.Join(want, " "), func() bool { return slices.Equal(got(), want) })
	w.settle()
	if !slices.Equal(got(), want) {
		w.t.Errorf("%s %v, want %v", what, got(), want)
	}
}

// requested lists who is asked at this moment.
func (w *teller) requested() []string {
	people, teams := w.Requested(w.pr)
	for _, t := range teams {
		people = append(people, "@"+t)
	}
	return people
}
