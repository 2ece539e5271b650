package gitcmd

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Commit is what a commit object says.
type Commit struct {
	ID      string
	Tree    string
	Parents []string
	Signed  []pull.Signature // its makers; accounts are those of private addresses only
	Vouched []pull.Signature // whom its message says to have reviewed it
	Subject string
}

// parseCommit reads a commit object: lines of header, an empty line, the
// message. Lines that begin with a space go on with the header before. As git has it, the
// first line tells the tree and those right behind it the parents: later ones that look so,
// which git takes for headers that it does not know, say nothing. Makers are taken from
// wherever they stand.
func parseCommit(id string, data []byte) Commit {
	c := Commit{ID: id, Signed: []pull.Signature{}}
	header, message, _ := strings.Cut(string(data), "\n\n")
	first, rest, _ := strings.Cut(header, "\n")
	c.Tree, _ = strings.CutPrefix(first, "tree ")
	parents := true
	for line := range strings.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		parents = parents && key == "parent"
		switch {
		case parents:
			c.Parents = append(c.Parents, value)
		case key == "author", key == "committer":
			name, rest, _ := strings.Cut(value, "<")
			email, _, _ := strings.Cut(rest, ">")
			account, _ := pull.PrivateAddress(email) // no forge is asked whether there is one
			c.Signed = append(c.Signed, pull.Signature{Part: pull.Part(key), Name: strings.TrimSpace(name), Email: email, Account: account})
		}
	}
	c.Signed, c.Vouched = append(c.Signed, pull.MessageMakers(message)...), pull.MessageVouchers(message)
	c.Subject, _, _ = strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	return c
}
