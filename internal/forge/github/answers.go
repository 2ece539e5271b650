package github

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// The shapes of the GraphQL answers.

type whoAnswer struct {
	Typename   string `json:"__typename"`
	Login      string `json:"login"`
	DatabaseID int64  `json:"databaseId"`
}

// person reads an actor; nil is a deleted account. GraphQL leaves out the
// "[bot]" that REST and people write behind an app's login.
func (w *whoAnswer) person() pull.Person {
	if w == nil {
		return pull.Person{}
	}
	p := pull.Person{Login: w.Login, ID: w.DatabaseID, Bot: w.Typename != "User"}
	if w.Typename == "Bot" && !pull.BotLogin(p.Login) {
		p.Login += "[bot]"
	}
	return p
}

// askedAnswer is who is asked for review: a person or a team.
type askedAnswer struct {
	whoAnswer
	CombinedSlug string        `json:"combinedSlug"`
	Status       *statusAnswer `json:"status"`
}

// name returns the login, or "@organisation/slug"; empty where the account is gone
// or not shown.
func (a *askedAnswer) name() string {
	switch {
	case a == nil:
		return ""
	case a.CombinedSlug != "":
		return "@" + a.CombinedSlug
	}
	return a.Login
}

type statusAnswer struct {
	Limited bool `json:"indicatesLimitedAvailability"`
}

// busy reports whether a person says so; nil is no status.
func (s *statusAnswer) busy() bool { return s != nil && s.Limited }

type oidAnswer struct {
	OID string `json:"oid"`
}

// id returns the id; empty where there is none.
func (a *oidAnswer) id() string {
	if a == nil {
		return ""
	}
	return a.OID
}

type pageAnswer struct {
	HasNextPage bool   `json:"hasNextPage"`
	EndCursor   string `json:"endCursor"`
}

type reviewsAnswer struct {
	TotalCount *int           `json:"totalCount"`
	PageInfo   pageAnswer     `json:"pageInfo"`
	Nodes      []reviewAnswer `json:"nodes"`
}

// longID is an id that newer servers give as a string, because JSON's numbers
// are too short, and older ones as a number.
type longID int64

// UnmarshalJSON implements json.Unmarshaler.
func (i *longID) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	*i = longID(n)
	return err
}

// number returns an id, or, from a server that gives none, one made of the node's
// own key: it only has to be the same each time, and no other's.
func (i longID) number(node string) int64 {
	if i != 0 || node == "" {
		return int64(i)
	}
	h := fnv.New64a()
	h.Write([]byte(node))
	return int64(h.Sum64() >> 1) //nolint:gosec // 63 bits fit
}

type reviewAnswer struct {
	Node         string     `json:"id"`
	DatabaseID   longID     `json:"databaseId"`
	State        string     `json:"state"`
	CreatedAt    time.Time  `json:"createdAt"`
	SubmittedAt  time.Time  `json:"submittedAt"`
	LastEditedAt *time.Time `json:"lastEditedAt"`
	Body         string     `json:"body"`
	CanPush      *bool      `json:"authorCanPushToRepository"` // nil where it is not told
	Author       *whoAnswer `json:"author"`
	Editor       *whoAnswer `json:"editor"`
	Commit       *oidAnswer `json:"commit"`
}

func (a reviewAnswer) incomplete() bool { return a.Node == "" || a.State == "" }

func (a reviewAnswer) review() pull.Review {
	r := pull.Review{
		ID: a.DatabaseID.number(a.Node), Author: a.Author.person(), State: pull.ReviewState(a.State), At: a.SubmittedAt,
		// What is edited while it is a draft, GitHub takes for edited, too (isaacs/github#791).
		Begun: a.CreatedAt, Body: a.Body, Edited: a.LastEditedAt != nil && !a.LastEditedAt.Before(a.SubmittedAt), Node: a.Node,
		CanWrite: a.CanPush != nil && *a.CanPush, WriteUnknown: a.CanPush == nil,
	}
	if r.Edited {
		r.EditedBy = a.Editor.person()
	}
	if a.Commit != nil {
		r.Commit = a.Commit.OID
	}
	return r
}

type commentsAnswer struct {
	TotalCount *int            `json:"totalCount"`
	PageInfo   pageAnswer      `json:"pageInfo"`
	Nodes      []commentAnswer `json:"nodes"`
}

type commentAnswer struct {
	Node         string     `json:"id"`
	DatabaseID   longID     `json:"databaseId"`
	Body         string     `json:"body"`
	CreatedAt    time.Time  `json:"createdAt"`
	LastEditedAt *time.Time `json:"lastEditedAt"`
	Author       *whoAnswer `json:"author"`
}

