package rest

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The shapes of the answers, of which the gate reads a part.

// User is an account: a number at the one server, at the other 24 hexadecimal digits.
type User struct {
	ID     Text `json:"id"`
	Object Text `json:"object_id"` // the latter, where id is another number of a GitCode's
	Login  Text `json:"login"`

	quoted bool // the id came as a text
}

// UnmarshalJSON also reads an account of which only the login is told.
func (u *User) UnmarshalJSON(data []byte) error {
	type plain User
	if data[0] != '{' {
		return u.Login.UnmarshalJSON(data)
	}
	var raw struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	u.quoted = bytes.HasPrefix(raw.ID, []byte{'"'})
	return json.Unmarshal(data, (*plain)(u))
}

// Person reads a user; nobody where the account is gone.
func (u *User) Person() pull.Person {
	if u == nil || u.Login == "" {
		return pull.Person{}
	}
	return pull.Person{Login: string(u.Login), ID: u.number()}
}

// number is that of the account; 0 where it is not told. A GitCode, whose ids are text, has other
// numbers for its accounts in some answers and in webhooks: digits that come as text are none.
func (u *User) number() int64 {
	for _, id := range []Text{u.Object, u.ID} {
		if isObject(id) {
			return pull.AccountNumber(string(id))
		}
	}
	id, err := strconv.ParseInt(string(u.ID), 10, 64)
	if err != nil || id < 0 || u.quoted {
		return 0
	}
	return id
}

// isObject reports whether an id is a GitCode's of an account, as its API has them.
func isObject(id Text) bool {
	const digits = 24
	return len(id) == digits && strings.Trim(string(id), "0123456789abcdefABCDEF") == ""
}

// key tells an account from others, whatever it is called later.
func (u *User) key() string {
	switch {
	case isObject(u.Object):
		return strings.ToLower(string(u.Object))
	case isObject(u.ID):
		return strings.ToLower(string(u.ID))
	case u.ID != "":
		return string(u.ID)
	}
	return strings.ToLower(string(u.Login))
}

// Same reports whether two answers are of one account.
func (u *User) Same(o *User) bool {
	return u != nil && o != nil && u.Person().Is(o.Person())
}

type namespace struct {
	Path Text `json:"path"`
}

// Repo is a repository, of which some answers tell little.
type Repo struct {
	ID            Number     `json:"id"`
	FullName      Text       `json:"full_name"`
	Namespace     *namespace `json:"namespace"`
	Path          Text       `json:"path"`
	DefaultBranch Text       `json:"default_branch"`
	Empty         Flag       `json:"empty_repo"`
	Private       *Flag      `json:"private"`
	Public        *Flag      `json:"public"`
	Internal      *Flag      `json:"internal"` // for whoever signed in
	Permission    *struct {
		Admin Flag `json:"admin"`
		Push  Flag `json:"push"`
	} `json:"permission"`
}

// ForEverybody reports whether everybody may read it: it says so, and nothing else that denies it.
func (r *Repo) ForEverybody() bool {
	return r.Public != nil && bool(*r.Public) && r.Private != nil && !bool(*r.Private) && (r.Internal == nil || !bool(*r.Internal))
}

// Slug is owner/name; empty where neither is told, as of a fork that is gone.
func (r *Repo) Slug() string {
	switch {
	case r == nil:
		return ""
	case strings.Contains(string(r.FullName), "/"):
		return string(r.FullName)
	case r.Namespace != nil && r.Namespace.Path != "" && r.Path != "":
		return string(r.Namespace.Path + "/" + r.Path)
	}
	return ""
}

// Side is the head or the base of a pull request.
type Side struct {
	Ref  Text  `json:"ref"`
	SHA  Text  `json:"sha"`
	Repo *Repo `json:"repo"`
}

// BranchOf is the branch if it is one of a repository; empty for another one's.
func (s *Side) BranchOf(repo pull.Repo) string {
	if !strings.EqualFold(s.Repo.Slug(), repo.Slug()) {
		return ""
	}
	return string(s.Ref)
}

// Member is somebody who is asked, and whether they have accepted.
type Member struct {
	User

	Accept Flag `json:"accept"`
}

// UnmarshalJSON reads both parts.
func (m *Member) UnmarshalJSON(data []byte) error {
	if err := m.User.UnmarshalJSON(data); err != nil || data[0] != '{' {
		return err
	}
	var also struct {
		Accept Flag `json:"accept"`
	}
	err := json.Unmarshal(data, &also)
	m.Accept = also.Accept
	return err
}

// Mergeable is what a GitCode says of why a pull request can't be merged.
type Mergeable struct {
	Tested   *Flag `json:"approval_testers_required_passed"`
	Resolved *Flag `json:"resolve_discussion_passed"`
	Force    Flag  `json:"can_force_merge"`
	Rules    struct {
		Resolve Flag `json:"only_allow_merge_if_all_discussions_are_resolved"`
	} `json:"merge_request_switch"`
}

// Label is one on a pull request or of a repository.
type Label struct {
	Name Text `json:"name"`
}

