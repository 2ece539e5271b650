// Package requests says whom a pull request still waits for, and whom to ask next.
//
// It is pure: it takes what is known of earlier requests, of people's time and load, and of
// the verdict, and gives a choice by package assign. It promises that nobody is asked twice
// who has answered or was taken off. Asking itself is left to the gate.
package requests

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// ReviewerState is what the gate knows of the people whom it asks or could ask.
type ReviewerState struct {
	Asked []Requested `json:"asked,omitempty"` // by this gate, for any head, oldest first
	Busy  []string    `json:"busy,omitempty"`  // who say so on the forge
	// Load and Knows are as in assign.Input.
	Load  map[string]float64 `json:"load,omitempty"`
	Knows map[string]float64 `json:"knows,omitempty"`
	// Hinted are those whom the text of the patch concerns, as a source says.
	Hinted []string `json:"hinted,omitempty"`
}

// Requested is a person whom the gate asked for review.
type Requested struct {
	Head    string                `json:"Head"`
	Login   string                `json:"Login"`
	Refused bool                  `json:"Refused"` // the forge refused: not a collaborator
	At      time.Time             `json:"At"`
	Why     policy.RequestVerdict `json:"Why"` // as shown; without Who, State and At
	// TakenBack tells that the gate took the request back, as nothing gated the pull
	// request any longer.
	TakenBack bool `json:"taken_back,omitempty"`
}

// Input is what the choice of people is made of.
type Input struct {
	Snapshot  *policy.Snapshot
	Reviewers *ReviewerState
	Most      int // people and teams that the forge lets be asked
}

// Wanted reports whether people are asked at all: not for drafts, and not
// where nothing is missing or nothing is known.
func Wanted(in *Input, v *policy.Verdict) bool {
	return !in.Snapshot.Request.Draft && v.Unwarned != policy.Error && v.Unwarned != policy.Success && in.Snapshot.Rules.Asking.Max > 0
}

// Ask chooses whom to ask, and adds to the verdict who is asked and why, and
// when somebody else has to be.
func Ask(in *Input, v *policy.Verdict) []string {
	if v.Unwarned == policy.Error {
		return nil
	}
	requests := Of(in)
	for _, r := range requests {
		v.Asked = append(v.Asked, r.RequestVerdict)
	}
	if !Wanted(in, v) {
		return nil
	}
	var names []string
	for _, p := range Choose(in, v, requests).Ask {
		names = append(names, p.Who)
		v.Asked = append(v.Asked, policy.RequestVerdict{Who: p.Who, State: policy.AskWaiting, At: in.Snapshot.Now.Truncate(time.Microsecond),
			Files: p.Files, Subsystems: p.Subsystems, Load: p.Load, Knows: p.Knows, Helper: p.Helper})
	}
	slices.SortStableFunc(v.Asked, byTime) // as they stand next time
	v.DueAt = sooner(v.DueAt, in.nextDue(requests, names))
	return names
}

// Choose runs the choice on what is known.
func Choose(in *Input, v *policy.Verdict, requests []*Request) assign.Choice {
	s := in.Snapshot
	input := assign.Input{
		Verdict: *v, Rules: s.Rules, Room: in.Most - len(s.Request.Requested),
		Teams: in.teams(), Load: in.Reviewers.Load, Knows: in.Reviewers.Knows, Owns: expertise.Owning, Seed: s.Request.Ref.String(),
	}
	for _, r := range requests {
		if r.active {
			input.Asked = append(input.Asked, r.Who)
		} else {
			input.Never = append(input.Never, r.Who)
		}
	}
	for _, b := range v.Blocks {
		// Only their approval lifts it, once there is something new to look at.
		if b.Commit != s.Request.Head && s.Rules.ChangesRequested == policy.RequestBlocks && !s.Owners.Absent(b.Who, s.Now) {
			input.Must = append(input.Must, b.Who)
		}
	}
	for _, login := range Candidates(v) {
		if s.Owners.Absent(login, s.Now) {
			input.Never = append(input.Never, login)
		}
	}
	input.Never = append(input.Never, in.Reviewers.Busy...)
	if s.Rules.Asking.Strategy == policy.AskAll {
		input.Helpers = slices.DeleteFunc(in.Helpers(v), func(login string) bool { return s.Owners.Absent(login, s.Now) })
	}
	return assign.Choose(input)
}

