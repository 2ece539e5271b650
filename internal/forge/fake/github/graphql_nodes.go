package github

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// The values that GraphQL needs beyond those of the forge itself.
type (
	// gitNode is a commit, tree or blob in a repository.
	gitNode struct {
		repo *fake.Repo
		kind string // "Commit", "Tree" or "Blob"
		id   plumbing.Hash
	}
	entryNode struct {
		repo  *fake.Repo
		entry object.TreeEntry
		path  string
	}
	refNode struct {
		repo *fake.Repo
		name string // below refs/heads/
	}
	actorNode struct {
		repo *fake.Repo
		sig  object.Signature
	}
	eventNode struct {
		pull *fake.PullRequest
		fake.Event
	}
	pullCommit struct {
		pull *fake.PullRequest
		id   plumbing.Hash
	}
	requestNode struct {
		id  string
		who any // *account or *team
	}
	userStatus    struct{ who *fake.Account }
	reactionAdded struct {
		mutation any
		reaction *fake.ReactionRecord
		subject  any // *PullRequest, *review or *comment
	}
	statusNode struct {
		repo   *fake.Repo
		commit plumbing.Hash
	}
	rateNode struct{ q *query }
)

// connection is a page of a list.
type connection struct {
	total int
	items []any
	info  pageInfo
}

type pageInfo struct {
	start, end       any // cursors
	hasNext, hasPrev bool
}

// isNull reports whether a value is null, also as a typed nil.
func isNull(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case *fake.Account:
		return x == nil || x.Deleted
	case *fake.Repo:
		return x == nil || x.Deleted
	case *fake.PullRequest:
		return x == nil
	case *fake.ReviewRecord:
		return x == nil
	case *fake.TeamRecord:
		return x == nil
	case *gitNode:
		return x == nil
	case *refNode:
		return x == nil
	case *entryNode:
		return x == nil
	case *fake.Queue:
		return x == nil
	}
	return false
}

// typeName is the GraphQL type of a value where the schema leaves that open.
func typeName(v any) string {
	switch x := v.(type) {
	case *fake.Account:
		return accountTypes().say(x.Kind)
	case *fake.TeamRecord:
		return "Team"
	case *gitNode:
		return x.kind
	case *fake.ReviewRecord:
		return "PullRequestReview"
	case *fake.CommentRecord:
		return "IssueComment"
	case *fake.PullRequest:
		return "PullRequest"
	case pullCommit:
		return "PullRequestCommit"
	case eventNode:
		return eventType(x.Kind)
	}
	return fmt.Sprintf("%T", v)
}

// itemType is a type's name as an item type of the timeline.
func itemType(name string) string {
	return strings.ToUpper(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "${1}_${2}"))
}

// paginate cuts a page out of a list as its arguments say. A cursor is a
// position in the list.
func paginate(items []any, a args) (connection, error) {
	from, to := 0, len(items)
	for name, bound := range map[string]*int{"after": &from, "before": &to} {
		cursor := a.text(name)
		if cursor == "" {
			continue
		}
		n, err := cursorAt(cursor)
		if err != nil {
			return connection{}, fmt.Errorf("`%s` does not appear to be a valid cursor", cursor)
		}
		*bound = max(from, min(n+boolToInt(name == "after"), len(items)))
	}
	to = max(from, to)
	if n, ok := a.int("first"); ok {
		to = min(to, from+n)
	}
	if n, ok := a.int("last"); ok {
		from = max(from, to-n)
	}
	c := connection{total: len(items), items: items[from:to]}
	c.info = pageInfo{hasNext: to < len(items), hasPrev: from > 0}
	if to > from {
		c.info.start, c.info.end = cursor(from), cursor(to-1)
	}
	return c, nil
}

func cursor(at int) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:v1:" + strconv.Itoa(at)))
}

func cursorAt(cursor string) (int, error) {
	text, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimPrefix(string(text), "cursor:v1:"))
}

