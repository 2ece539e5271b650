package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Repo is what was read of one repository and its gated branches.
type Repo struct {
	Forge, Name string // Name is owner/name
	// Named tells that somebody asked for this very repository.
	Named bool
	// Unread says why it could not be read; nothing else is known then.
	Unread string
	Policy Policy
	// Token tells that the gate acts with a token there, Granted what the App may do
	// otherwise.
	Token    bool
	Granted  Granted
	Branches []Branch // that are gated
	Staff    Staff
	// More tells that there are more branches than were looked at, of which there
	// were Seen.
	More bool
	Seen int
	// Families are patterns of branches whose checks all have one name.
	Families []Family
}

// Granted is what an account has accepted.
type Granted struct {
	Known       bool
	Permissions map[string]string
	Events      []string
}

// Policy is the policy that holds for a repository.
type Policy struct {
	Source PolicySource
	File   string   // where it is; empty for none
	Faults []string // what is wrong with it
	Names  []string // which names the checks have, in sentences
}

// PolicySource says whose a policy is.
type PolicySource string

// The sources.
const (
	NoPolicy      PolicySource = "none"
	OwnPolicy     PolicySource = "repository"
	OrgPolicy     PolicySource = "organisation"
	DefaultPolicy PolicySource = "default"
)

// Branch is a gated branch and what it asks for before anything is merged into it.
type Branch struct {
	Name  string
	Check string // the name of the check towards it
	Added bool   // the branch was added to the name that is written
	Warn  bool   // the policy only warns
	// Others are the names of the checks towards other branches, Written those that the
	// policy writes, or would have if it wrote none.
	Others, Written []string
	Required        []Required
	// Unread says what of the rules could not be read: there may be more.
	Unread string
	Queue  bool // it has a merge queue
	// Stale tells of "dismiss stale approvals", StaleUnread that it may be set where
	// we can't see it, with the reason.
	Stale       bool
	StaleUnread string
	// Exact tells that the names of required checks are compared letter by letter, and may
	// be patterns.
	Exact bool
	Way   Way
	// NoCreation tells that rulesets keep everybody who may write from creating a branch
	// of its name, Blocks that its own protection does.
	NoCreation, Blocks bool
}

// Way is how else than by a pull request that passed something gets into a branch, on a
// forge where its own rule says so.
type Way struct {
	Told   bool
	Unread string // why it is not told; empty also where a forge has no such rule
	Admins bool   // administrators may merge whatever is required
	Anyone bool   // whoever may write may push
	// Pushers are those who alone may push, in words.
	Pushers []string
}

// Required is a check that a branch requires.
type Required struct {
	Name   string
	Source int64 // the number of the app that has to write it; 0: anybody
	Ours   bool
}

// Family is a pattern of branches whose checks have one name: a success towards one
// counts for all.
type Family struct {
	Pattern, Check string
	// Closed tells that not everybody who may write may create such a branch.
	Closed bool
	Unread string
}

// OfRepo finds out what is wrong with a repository.
func OfRepo(r Repo) []Finding {
	n := &notes{forge: r.Forge, repo: r.Name}
	if r.Unread != "" {
		n.unread("repository", "the repository can't be looked at", r.Unread,
			"see that the App is installed there, or that the token may read it")
		return n.list
	}
	n.policy(r)
	n.staff(r.Staff)
	if r.More {
		n.add("protection", CannotTell, fmt.Sprintf("the repository has more than %d branches, and only as many were looked at", r.Seen),
			"others may be gated", "look at their protection by hand; `reviewgate validate` names their checks")
	}
	for _, b := range r.Branches {
		n.branch = b.Name
		n.required(r, b)
		n.ways(b.Way)
		n.stale(r, b)
		n.queue(r, b)
	}
	for _, f := range r.Families {
		n.branch = f.Pattern
		n.family(f)
	}
	return n.list
}