// Candidates lists everybody who could approve something that is missing, each
// once.
func Candidates(v *policy.Verdict) []string {
	var logins []string
	seen := map[string]bool{}
	for i := range v.Files {
		for _, needs := range [][]policy.Need{v.Files[i].Needs, v.Files[i].OwnNeeds} {
			for _, n := range needs {
				for _, login := range n.Candidates {
					if !seen[login] {
						seen[login] = true
						logins = append(logins, login)
					}
				}
			}
		}
	}
	return logins
}

// teams returns the members of the teams that can be asked as such: those of the
// repository's own organisation, or of a group around its own.
func (in *Input) teams() map[string][]string {
	teams := map[string][]string{}
	for key, team := range in.Snapshot.Teams {
		org, _, _ := strings.Cut(key, "/")
		if team.Unread != "" || !pull.Within(in.Snapshot.Request.Ref.Repo.Owner, org) {
			continue
		}
		members := make([]string, 0, len(team.Members))
		for _, m := range team.Members {
			members = append(members, m.Login)
		}
		teams[key] = members
	}
	return teams
}

// Helpers are the reviewers of the subsystems that miss review, the people of
// optional ones, and those whom the patch's text concerns.
func (in *Input) Helpers(v *policy.Verdict) []string {
	s := in.Snapshot
	var logins []string
	add := func(owners []ownership.Owner) {
		for _, o := range owners {
			switch {
			case o.Login != "" && !o.Bot:
				logins = append(logins, o.Login)
			case o.Team != "":
				for _, m := range s.Teams[policy.TeamKey(o.Team)].Members {
					logins = append(logins, m.Login)
				}
			}
		}
	}
	for i := range v.Files {
		f := &v.Files[i]
		if len(f.Needs) == 0 {
			continue
		}
		for _, sub := range s.Owners.Match(f.Path) {
			add(sub.Reviewers)
		}
		for _, sub := range s.Owners.Matching(f.Path) {
			if sub.Optional {
				add(sub.Maintainers)
				add(sub.Reviewers)
			}
		}
	}
	logins = append(logins, in.Reviewers.Hinted...)
	return slices.DeleteFunc(logins, func(login string) bool {
		return pull.SameLogin(login, s.Request.Author.Login) || pull.BotLogin(login)
	})
}

// Request is a request for review and where it stands.
type Request struct {
	policy.RequestVerdict
	active    bool      // an answer is still to be expected
	since     time.Time // of the silence
	requested bool      // at this moment
	removed   bool
	asked     time.Time  // last, as the forge tells
	assigned  bool       // a team that was replaced by members at once
	record    *Requested // of the gate's own last asking
}

// Of returns the requests for review that matter at this head, in order of
// time.
func Of(in *Input) []*Request {
	req := &in.Snapshot.Request
	all := map[string]*Request{}
	of := func(who string) *Request {
		key := strings.ToLower(who)
		if all[key] == nil {
			all[key] = &Request{RequestVerdict: policy.RequestVerdict{Who: who, ByHand: true}}
		}
		return all[key]
	}
	for _, a := range req.ReviewRequests {
		r := of(a.Who)
		if r.removed = a.Removed; !a.Removed {
			r.At, r.asked = a.At, a.At
		}
		r.assigned = a.Removed && (in.Snapshot.Form == 0 || in.Snapshot.Form > 3) && assigned(req.ReviewRequests, r.Who, r.asked, a.At)
	}
	for _, who := range req.Requested {
		r := of(who)
		r.requested, r.removed = true, false
	}
	for i := range in.Reviewers.Asked {
		of(in.Reviewers.Asked[i].Login).recorded(&in.Reviewers.Asked[i])
	}
	var out []*Request
	for _, r := range all {
		if in.place(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Request) int { return byTime(a.RequestVerdict, b.RequestVerdict) })
	return out
}

// TakeBack returns the gate's own requests that stand: those of others, and those that
// somebody repeated by hand, are not its own.
func TakeBack(in *Input) []Requested {
	var own []Requested
	for _, r := range Of(in) {
		if r.requested && r.record != nil && !r.record.Refused && !r.ByHand {
			back := *r.record
			back.TakenBack = true
			own = append(own, back)
		}
	}
	return own
}

// atOnce is how far apart the forge's times may be of what it does in one go.
const atOnce = 5 * time.Second

