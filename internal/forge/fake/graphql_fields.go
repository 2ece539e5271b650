package fake

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// maxText is the size from which a blob's text is truncated.
const maxText = 512_000

// get makes a resolver of a function of the value alone.
func get[T any](f func(T) any) resolver {
	return func(_ *query, on any, _ args) (any, error) { return f(on.(T)), nil }
}

// page makes a resolver of a connection.
func page[T any](f func(q *query, on T, a args) []any) resolver {
	return func(q *query, on any, a args) (any, error) { return paginate(f(q, on.(T), a), a) }
}

// resolvers are all fields of the schema, by type.
func resolvers() map[string]map[string]resolver {
	out := map[string]map[string]resolver{
		"Query": queryFields(), "Mutation": mutationFields(), "Repository": repositoryFields(), "PullRequest": pullFields(),
		"PullRequestReview": reviewFields(), "IssueComment": commentFields(), "Commit": commitFields(),
		"Tree": treeFields(), "Blob": blobFields(), "TreeEntry": entryFields(), "Team": teamFields(),
		"User": accountFields("U"), "Bot": accountFields("BOT"), "Organization": accountFields("O"),
		"Connection": {
			"nodes":      get(func(c connection) any { return c.items }),
			"totalCount": get(func(c connection) any { return c.total }),
			"userCount":  get(func(c connection) any { return c.total }),
			"pageInfo":   get(func(c connection) any { return c.info }),
		},
		"PageInfo": {
			"endCursor":       get(func(p pageInfo) any { return p.end }),
			"startCursor":     get(func(p pageInfo) any { return p.start }),
			"hasNextPage":     get(func(p pageInfo) any { return p.hasNext }),
			"hasPreviousPage": get(func(p pageInfo) any { return p.hasPrev }),
		},
		"Ref": {
			"id":     get(func(r *refNode) any { return "REF_" + r.repo.FullName() + ":" + r.name }),
			"name":   get(func(r *refNode) any { return r.name }),
			"prefix": get(func(*refNode) any { return "refs/heads/" }),
			"target": get(func(r *refNode) any { return r.repo.objectByID(r.repo.branches[r.name]) }),
		},
		"GitActor": {
			"date":  get(func(a actorNode) any { return stamp(a.sig.When) }),
			"email": get(func(a actorNode) any { return a.sig.Email }),
			"name":  get(func(a actorNode) any { return a.sig.Name }),
			"user":  get(func(a actorNode) any { return a.user() }),
		},
		"UserStatus": {
			"id":                           get(func(s userStatus) any { return nodeID("US", s.who.id) }),
			"indicatesLimitedAvailability": get(func(s userStatus) any { return s.who.limited }),
			"message":                      get(func(userStatus) any { return nil }),
		},
		"PullRequestCommit": {
			"id":     get(func(c pullCommit) any { return "PRC_" + c.id.String() }),
			"commit": get(func(c pullCommit) any { return c.pull.repo.objectByID(c.id) }),
		},
		"ReviewRequest": {
			"id":                get(func(r requestNode) any { return r.id }),
			"asCodeOwner":       get(func(requestNode) any { return false }),
			"requestedReviewer": get(func(r requestNode) any { return r.who }),
		},
		"PullRequestChangedFile": {
			"path":       get(func(f fileDiff) any { return f.path() }),
			"additions":  get(func(f fileDiff) any { return f.additions }),
			"deletions":  get(func(f fileDiff) any { return f.deletions }),
			"changeType": get(func(f fileDiff) any { return changeType(f.status()) }),
		},
		"Label": {
			"id":   get(func(l *label) any { return nodeID("LA", l.id) }),
			"name": get(func(l *label) any { return l.name }),
		},
		"CheckSuite": suiteFields(), "App": appFields(), "Status": statusFields(), "StatusContext": statusContextFields(),
		"RateLimit": rateFields(), "MergeQueue": queueFields(), "MergeQueueEntry": queueEntryFields(), "MergeQueueConfiguration": queueRulesFields(),
		"AddReactionPayload": {
			"clientMutationId": get(func(r reactionAdded) any { return r.mutation }),
			"reaction":         get(func(r reactionAdded) any { return r.reaction }),
			"subject":          get(func(r reactionAdded) any { return r.subject }),
		},
		"RemoveReactionPayload": {
			"clientMutationId": get(func(r reactionAdded) any { return r.mutation }),
			"reaction":         get(func(r reactionAdded) any { return r.reaction }),
			"subject":          get(func(r reactionAdded) any { return r.subject }),
		},
		"Reaction": {
			"id":         get(func(r *reaction) any { return nodeID("REA", r.id) }),
			"databaseId": get(func(r *reaction) any { return r.id }),
			"content":    get(func(r *reaction) any { return r.content }),
			"createdAt":  get(func(r *reaction) any { return stamp(r.created) }),
			"user":       get(func(r *reaction) any { return r.user() }),
		},
	}
	for _, kind := range eventKinds() {
		out[eventType(kind)] = eventFields()
	}
	return out
}

