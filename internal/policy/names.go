package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// A check belongs to a commit, so a success earned towards one branch stands for
// every branch whose check has the same name. What follows keeps names apart
// (package policy, §4, "Check names").

// branchMark stands in a check's name for the base branch.
const branchMark = "{branch}"

// The longest that a branch's name may be within a check's; a longer one is cut
// and ends in a hash.
const (
	longestBranch = 100
	cutBranch     = 80
	hashDigits    = 16
)

// encodeBranch writes a branch's name so that no two names are the same without
// regard to case, as forges compare the names of checks.
func encodeBranch(branch string) string {
	var b strings.Builder
	for i := range len(branch) {
		c := branch[i]
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("._/-", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() <= longestBranch {
		return b.String()
	}
	return b.String()[:cutBranch] + hashOf(branch)
}

// hashOf tells a name from any other. No encoded name has its first character.
func hashOf(branch string) string {
	sum := sha256.Sum256([]byte(branch))
	return "~" + hex.EncodeToString(sum[:])[:hashDigits]
}

// rule returns the number of the branch rule that gates a branch; -1 if none does.
func (p Policy) rule(branch string) int {
	return slices.IndexFunc(p.Branches, func(b BranchRule) bool { return b.Match.Match(branch) })
}

// name returns the name of the check towards a branch that a rule gates, and whether
// "/{branch}" was added to what is written.
func (p Policy) name(rule int, branch, defaultBranch string) (name string, added bool) {
	template, added := p.template(rule, branch, defaultBranch)
	name = strings.ReplaceAll(template, branchMark, encodeBranch(branch))
	if slices.Contains(p.SharedCheck, branch) {
		return name, false
	}
	for _, shared := range p.SharedCheck {
		if i := p.rule(shared); i >= 0 &&
			strings.EqualFold(name, strings.ReplaceAll(p.Branches[i].Rules.Check, branchMark, encodeBranch(shared))) {
			return name + hashOf(branch), added
		}
	}
	for other := range rule {
		if p.makes(other, name, branch, defaultBranch) {
			return name + hashOf(branch), added
		}
	}
	return name, added
}

// template is the name of the check as a rule writes it, with the mark added where
// another branch would have the same one.
func (p Policy) template(rule int, branch, defaultBranch string) (template string, added bool) {
	template = p.Branches[rule].Rules.Check
	if strings.Contains(template, branchMark) || slices.Contains(p.SharedCheck, branch) {
		return template, false
	}
	var same []int // rules of that name
	for i, b := range p.Branches {
		if strings.EqualFold(b.Rules.Check, template) {
			same = append(same, i)
		}
	}
	byDefault := slices.Contains(same, p.rule(defaultBranch))
	if len(same) == 1 && (isLiteral(p.Branches[rule].Match) || !byDefault) {
		return template, false
	}
	keeps := ""
	if byDefault {
		keeps = defaultBranch
	}
	if i := slices.IndexFunc(same, func(i int) bool { return isLiteral(p.Branches[i].Match) }); i >= 0 {
		keeps = p.Branches[same[i]].Match.String()
	}
	if branch == keeps {
		return template, false
	}
	return template + "/" + branchMark, true
}

func isLiteral(p glob.Pattern) bool { return !strings.ContainsAny(p.String(), `*?[]{}\!`) }

// makes reports whether a rule gives a name to another branch.
func (p Policy) makes(rule int, name, branch, defaultBranch string) bool {
	written := p.Branches[rule].Rules.Check
	if !strings.Contains(written, branchMark) && strings.EqualFold(written, name) && p.keepsFor(rule, branch, defaultBranch) {
		return true
	}
	for _, template := range []string{written, written + "/" + branchMark} {
		other, ok := branchIn(template, name)
		if !ok || other == branch || p.rule(other) != rule {
			continue
		}
		if t, _ := p.template(rule, other, defaultBranch); strings.EqualFold(t, template) {
			return true
		}
	}
	return false
}

// branchIn returns the branch for which a template gives a name.
func branchIn(template, name string) (branch string, ok bool) {
	parts := strings.Split(strings.ToLower(template), branchMark)
	marks := len(parts) - 1
	room := len(name) - (len(template) - marks*len(branchMark))
	if marks == 0 || room < 0 || room%marks != 0 {
		return "", false
	}
	name = strings.ToLower(name) // as encoded names are, but for the digits behind %
	start := len(parts[0])
	if start+room/marks > len(name) {
		return "", false
	}
	encoded := name[start : start+room/marks]
	if strings.Join(parts, encoded) != name {
		return "", false
	}
	branch, err := url.PathUnescape(encoded)
	return branch, err == nil
}

// keepsFor reports whether a rule's checks towards another branch than this one have
// the name as it is written.
func (p Policy) keepsFor(rule int, branch, defaultBranch string) bool {
	const some = "\x00" // stands for any branch without a name of its own
	if _, added := p.template(rule, some, defaultBranch); !added && !isLiteral(p.Branches[rule].Match) {
		return true
	}
	named := append([]string{defaultBranch}, p.SharedCheck...)
	for _, b := range p.Branches {
		if isLiteral(b.Match) {
			named = append(named, b.Match.String())
		}
	}
	return slices.ContainsFunc(named, func(other string) bool {
		if other == branch || p.rule(other) != rule {
			return false
		}
		_, added := p.template(rule, other, defaultBranch)
		return !added
	})
}

// Names says, a line each, which names the checks will have, for people who set up
// what a branch requires. Which branch is the default one is not known.
func (p Policy) Names() []string {
	const anyOther = "the default branch" // no pattern names a branch so
	var lines []string
	for i, b := range p.Branches {
		match := b.Match.String()
		if isLiteral(b.Match) && p.rule(match) == i {
			name, added := p.name(i, match, anyOther)
			lines = append(lines, fmt.Sprintf("branch %q is to require %q%s", match, name, why(added)))
		}
		if isLiteral(b.Match) {
			continue
		}
		if name, added := p.name(i, anyOther, anyOther); p.rule(anyOther) == i && !added && !strings.Contains(b.Rules.Check, branchMark) {
			lines = append(lines, fmt.Sprintf("the default branch is to require %q", name))
		}
		template, added := p.template(i, "\x00", anyOther)
		line := fmt.Sprintf("each branch of %q is to require %q%s", match, template, why(added))
		if !strings.Contains(template, branchMark) {
			line += "; these branches share it, so a success towards one counts for another: protect the pattern against the creation of " +
				"branches, or write " + branchMark + " into the name"
		}
		lines = append(lines, line)
	}
	return lines
}

// Family is a pattern of branches whose checks all have one name, so that a success
// towards one counts towards every other.
type Family struct{ Match, Check string }

// Families are the patterns whose branches share their check's name.
func (p Policy) Families(defaultBranch string) []Family {
	p = p.gatedAtLeast(defaultBranch)
	var out []Family
	for i, b := range p.Branches {
		if isLiteral(b.Match) || b.Rules.Mode == Off {
			continue
		}
		if template, _ := p.template(i, "\x00", defaultBranch); !strings.Contains(template, branchMark) {
			out = append(out, Family{b.Match.String(), template})
		}
	}
	return out
}

// Named are the branches that the policy gates by their names, and not by a pattern.
func (p Policy) Named() []string {
	var out []string
	for _, b := range p.Branches {
		if isLiteral(b.Match) {
			out = append(out, b.Match.String())
		}
	}
	return out
}

// Example is a branch of the family that need not be there; empty where the pattern is
// one of those for which none can be made up.
func (f Family) Example() string {
	pattern, err := glob.Compile(f.Match)
	name := strings.NewReplacer("**", "example", "*", "example", "?", "x").Replace(f.Match)
	if err != nil || !pattern.Match(name) {
		return ""
	}
	return name
}

// Has reports whether a branch is of the family's pattern.
func (f Family) Has(branch string) bool {
	pattern, err := glob.Compile(f.Match)
	return err == nil && pattern.Match(branch)
}

func why(added bool) string {
	if added {
		return " (/" + branchMark + " is added, as another branch has the name that is written)"
	}
	return ""
}
