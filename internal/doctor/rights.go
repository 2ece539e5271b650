package doctor

import "slices"

// right is a permission or an event of an App.
type right struct {
	name   string
	access string // of a permission; empty for an event
	lost   string // what is lost without
	needed bool   // the gate does not work without
}

func (r right) String() string {
	if r.access == "" {
		return "event " + r.name
	}
	return "permission " + r.name + ": " + r.access
}

func (r right) severity() Severity {
	if r.needed {
		return Error
	}
	return Warning
}

func (r right) check() string {
	if r.access == "" {
		return "events"
	}
	return "permissions"
}

const swept = "only a sweep notices it, minutes later"

// rights are all that the App should have, in the order in which they are told.
func rights() []right {
	return []right{
		{"checks", "write", "no check can be written", true},
		{"contents", "read", "neither the policy nor the commits can be read", true},
		{"metadata", "read", "no repository can be read", true},
		{"pull_requests", "write", "reviews can't be read, and nobody can be asked for one", true},
		{"statuses", "read", "a status of the gate's name that somebody else writes on the commit that merging would give is not noticed, " +
			"and it decides before the check", true},
		{"members", "read", "teams can't be read, and a team that can't be read approves nothing", false},
		{"merge_queues", "read", "the groups of merge queues can't be judged, and wait until the queue gives up", false},
		{"pull_request", "", "a new pull request, or a push to one, is not noticed: " + swept, true},
		{"pull_request_review", "", "a review is not noticed: " + swept, true},
		{"issue_comment", "", "commands in comments are not noticed: " + swept, true},
		{"push", "", "a change of the policy or of owners is not noticed: " + swept, true},
		{"check_run", "", "that somebody asks for a check again, or writes over it, is not noticed: " + swept, true},
		{"check_suite", "", "that somebody asks to run all checks again is not heard", false},
		{"status", "", "that somebody else writes a status of the gate's name is not noticed: " + swept, false},
		{"team", "", "that a team changed is not noticed: " + swept, false},
		{"membership", "", "that somebody joined or left a team is not noticed: " + swept, false},
		{"organization", "", "that somebody left the organisation is not noticed: " + swept, false},
		{"member", "", "that somebody may no longer write is not noticed: " + swept, false},
		{"repository", "", "that a repository was renamed, deleted or brought back is not noticed: " + swept, false},
		{"merge_group", "", "a merge queue asks for its groups to be judged in vain: " + swept, false},
	}
}

// Events are the events that the App should be subscribed to, sorted.
func Events() []string {
	var out []string
	for _, r := range rights() {
		if r.access == "" {
			out = append(out, r.name)
		}
	}
	slices.Sort(out)
	return out
}