func changeType(status string) string {
	if status == "removed" {
		return "DELETED"
	}
	return strings.ToUpper(status)
}

// user is the account of an author's address, if that is a person's.
func (a actorNode) user() any {
	if u := a.repo.forge.accountOf(a.sig.Email); u != nil && u.kind == "User" {
		return u
	}
	return nil
}

func queryFields() map[string]resolver {
	return map[string]resolver{
		"repository": func(q *query, _ any, a args) (any, error) {
			r := q.forge.repo(a.text("owner"), a.text("name"))
			if r == nil {
				r = q.forge.formerly(a.text("owner"), a.text("name"))
			}
			if r == nil || !q.sees(r) {
				name := a.text("owner") + "/" + a.text("name")
				return nil, unresolved("a Repository", "the name '"+name+"'")
			}
			return r, nil
		},
		"organization": func(q *query, _ any, a args) (any, error) {
			o, err := q.forge.account(a.text("login"))
			if err != nil || o.kind != "Organization" {
				return nil, unresolved("an Organization", "the login of '"+a.text("login")+"'")
			}
			return o, nil
		},
		"user": func(q *query, _ any, a args) (any, error) {
			u, err := q.forge.account(a.text("login"))
			if err != nil || u.kind != "User" {
				return nil, unresolved("a User", "the login of '"+a.text("login")+"'")
			}
			return u, nil
		},
		"search":    func(q *query, _ any, a args) (any, error) { return paginate(searchUsers(q, a), a) },
		"viewer":    func(q *query, _ any, _ args) (any, error) { return q.viewer(), nil },
		"rateLimit": func(q *query, _ any, _ args) (any, error) { return rateNode{q}, nil },
	}
}

// unresolved is GitHub's error for what is not there.
func unresolved(what, by string) error {
	return &failure{status: 404, message: "Could not resolve to " + what + " with " + by + "."}
}

// sees tells whether the caller may read a repository.
func (q *query) sees(r *Repo) bool {
	if i := q.call.who.install; i != nil {
		return !r.private || i.covers(r)
	}
	return r.access(q.call.who.account) >= read
}

// rateFields count the query itself as spent.
func rateFields() map[string]resolver {
	rate := func(r rateNode) (used, limit int, reset time.Time) {
		w := r.q.forge.window(r.q.call.who.key, "graphql")
		return w.used + r.q.cost, r.q.forge.opts.RateLimit, w.start.Add(time.Hour)
	}
	return map[string]resolver{
		"cost":      get(func(r rateNode) any { return r.q.cost }),
		"nodeCount": get(func(r rateNode) any { return r.q.nodes }),
		"limit":     get(func(r rateNode) any { _, limit, _ := rate(r); return limit }),
		"used":      get(func(r rateNode) any { used, _, _ := rate(r); return used }),
		"remaining": get(func(r rateNode) any { used, limit, _ := rate(r); return max(0, limit-used) }),
		"resetAt":   get(func(r rateNode) any { _, _, reset := rate(r); return stamp(reset) }),
	}
}

func accountFields(prefix string) map[string]resolver {
	return map[string]resolver{
		"id":         get(func(a *account) any { return nodeID(prefix, a.id) }),
		"databaseId": get(func(a *account) any { return a.id }),
		"login": get(func(a *account) any {
			if prefix == "BOT" { // as an actor a bot has its bare name
				return strings.TrimSuffix(a.login, "[bot]")
			}
			return a.login
		}),
		"name": get(func(a *account) any { return a.name }),
		"status": get(func(a *account) any {
			if !a.limited {
				return nil
			}
			return userStatus{a}
		}),
		"team": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("members:read"); err != nil {
				return nil, err
			}
			return q.forge.team(on.(*account), a.text("slug")), nil
		},
	}
}

