// Package doctor finds out what is wrong with a set-up, from what was read of it: of
// forges, of their repositories, and of the database.
//
// It promises that the same readings give the same findings in the same order, that
// what could not be read is never taken for a fault, and that each finding says what
// there is, why that matters and what to do. It reads nothing: adapters do.
package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Severity says how much a finding matters.
type Severity string

// The severities.
const (
	OK         Severity = "ok"
	CannotTell Severity = "cannot_tell" // it can't be told
	Warning    Severity = "warning"     // something is lost, or is less safe than it may be
	Error      Severity = "error"       // the gate does not work, or holds nothing
)

// Finding is one thing that was found out.
type Finding struct {
	// Check is what was looked at, a word that stays the same from version to version:
	// blocking, check_name, check_required, clock, creation, credential, database, dismiss_stale,
	// events, file_modes, git, installation, merge_queue, override, ownership, permissions, policy,
	// protection, repository, staff, statuses, webhook, webhook_deliveries, webhook_secret.
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	// Forge is the configured name of the forge that it is about, Repo its repository,
	// as owner/name, and Branch the branch or the pattern of branches; empty where it is
	// about none.
	Forge  string `json:"forge,omitempty"`
	Repo   string `json:"repo,omitempty"`
	Branch string `json:"branch,omitempty"`
	// What there is, why it matters and what to do, in sentences for people. OK has
	// no Why and Do.
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
	Do   string `json:"do,omitempty"`
}

// Place says what a finding is about, such as "github acme/linux main".
func (f Finding) Place() string {
	var parts []string
	for _, part := range []string{f.Forge, f.Repo, f.Branch} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Report is all that was found out. It is what `reviewgate doctor --format json`
// prints.
type Report struct {
	// Errors, Warnings and CannotTell are how many findings there are of each severity.
	Errors     int `json:"errors"`
	Warnings   int `json:"warnings"`
	CannotTell int `json:"cannot_tell"`
	// Findings are in the order in which things were looked at: the database, then
	// forge by forge, each before its repositories.
	Findings []Finding `json:"findings"`
}

// NewReport counts findings.
func NewReport(findings []Finding) Report {
	r := Report{Findings: append([]Finding{}, findings...)}
	for _, f := range findings {
		switch f.Severity {
		case Error:
			r.Errors++
		case Warning:
			r.Warnings++
		case CannotTell:
			r.CannotTell++
		case OK:
		}
	}
	return r
}

// Text says findings for people: what is wrong first what it is, then why it matters and
// what to do.
func (r Report) Text() string {
	var b strings.Builder
	words := map[Severity]string{OK: "ok", CannotTell: "cannot tell", Warning: "warning", Error: "error"}
	for _, f := range r.Findings {
		terminal.Fprintf(&b, "%s: ", words[f.Severity])
		if place := f.Place(); place != "" {
			terminal.Fprintf(&b, "%s: ", place)
		}
		terminal.Fprintf(&b, "%s\n", f.What)
		if f.Why != "" {
			terminal.Fprintf(&b, "  why: %s\n", f.Why)
		}
		if f.Do != "" {
			terminal.Fprintf(&b, "  do: %s\n", f.Do)
		}
	}
	terminal.Fprintf(&b, "errors: %d, warnings: %d, cannot tell: %d\n", r.Errors, r.Warnings, r.CannotTell)
	return b.String()
}

// notes collects findings about one place.
type notes struct {
	forge, repo, branch string
	list                []Finding
}

func (n *notes) add(check string, s Severity, what, why, do string) {
	n.list = append(n.list, Finding{Check: check, Severity: s, Forge: n.forge, Repo: n.repo, Branch: n.branch, What: what, Why: why, Do: do})
}

func (n *notes) ok(check, format string, args ...any) {
	n.add(check, OK, fmt.Sprintf(format, args...), "", "")
}

// unread notes that something can't be told.
func (n *notes) unread(check, what, reason, do string) {
	n.add(check, CannotTell, what, "it could not be read: "+reason, do)
}

// count writes a number with its noun, such as "1 repository".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// some lists the first of many names.
func some(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// has reports whether a permission is granted, at least as far as is asked.
func has(permissions map[string]string, name, access string) bool {
	have := permissions[name]
	return have == access || have == "write" || have == "admin"
}

// lacking gives those of the rights that permissions and events do not hold.
func lacking(rights []right, permissions map[string]string, events []string) []right {
	return slices.DeleteFunc(slices.Clone(rights), func(r right) bool {
		if r.access == "" {
			return slices.Contains(events, r.name)
		}
		return has(permissions, r.name, r.access)
	})
}
