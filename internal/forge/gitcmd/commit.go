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
// message. Lines that begin with a space go on with the header before.
func parseCommit(id string, data []byte) Commit {
	c := Commit{ID: id, Signed: []pull.Signature{}}
	header, message, _ := strings.Cut(string(data), "\n\n")
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.Tree = value
		case "parent":
			c.Parents = append(c.Parents, value)
		case "author", "committer":
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