// Pull is a pull request.
type Pull struct {
	ID            Number        `json:"id"`
	Number        Number        `json:"number"`
	Title         Text          `json:"title"`
	HTMLURL       Text          `json:"html_url"`
	User          *User         `json:"user"`
	State         Text          `json:"state"`
	Draft         Flag          `json:"draft"`
	CreatedAt     Moment        `json:"created_at"`
	UpdatedAt     Moment        `json:"updated_at"`
	MergedAt      Moment        `json:"merged_at"`
	MergeCommit   Text          `json:"merge_commit_sha"`
	Labels        Many[Label]   `json:"labels"`
	Assignees     *Many[Member] `json:"assignees"`
	Reviewers     *Many[Member] `json:"approval_reviewers"`
	Testers       *Many[Member] `json:"testers"`
	TestersNumber Number        `json:"testers_number"`
	Mergeable     *Mergeable    `json:"mergeable_state"`
	Head          Side          `json:"head"`
	Base          Side          `json:"base"`
}

// states are the words for where a pull request stands, and whether it is open.
var states = map[Text]bool{"open": true, "opened": true, "closed": false, "merged": false}

// Whole refuses an answer without what is always told. A list of those who accepted that
// is left out is not one of nobody.
func (p *Pull) Whole(n int) error {
	_, known := states[p.State]
	return forge.RequireField(int(p.Number) == n && n > 0 && p.ID > 0 && known && p.Head.SHA != "" && p.Base.Ref != "" &&
		(p.Assignees != nil || p.Reviewers != nil), "the pull request's number, state, head, base or reviewers")
}

// IsOpen reports whether a pull request is open.
func (p *Pull) IsOpen() bool { return states[p.State] }

// IsMerged reports whether it was closed by merging.
func (p *Pull) IsMerged() bool { return p.State == "merged" || !p.MergedAt.IsZero() }

// HeadBranch is the branch of the repository itself that a pull request comes from; empty
// for a fork, and for one that is not told.
func (p *Pull) HeadBranch(repo pull.Repo) string { return p.Head.BranchOf(repo) }

// Asked are those who are asked for review, each once. Of one who stands in both lists,
// either accept counts.
func (p *Pull) Asked() []Member {
	var out []Member
	for _, list := range []*Many[Member]{p.Reviewers, p.Assignees} {
		if list == nil {
			continue
		}
		for _, m := range *list {
			i := slices.IndexFunc(out, func(o Member) bool { return o.Same(&m.User) })
			if i < 0 {
				out = append(out, m)
			} else if m.Accept {
				out[i].Accept = true
			}
		}
	}
	return out
}

// Tester returns somebody's place among the testers.
func (p *Pull) Tester(who *User) (m Member, is bool) {
	if p.Testers == nil {
		return m, false
	}
	i := slices.IndexFunc(*p.Testers, func(o Member) bool { return o.Same(who) })
	if i < 0 {
		return m, false
	}
	return (*p.Testers)[i], true
}

// HasLabel reports whether a label is on it.
func (p *Pull) HasLabel(name string) bool {
	return slices.ContainsFunc(p.Labels, func(l Label) bool { return string(l.Name) == name })
}

// Approval is an accept as a review. It names neither a commit nor a time; its number is
// that of the account, so that the gate can tell when it was taken back and given anew.
func (m *Member) Approval() pull.Review {
	sum := fnv.New64a()
	sum.Write([]byte(m.key()))
	const bits = 50 // of what JSON's numbers hold, below the steps that the gate counts in
	id := int64(sum.Sum64()>>(64-bits)) / history.Givings * history.Givings
	return pull.Review{ID: id + history.Givings, Author: m.Person(), State: pull.Approved, WriteUnknown: true}
}

// Commit is a commit with the accounts that its addresses belong to.
type Commit struct {
	SHA       Text  `json:"sha"`
	Author    *User `json:"author"`
	Committer *User `json:"committer"`
	Commit    struct {
		Author    address `json:"author"`
		Committer address `json:"committer"`
	} `json:"commit"`
}

type address struct {
	Email Text `json:"email"`
}

// Tell adds whose addresses a commit names, by address in lower case.
func (a Commit) Tell(accounts map[string]pull.Person) {
	add := func(u *User, address Text) {
		if who := u.Person(); who.Login != "" && address != "" {
			accounts[strings.ToLower(string(address))] = who
		}
	}
	add(a.Author, a.Commit.Author.Email)
	add(a.Committer, a.Commit.Committer.Email)
}

// Comment is a comment. That which a GitCode answers to a new one has its thread's
// name for an id, and its number as note_id.
type Comment struct {
	ID         Text          `json:"id"`
	NoteID     Text          `json:"note_id"`
	Discussion Text          `json:"discussion_id"`
	User       *User         `json:"user"`
	Body       Text          `json:"body"`
	CreatedAt  Moment        `json:"created_at"`
	UpdatedAt  Moment        `json:"updated_at"`
	Resolved   Flag          `json:"resolved"`
	Replies    Many[Comment] `json:"reply"`
}

// Note is the one that a comment is read and written by; 0 where it is not told.
func (a *Comment) Note() int64 {
	for _, id := range []Text{a.NoteID, a.ID} {
		if n, err := strconv.ParseInt(string(id), 10, 64); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// Key tells a comment from others.
func (a *Comment) Key() string { return strconv.FormatInt(a.Note(), 10) }

// Read reads a comment. One of which a time is missing counts as edited.
func (a *Comment) Read() pull.Comment {
	c := pull.Comment{
		ID: a.Note(), Node: strconv.FormatInt(a.Note(), 10), Author: a.User.Person(), Body: string(a.Body), At: a.CreatedAt.Time,
		Edited: a.CreatedAt.IsZero() || !a.UpdatedAt.Equal(a.CreatedAt.Time),
	}
	if c.Edited {
		c.EditedAt = a.UpdatedAt.Time
	}
	return c
}
