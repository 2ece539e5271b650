package doctor

import "fmt"

// Staff is who there is to approve in a repository.
type Staff struct {
	Faults   []string // of the ownership files
	DeadEnds []string // where somebody is awaited who is not there, in sentences
	Empty    []string // teams without members
	Unread   string   // why not all of it is known; empty if it is
}

// OfMenders tells of a service in which so many may let in what mends a broken policy.
func OfMenders(people int) []Finding {
	n := &notes{}
	const check = "override"
	if people > 0 {
		n.ok(check, "server.override names who may let in what mends a broken policy")
	} else {
		n.add(check, Warning, "server.override names nobody who may let in what mends a broken policy",
			"such a pull request waits for ever, or is merged past the gate", "name people or a team under server.override.allowed")
	}
	return n.list
}

func (n *notes) staff(s Staff) {
	const check = "staff"
	if len(s.Faults) > 0 {
		n.add("ownership", Error, "the ownership files have faults: "+some(s.Faults),
			"every pull request towards the default branch gets an error", "mend them; `reviewgate validate` shows the faults with their lines")
	}
	for _, text := range s.DeadEnds {
		n.add(check, Warning, text, "a pull request waits there for somebody who does not come", "name others in the policy or in the map")
	}
	for _, team := range s.Empty {
		n.add(check, Warning, fmt.Sprintf("the team @%s, which the policy or the map names, has no members", team),
			"nobody approves as one of them", "add members, or name others")
	}
	if s.Unread != "" {
		n.unread(check, "whether everything has somebody who can approve can't be told", s.Unread,
			"see that the App may read contents and members, or look at the files and teams by hand")
	}
}