func list[T any](items []T) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// gitObject finds a git object by id or by an expression: a revision, or a
// revision, a colon and a path.
func gitObject(r *fake.Repo, oid, expression string) *gitNode {
	if oid != "" {
		return objectByID(r, plumbing.NewHash(oid))
	}
	rev, file, hasPath := strings.Cut(expression, ":")
	id, ok := r.Resolve(rev)
	if !ok {
		if hasPath {
			return nil
		}
		return objectByID(r, plumbing.NewHash(rev))
	}
	if !hasPath {
		return &gitNode{r, "Commit", id}
	}
	e, ok := r.Objects.Entry(r.TreeOf(id), strings.Trim(file, "/"))
	if !ok {
		return nil
	}
	return entryObject(r, e)
}

func objectByID(r *fake.Repo, id plumbing.Hash) *gitNode {
	switch {
	case r.Objects.Commit(id) != nil:
		return &gitNode{r, "Commit", id}
	case r.Objects.HasTree(id):
		return &gitNode{r, "Tree", id}
	case r.Objects.HasBlob(id):
		return &gitNode{r, "Blob", id}
	}
	return nil
}

// entryObject is what a tree entry names; nothing for a submodule, whose
// commit is elsewhere.
func entryObject(r *fake.Repo, e object.TreeEntry) *gitNode {
	switch e.Mode {
	case filemode.Dir:
		return &gitNode{r, "Tree", e.Hash}
	case filemode.Submodule:
		return nil
	}
	return &gitNode{r, "Blob", e.Hash}
}

// branchRef is a branch, or nil if there is none.
func branchRef(r *fake.Repo, name string) *refNode {
	name = strings.TrimPrefix(name, "refs/heads/")
	if _, ok := r.Branches[name]; !ok || r.Deleted {
		return nil
	}
	return &refNode{r, name}
}

// refs lists the branches, in order, whose names hold a text; there are no tags.
func refs(r *fake.Repo, prefix, query string) []any {
	var out []any
	if prefix == "refs/heads/" && !r.Deleted {
		for _, name := range slices.Sorted(maps.Keys(r.Branches)) {
			if strings.Contains(name, query) {
				out = append(out, &refNode{r, name})
			}
		}
	}
	return out
}

// authors lists a commit's author and its co-authors by the trailers of its message's
// last block: GitHub links no others.
func (s *Server) authors(r *fake.Repo, c *object.Commit) []any {
	out := []any{actorNode{r, c.Author}}
	seen := map[string]bool{strings.ToLower(c.Author.Email): true}
	blocks := strings.Split(strings.TrimSpace(c.Message), "\n\n")
	for line := range strings.Lines(blocks[len(blocks)-1]) {
		key, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(key), "co-authored-by") {
			continue
		}
		name, email, err := s.NameAndMail(strings.TrimSpace(value))
		if err == nil && !seen[strings.ToLower(email)] {
			seen[strings.ToLower(email)] = true
			out = append(out, actorNode{r, object.Signature{Name: name, Email: email, When: c.Author.When}})
		}
	}
	return out
}

// history lists a commit and those behind it, latest first, of some authors if they are
// named.
func history(_ *query, n *gitNode, a args) []any {
	author, _ := a["author"].(map[string]any)
	emails, _ := author["emails"].([]any)
	var out []any
	seen := map[plumbing.Hash]bool{n.id: true}
	for left := []plumbing.Hash{n.id}; len(left) > 0; left = left[1:] {
		c := n.repo.Objects.Commit(left[0])
		if c == nil {
			continue
		}
		if author == nil || slices.ContainsFunc(emails, func(e any) bool { return strings.EqualFold(fmt.Sprint(e), c.Author.Email) }) {
			out = append(out, &gitNode{n.repo, "Commit", left[0]})
		}
		for _, parent := range c.ParentHashes {
			if !seen[parent] {
				seen[parent] = true
				left = append(left, parent)
			}
		}
	}
	return out
}

// searchUsers finds users by an address that they show, as "alice@example.com" in:email.
func searchUsers(q *query, a args) []any {
	text, ok := strings.CutSuffix(a.text("query"), " in:email")
	if !ok || a.text("type") != "USER" {
		return nil
	}
	var out []any
	for _, u := range q.server.Accounts {
		if u.Kind == fake.Person && !u.Deleted && !u.HidesEmail && strings.EqualFold(u.Email, strings.Trim(text, `"`)) {
			out = append(out, u)
		}
	}
	return out
}