// assigned reports whether a team that was asked and taken off at once was replaced by
// some of its members, as the forge's review assignment does.
func assigned(asks []pull.ReviewRequest, team string, from, to time.Time) bool {
	return strings.HasPrefix(team, "@") && !from.IsZero() && to.Sub(from) <= atOnce &&
		slices.ContainsFunc(asks, func(a pull.ReviewRequest) bool {
			return !a.Removed && !strings.HasPrefix(a.Who, "@") && !a.At.Before(from) && a.At.Sub(to) <= atOnce
		})
}

func byTime(a, b policy.RequestVerdict) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Who, b.Who))
}

// soon is how far the forge's time of a request may lie behind the gate's own.
const soon = 5 * time.Minute

// recorded takes over what the gate itself remembers of its asking, unless
// somebody asked again later.
func (r *Request) recorded(a *Requested) {
	r.record = a
	if a.Refused || a.TakenBack || r.At.After(a.At.Add(soon)) {
		return
	}
	who := r.Who
	r.RequestVerdict = a.Why
	r.Who, r.At, r.ByHand = who, a.At, false
}

// place says where a request stands; false if it does not matter any more.
func (in *Input) place(r *Request) bool {
	s, req := in.Snapshot, &in.Snapshot.Request
	last, state := lastReview(req, r.Who)
	r.since = r.At
	if last.After(r.since) {
		r.since = last
	}
	here := r.record != nil && r.record.Head == req.Head
	// Forges give times in whole seconds.
	answered := r.record != nil && !last.Before(r.record.At.Truncate(time.Second))
	gone := !req.ReviewRequestsKnown && r.record != nil && !r.record.Refused && !answered
	switch after := s.Rules.Asking.Reassign; {
	case r.requested && s.Owners != nil && (s.Owners.Absent(r.Who, s.Now) || Contains(in.Reviewers.Busy, r.Who)):
		r.State = policy.AskAway
	case r.requested && after > 0 && !r.since.IsZero() && !s.Now.Before(r.since.Add(after)):
		r.State = policy.AskSilent
	case r.requested:
		r.State, r.active = policy.AskWaiting, true
	case r.record != nil && r.record.Refused:
		r.State, r.ByHand = policy.AskRefused, false
	case r.record != nil && r.record.TakenBack:
		return false // and asked again as if for the first time
	case r.assigned:
		r.State = policy.AskAssigned
	case r.removed || gone:
		r.State = policy.AskRemoved
	case !here:
		return false // it was answered, for an earlier head
	case answered || strings.HasPrefix(r.Who, "@"):
		r.State = policy.AskAnswered
		r.active = state != pull.Approved && !last.IsZero() && (after == 0 || s.Now.Before(r.since.Add(after)))
	default: // asked just now: the forge does not list it yet
		r.State, r.active = policy.AskWaiting, true
	}
	return true
}

// Contains reports whether a login is in a list. Logins compare without case.
func Contains(list []string, login string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return pull.SameLogin(l, login) })
}

// lastReview returns when somebody reviewed last, and what they said.
func lastReview(req *pull.Request, login string) (at time.Time, state pull.ReviewState) {
	for _, r := range req.Reviews {
		if pull.SameLogin(r.Author.Login, login) && r.State != pull.Pending && !r.At.Before(at) {
			at, state = r.At, r.State
		}
	}
	return at, state
}

// absenceAhead is how many days ahead absences are looked for.
const absenceAhead = 31

// nextDue is when somebody who is asked becomes silent or goes away, so that the
// next has to be asked; zero if that is not foreseen.
func (in *Input) nextDue(requests []*Request, names []string) (due time.Time) {
	s := in.Snapshot
	after := s.Rules.Asking.Reassign
	add := func(who string, since time.Time) {
		if after > 0 && !since.IsZero() {
			due = sooner(due, since.Add(after))
		}
		year, month, day := s.Now.UTC().Date()
		for i := 1; i <= absenceAhead; i++ {
			if day := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC); s.Owners.Absent(who, day) {
				due = sooner(due, day)
				break
			}
		}
	}
	for _, r := range requests {
		if r.active {
			add(r.Who, r.since)
		}
	}
	for _, name := range names {
		add(name, s.Now)
	}
	return due
}

// sooner returns the earlier of two times, of which either may be zero for never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