func (n *notes) policy(r Repo) {
	const check = "policy"
	switch p := r.Policy; {
	case len(p.Faults) > 0:
		n.add(check, Error, fmt.Sprintf("the policy at %s can't be read: %s", p.File, some(p.Faults)),
			"every pull request towards the default branch gets an error", "mend it; `reviewgate validate` shows the faults with their lines")
		return
	case p.Source == NoPolicy && r.Named:
		n.add(check, Warning, "there is no policy, neither in the repository nor of its organisation or the service", "nothing is gated there",
			"put one at .github/review-gate.yml on the default branch")
		return
	case p.Source == NoPolicy:
		n.ok(check, "no policy: nothing is gated")
		return
	case len(r.Branches) == 0:
		n.add(check, Warning, fmt.Sprintf("the policy of the %s, %s, gates no branch that there is", p.Source, p.File), "nothing is gated",
			"name branches under branches:, or leave that out for the default branch")
	default:
		n.ok(check, "the policy of the %s, %s, gates %s", p.Source, p.File, count(len(r.Branches), "branch", "branches"))
	}
	for _, name := range r.Policy.Names {
		n.ok("check_name", "%s", name)
	}
}

// of gives what a branch requires under the name of its check.
func (b Branch) of() (ours, anybody bool, others []int64) {
	for _, r := range b.Required {
		switch {
		case !strings.EqualFold(r.Name, b.Check) || b.Exact && r.Name != b.Check:
		case r.Ours:
			ours = true
		case r.Source == 0:
			anybody = true
		default:
			others = append(others, r.Source)
		}
	}
	return ours, anybody, others
}

func (n *notes) required(r Repo, b Branch) {
	const check = "check_required"
	n.misnamed(r, b)
	n.patterns(b)
	ours, anybody, others := b.of()
	require, told := fmt.Sprintf("require %q in the branch's protection or in a ruleset", b.Check), ""
	switch {
	case !r.Token:
		require += ", with the App as its expected source"
		told = "; the App sees a branch's protection with contents: read, and rulesets with metadata: read"
	case b.Exact:
		require = fmt.Sprintf("enable status checks in the branch's protection, and require %q", b.Check)
	}
	switch {
	case len(others) > 0 && !r.Token:
		n.add(check, Error, fmt.Sprintf("the branch requires the check %q from another app, %d", b.Check, others[0]),
			"what this gate writes does not count there: pull requests wait for ever, or that app opens the gate",
			"choose this App as the expected source")
	case len(others) > 0:
		n.add(check, Error, fmt.Sprintf("the branch requires the check %q from an app, %d", b.Check, others[0]),
			"a token's statuses do not count there: pull requests wait for ever, or that app opens the gate",
			"require it from any source, or act as that App")
	case ours:
		n.ok(check, "the branch requires the check %q from this App", b.Check)
	case anybody && r.Token:
		n.ok(check, "the branch requires the status %q", b.Check)
	case anybody:
		n.fromAnybody(r, b)
	case b.Unread != "":
		n.unread(check, fmt.Sprintf("whether the branch requires the check %q can't be told", b.Check), b.Unread,
			require+told)
	default:
		s := Error
		if b.Warn {
			s = Warning
		}
		n.add(check, s, fmt.Sprintf("the branch does not require the check %q", b.Check), "pull requests are merged whatever it says", require)
	}
	if b.Added && !ours {
		n.add("check_name", Warning, fmt.Sprintf("the check is %q, and not as the policy writes it", b.Check),
			"another branch has the name that is written, and a success towards one would count for the other",
			fmt.Sprintf("require %q here, or write {branch} into the name", b.Check))
	}
}

// patterns tells of a pattern that takes the gate's check, and others.
func (n *notes) patterns(b Branch) {
	for _, r := range b.Required {
		first, last := strings.IndexAny(r.Name, special), strings.LastIndexAny(r.Name, special)
		if !b.Exact || first < 0 || !strings.HasPrefix(b.Check, r.Name[:first]) || !strings.HasSuffix(b.Check, r.Name[last+1:]) {
			continue
		}
		n.add("check_required", Error, fmt.Sprintf("the branch requires the check by a pattern, %q", r.Name),
			"any status whose name fits lets pull requests be merged, also where the gate's is not there yet",
			fmt.Sprintf("require %q by its exact name", b.Check))
	}
}