func teamFields() map[string]resolver {
	return map[string]resolver{
		"id":           get(func(t *team) any { return nodeID("T", t.id) }),
		"databaseId":   get(func(t *team) any { return t.id }),
		"slug":         get(func(t *team) any { return t.slug }),
		"combinedSlug": get(func(t *team) any { return t.org.login + "/" + t.slug }),
		"name":         get(func(t *team) any { return t.name }),
		"organization": get(func(t *team) any { return t.org }),
		"members": page(func(q *query, t *team, a args) []any {
			return list(slices.DeleteFunc(q.forge.membersOf(t), func(m *account) bool {
				direct := slices.Contains(t.members, m)
				membership := a.text("membership")
				return membership == "IMMEDIATE" && !direct || membership == "CHILD_TEAM" && direct
			}))
		}),
		"childTeams": page(func(q *query, t *team, a args) []any {
			out := q.forge.children(t)
			if immediate, _ := a["immediateOnly"].(bool); !immediate {
				for i := 0; i < len(out); i++ {
					out = append(out, q.forge.children(out[i])...)
				}
			}
			return list(out)
		}),
	}
}

func repositoryFields() map[string]resolver {
	return map[string]resolver{
		"id":               get(func(r *Repo) any { return nodeID("R", r.id) }),
		"databaseId":       get(func(r *Repo) any { return r.id }),
		"name":             get(func(r *Repo) any { return r.name }),
		"nameWithOwner":    get(func(r *Repo) any { return r.FullName() }),
		"isArchived":       get(func(r *Repo) any { return r.archived }),
		"isFork":           get(func(r *Repo) any { return r.parent != nil }),
		"isPrivate":        get(func(r *Repo) any { return r.private }),
		"owner":            get(func(r *Repo) any { return r.owner }),
		"url":              get(func(r *Repo) any { return r.web("") }),
		"defaultBranchRef": get(func(r *Repo) any { return r.branchRef(r.defaultBranch) }),
		"ref": func(_ *query, on any, a args) (any, error) {
			return on.(*Repo).branchRef(a.text("qualifiedName")), nil
		},
		"refs": page(func(_ *query, r *Repo, a args) []any { return r.refs(a.text("refPrefix"), a.text("query")) }),
		"object": func(_ *query, on any, a args) (any, error) {
			return on.(*Repo).object(a.text("oid"), a.text("expression")), nil
		},
		"mergeQueue": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("merge_queues:read"); err != nil {
				return nil, err
			}
			r := on.(*Repo)
			return r.queues[cmp.Or(a.text("branch"), r.defaultBranch)], nil
		},
		"pullRequest": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("pull_requests:read"); err != nil {
				return nil, err
			}
			n, _ := a.int("number")
			live := on.(*Repo).pull(n)
			p := live.read()
			if p == nil || live.hidden() {
				return nil, unresolved("a PullRequest", "the number of "+strconv.Itoa(n))
			}
			return p, nil
		},
		"pullRequests": page(func(_ *query, r *Repo, a args) []any { return list(r.ordered(a)) }),
	}
}

// ordered lists the pull requests that the arguments select, in their order.
func (r *Repo) ordered(a args) []*PullRequest {
	states := a.texts("states")
	pulls := slices.DeleteFunc(r.readPulls(), func(p *PullRequest) bool {
		return len(states) > 0 && !slices.Contains(states, p.graphState()) ||
			a.text("baseRefName") != "" && p.baseBranch != a.text("baseRefName") ||
			a.text("headRefName") != "" && p.headBranch != a.text("headRefName")
	})
	order, _ := a["orderBy"].(map[string]any)
	if order["field"] == "UPDATED_AT" {
		slices.SortStableFunc(pulls, func(x, y *PullRequest) int { return x.updated.Compare(y.updated) })
	}
	if order["field"] == "COMMENTS" {
		slices.SortStableFunc(pulls, func(x, y *PullRequest) int { return len(x.comments) - len(y.comments) })
	}
	if order["direction"] == "DESC" {
		slices.Reverse(pulls)
	}
	return pulls
}

func (n *gitNode) commit() *object.Commit { return n.repo.objects.commit(n.id) }

