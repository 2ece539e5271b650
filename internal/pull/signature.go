package pull

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Part is what somebody did of a commit.
type Part string

// The parts.
const (
	Author    Part = "author"
	Committer Part = "committer"
	CoAuthor  Part = "co-author" // by a trailer of the message
	Reviewer  Part = "reviewer"  // by a trailer of the message, which makes nobody a contributor
)

// Signature is one of those whom a commit names as its makers.
type Signature struct {
	Part    Part   `json:"part"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Account Person `json:"account,omitzero"` // to which the forge says that the address belongs; zero if to none
}

// Nobody reports whether a signature is that of a forge, which commits what people do on
// its pages, and not a person's.
func (s *Signature) Nobody() bool {
	local, _, _ := strings.Cut(strings.ToLower(s.Email), "@")
	return s.Part == Committer && (local == "noreply" || local == "no-reply")
}

// private is the form of the addresses that forges give to who hides their own: a login at
// users.noreply.HOST, some with the account's number before it.
var private = regexp.MustCompile(`^(?:([0-9]+)\+)?([a-z0-9](?:[a-z0-9_.-]*[a-z0-9_])?(?:\[bot\])?)@users\.noreply\.[a-z0-9.-]+$`)

// PrivateAddress returns the account that an address hides, if it is of that kind.
func PrivateAddress(email string) (Person, bool) {
	m := private.FindStringSubmatch(strings.ToLower(strings.TrimSpace(email)))
	if m == nil {
		return Person{}, false
	}
	id, err := strconv.ParseInt("0"+m[1], 10, 64)
	if err != nil {
		return Person{}, false
	}
	return Person{Login: m[2], ID: id, Bot: BotLogin(m[2])}, true
}

// maker is a line of a message that names somebody who wrote a part of it: git's and
// the kernel's trailers of that meaning. Signed-off-by, Reviewed-by and the like say
// nothing of who wrote it (Documentation/process/submitting-patches.rst).
var maker = regexp.MustCompile(`(?i)^\s*(?:co-authored-by|co-developed-by)\s*[:：](.*)$`)

// voucher is a line of a message that says that somebody reviewed the commit.
var voucher = regexp.MustCompile(`(?i)^\s*reviewed-by\s*[:：](.*)$`)

// address finds an e-mail address.
var address = regexp.MustCompile(`[^\s<>,;:"()]+@[^\s<>,;:"()]+`)

// mostMakers bounds how many people the trailers of one commit are read for.
const mostMakers = 1000

// MessageMakers returns those whom the trailers of a commit's message name as co-authors,
// wherever in it they stand: forges take the last block of lines only, and people
// divide it.
func MessageMakers(message string) []Signature { return named(message, maker, CoAuthor) }

// MessageVouchers returns those whom a commit's message says to have reviewed it, by
// Reviewed-by, wherever that stands.
func MessageVouchers(message string) []Signature { return named(message, voucher, Reviewer) }

// named returns whom lines of a kind name, and keeps nothing else of the message.
func named(message string, kind *regexp.Regexp, part Part) []Signature {
	var out []Signature
	seen := map[Signature]bool{}
	lines := strings.Split(strings.ReplaceAll(message, "\r", "\n"), "\n")
	for i, line := range lines {
		m := kind.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		value, end := m[1]+continued(lines[i+1:], kind), 0
		for _, at := range address.FindAllStringIndex(value, -1) {
			name := strings.Trim(value[end:at[0]], " \t<>,;\"")
			end = at[1]
			s := Signature{Part: part, Name: strings.Clone(name), Email: strings.Clone(value[at[0]:at[1]])}
			if seen[s] {
				continue
			}
			if len(out) == mostMakers {
				return out
			}
			seen[s], out = true, append(out, s)
		}
	}
	return out
}

// continued returns the lines that begin with space, as far as they go on with the one before.
func continued(lines []string, kind *regexp.Regexp) string {
	n := slices.IndexFunc(lines, func(next string) bool {
		return strings.TrimSpace(next) == "" || next[0] != ' ' && next[0] != '\t' || kind.MatchString(next)
	})
	if n < 0 {
		n = len(lines)
	}
	return strings.Join(lines[:n], "")
}

// Makers is a key of some signatures: equal ones have equal keys.
func Makers(signed []Signature) string {
	var b strings.Builder
	for i := range signed {
		s := &signed[i]
		fmt.Fprintf(&b, "%q %q %q %q %d %t\n", s.Part, s.Name, s.Email, s.Account.Login, s.Account.ID, s.Account.Bot)
	}
	return b.String()
}