// special are the characters that make a name a pattern.
const special = `*?[]{}!\`

// ways tells how a branch's rule lets the gate be passed by.
func (n *notes) ways(w Way) {
	const check = "protection"
	if w.Unread != "" {
		n.unread(check, "who may pass the gate by can't be told", w.Unread, "look at the branch's protection by hand")
	}
	if !w.Told {
		return
	}
	if w.Admins {
		n.add(check, Warning, "administrators may merge whatever the branch requires", "they merge past the gate, by a box on the page",
			"forbid administrators to override the branch's rule (block_admin_merge_override)")
	}
	switch {
	case w.Anyone:
		n.add(check, Warning, "whoever may write to the repository may push to the branch", "what is pushed passes no pull request",
			"disable pushes in the branch's protection")
	case len(w.Pushers) > 0:
		n.add(check, Warning, "some may push to the branch: "+some(w.Pushers), "what they push passes no pull request",
			"take them off the list of those who may push, unless it is meant")
	case !w.Admins:
		n.ok(check, "nothing gets into the branch but by a pull request that passed")
	}
}

func (n *notes) fromAnybody(r Repo, b Branch) {
	why := "everybody who may write to the repository can write it"
	if r.Granted.Known && !has(r.Granted.Permissions, "statuses", "write") {
		why += ", and without the permission statuses: write the gate can't write over a status of its name"
	}
	n.add("check_required", Warning, fmt.Sprintf("the branch takes the check %q from anybody", b.Check), why,
		"choose this App as its expected source, in the branch's protection or in the ruleset")
}

// misnamed tells of names of the gate's that are required and that nobody writes
// towards this branch.
func (n *notes) misnamed(r Repo, b Branch) {
	var told []string
	for _, c := range b.Required {
		name := strings.ToLower(c.Name)
		is := func(o string) bool { return strings.EqualFold(o, c.Name) }
		ours := c.Ours || slices.ContainsFunc(b.Others, is) && (c.Source == 0 || r.Token)
		if is(b.Check) || slices.Contains(told, name) || !ours && !slices.ContainsFunc(b.Written, is) {
			continue
		}
		told = append(told, name)
		s := Error
		if !ours {
			s = Warning // something else may write it
		}
		n.add("check_name", s, fmt.Sprintf("the branch requires the check %q, and the one towards it is %q", c.Name, b.Check),
			"nobody writes the other one for pull requests towards this branch, or it was earned towards another",
			fmt.Sprintf("require %q instead", b.Check))
	}
}

func (n *notes) stale(r Repo, b Branch) {
	const check = "dismiss_stale"
	switch {
	case b.Stale:
		n.add(check, Warning, "the branch dismisses stale approvals when new commits are pushed",
			"the forge takes all approvals back with each push, also those of files that it does not touch, so none is kept per file",
			"switch it off: the gate drops what a push has changed; unless it is meant")
	case b.StaleUnread != "":
		do := "look at the branch's protection"
		if !r.Token {
			do = "give the App the permission administration: read to have it told, or " + do
		}
		n.unread(check, "whether the branch dismisses stale approvals can't be told", b.StaleUnread, do)
	default:
		n.ok(check, "the branch does not dismiss stale approvals")
	}
}

func (n *notes) queue(r Repo, b Branch) {
	const check = "merge_queue"
	if !b.Queue {
		return
	}
	if !r.Granted.Known {
		n.add(check, CannotTell, "the branch has a merge queue, and whether its groups can be judged can't be told",
			"what we may do there is not known", "the App needs the permission merge_queues: read and the event merge_group")
		return
	}
	missing := lacking(slices.DeleteFunc(rights(), func(x right) bool { return x.name != "merge_queues" && x.name != "merge_group" }),
		r.Granted.Permissions, r.Granted.Events)
	if len(missing) == 0 {
		n.ok(check, "the branch has a merge queue, whose groups are judged")
	}
	for _, m := range missing {
		n.add(check, Error, "the branch has a merge queue, and the App lacks the "+m.String(), m.lost,
			"add it in the App's settings, and have it accepted")
	}
}

func (n *notes) family(f Family) {
	const check = "creation"
	what := fmt.Sprintf("the branches of this pattern share the check %q", f.Check)
	do := "protect the pattern against the creation of branches by a ruleset, or write {branch} into the check's name"
	switch {
	case f.Closed:
		n.ok(check, "%s, and not everybody may create one", what)
	case f.Unread != "":
		n.unread(check, what+", and who may create one can't be told", f.Unread, do)
	default:
		n.add(check, Warning, what+", and everybody who may write can create one",
			"a success that was earned towards a branch of one's own counts towards all of them", do)
	}
}
