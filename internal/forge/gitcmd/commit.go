package gitcmd

import (
	"bytes"
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
	c.Tree = treeOf(data)
	_, rest, _ := strings.Cut(header, "\n")
	parents := true
	for line := range strings.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		parents = parents && key == "parent"
		switch {
		case parents:
			c.Parents = append(c.Parents, strings.Clone(value)) // and not all of the commit
		case key == "author", key == "committer":
			name, rest, _ := strings.Cut(value, "<")
			email, _, _ := strings.Cut(rest, ">")
			account, _ := pull.PrivateAddress(email) // no forge is asked whether there is one
			name, email = strings.Clone(strings.TrimSpace(name)), strings.Clone(email)
			c.Signed = append(c.Signed, pull.Signature{Part: pull.Part(key), Name: name, Email: email, Account: account})
		}
	}
	c.Signed, c.Vouched = append(c.Signed, pull.MessageMakers(message)...), pull.MessageVouchers(message)
	subject, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	c.Subject = strings.Clone(subject)
	return c
}

// treeOf is the tree of a commit object; none unless its first line tells it.
func treeOf(data []byte) string {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	tree, ok := bytes.CutPrefix(first, []byte("tree "))
	if !ok {
		return ""
	}
	return string(tree)
}