func (a commentAnswer) incomplete() bool { return a.Node == "" }

func (a commentAnswer) comment() pull.Comment {
	c := pull.Comment{
		ID: a.DatabaseID.number(a.Node), Node: a.Node, Author: a.Author.person(), Body: a.Body, At: a.CreatedAt, Edited: a.LastEditedAt != nil,
	}
	if c.Edited {
		c.EditedAt = *a.LastEditedAt
	}
	return c
}

type commitsAnswer struct {
	TotalCount *int           `json:"totalCount"`
	PageInfo   pageAnswer     `json:"pageInfo"`
	Nodes      []listedCommit `json:"nodes"`
}

type listedCommit struct {
	Commit commitAnswer `json:"commit"`
}

func (c listedCommit) incomplete() bool { return c.Commit.OID == "" }

type commitAnswer struct {
	OID     string `json:"oid"`
	Parents struct {
		TotalCount *int        `json:"totalCount"`
		Nodes      []oidAnswer `json:"nodes"`
	} `json:"parents"`
	Authors struct {
		TotalCount *int         `json:"totalCount"`
		Nodes      []*gitPerson `json:"nodes"`
	} `json:"authors"`
	Committer *gitPerson `json:"committer"`
	Message   string     `json:"message"`
}

type gitPerson struct {
	Name  string     `json:"name"`
	Email string     `json:"email"`
	User  *whoAnswer `json:"user"`
}

// signature reads one of those who made a commit; nil is nobody whom the commit names.
func (p *gitPerson) signature(part pull.Part) (s pull.Signature, person bool) {
	if p == nil || p.User != nil && p.User.Login == webFlow {
		return s, false
	}
	s = pull.Signature{Part: part, Name: p.Name, Email: p.Email}
	if p.User != nil {
		s.Account = p.User.person()
	}
	return s, true
}

// webFlow is who commits what is done on GitHub's pages.
const webFlow = "web-flow"

// commit reads a commit and its people. whole is false where GitHub did not
// list all authors or parents.
func (a commitAnswer) commit() (c pull.Commit, whole bool) {
	c = pull.Commit{ID: a.OID}
	for _, p := range a.Parents.Nodes {
		c.Parents = append(c.Parents, p.OID)
	}
	c.Signed = []pull.Signature{}
	add := func(s pull.Signature) {
		if !slices.ContainsFunc(c.Signed, func(o pull.Signature) bool { return o.Part == s.Part && strings.EqualFold(o.Email, s.Email) }) {
			c.Signed = append(c.Signed, s)
		}
	}
	part := pull.Author // the first; co-authors follow
	for i := range a.Authors.Nodes {
		if s, person := a.Authors.Nodes[i].signature(part); person {
			add(s)
		}
		part = pull.CoAuthor
	}
	for _, s := range pull.MessageMakers(a.Message) {
		add(s)
	}
	c.Vouched = pull.MessageVouchers(a.Message)
	if s, person := a.Committer.signature(pull.Committer); person {
		add(s)
	}
	return c, counts(a.Authors.TotalCount, len(a.Authors.Nodes)) && counts(a.Parents.TotalCount, len(a.Parents.Nodes))
}

// counts reports whether GitHub counts as many as it lists; nil is no count.
func counts(told *int, listed int) bool { return told != nil && *told == listed }

// treeEntry is a file in a commit's tree.
type treeEntry struct {
	Mode   int    `json:"mode"`
	OID    string `json:"oid"`
	Object *struct {
		Text        *string `json:"text"`
		IsTruncated bool    `json:"isTruncated"`
	} `json:"object"`
}

// gitMode reads a tree entry's mode, which GitHub gives as the decimal value of
// the octal number, and gives its octal digits as a tree object has them. The
// octal digits as a number are understood too: no mode is both.
func gitMode(m int) string {
	digits := strconv.Itoa(m)
	if slices.Contains([]pull.Mode{pull.Regular, pull.Executable, pull.Symlink, pull.Submodule, "40000"}, pull.Mode(digits)) {
		return digits
	}
	return strconv.FormatInt(int64(m), 8)
}

// canonical returns the one of git's modes that git takes the digits for: old
// tools wrote other permissions of files.
func canonical(digits string) pull.Mode {
	m, err := strconv.ParseUint(digits, 8, 32)
	switch {
	case err != nil:
		return pull.Mode(digits)
	case m>>12 == 0o10 && m&0o100 != 0:
		return pull.Executable
	case m>>12 == 0o10:
		return pull.Regular
	}
	return pull.Mode(fmt.Sprintf("%06o", m))
}

func (e *treeEntry) mode() pull.Mode { return canonical(gitMode(e.Mode)) }