func gitFields(more map[string]resolver) map[string]resolver {
	more["id"] = get(func(n *gitNode) any { return n.kind + "_" + n.id.String() })
	more["oid"] = get(func(n *gitNode) any { return n.id.String() })
	more["abbreviatedOid"] = get(func(n *gitNode) any { return n.id.String()[:7] })
	return more
}

func commitFields() map[string]resolver {
	return gitFields(map[string]resolver{
		"message": get(func(n *gitNode) any { return n.commit().Message }),
		"messageHeadline": get(func(n *gitNode) any {
			headline, _, _ := strings.Cut(n.commit().Message, "\n")
			return headline
		}),
		"messageBody": get(func(n *gitNode) any {
			_, body, _ := strings.Cut(n.commit().Message, "\n")
			return strings.TrimSpace(body)
		}),
		"authoredDate":    get(func(n *gitNode) any { return stamp(n.commit().Author.When) }),
		"committedDate":   get(func(n *gitNode) any { return stamp(n.commit().Committer.When) }),
		"committedViaWeb": get(func(n *gitNode) any { return n.repo.webCommits[n.id] }),
		"author":          get(func(n *gitNode) any { return actorNode{n.repo, n.commit().Author} }),
		"committer":       get(func(n *gitNode) any { return actorNode{n.repo, n.commit().Committer} }),
		"url":             get(func(n *gitNode) any { return n.repo.web("/commit/%s", n.id) }),
		"tree":            get(func(n *gitNode) any { return &gitNode{n.repo, "Tree", n.commit().TreeHash} }),
		"checkSuites":     commitSuites,
		"status":          commitStatus,
		"authors":         page(func(_ *query, n *gitNode, _ args) []any { return n.repo.authors(n.commit()) }),
		"history":         page(history),
		"parents": page(func(_ *query, n *gitNode, _ args) []any {
			var out []any
			for _, id := range n.commit().ParentHashes {
				out = append(out, &gitNode{n.repo, "Commit", id})
			}
			return out
		}),
		"file": func(_ *query, on any, a args) (any, error) {
			n := on.(*gitNode)
			e, ok := n.repo.objects.entry(n.commit().TreeHash, strings.Trim(a.text("path"), "/"))
			if !ok || a.text("path") == "" {
				return nil, nil
			}
			return &entryNode{n.repo, e, strings.Trim(a.text("path"), "/")}, nil
		},
	})
}

func treeFields() map[string]resolver {
	return gitFields(map[string]resolver{
		"entries": get(func(n *gitNode) any {
			out := []any{}
			for _, e := range n.repo.objects.tree(n.id).entries {
				out = append(out, &entryNode{n.repo, e, e.Name})
			}
			return out
		}),
	})
}

func entryFields() map[string]resolver {
	return map[string]resolver{
		"mode": get(func(e *entryNode) any { return int(e.entry.Mode) }),
		// A name that is no UTF-8 is read in nameRaw only.
		"name":    get(func(e *entryNode) any { return strings.ToValidUTF8(e.entry.Name, "\uFFFD") }),
		"nameRaw": get(func(e *entryNode) any { return base64.StdEncoding.EncodeToString([]byte(e.entry.Name)) }),
		"path":    get(func(e *entryNode) any { return e.path }),
		"oid":     get(func(e *entryNode) any { return e.entry.Hash.String() }),
		"type":    get(func(e *entryNode) any { return kind(e.entry.Mode) }),
		"size":    get(func(e *entryNode) any { return e.repo.objects.blobSize(e.entry.Hash) }),
		"object":  get(func(e *entryNode) any { return e.repo.entryObject(e.entry) }),
	}
}

func blobFields() map[string]resolver {
	content := func(n *gitNode) []byte {
		b, _ := n.repo.objects.blob(n.id)
		return b
	}
	return gitFields(map[string]resolver{
		"byteSize":    get(func(n *gitNode) any { return n.repo.objects.blobSize(n.id) }),
		"isBinary":    get(func(n *gitNode) any { return isBinary(content(n)) }),
		"isTruncated": get(func(n *gitNode) any { return n.repo.objects.blobSize(n.id) > maxText }),
		"text": get(func(n *gitNode) any {
			b := content(n)
			if isBinary(b) {
				return nil
			}
			return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "\uFFFD")
		}),
	})
}
