package github

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
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
func resolvers(s *Server) map[string]map[string]resolver {
	out := map[string]map[string]resolver{
		"Query": queryFields(), "Mutation": mutationFields(), "Repository": repositoryFields(s), "PullRequest": pullFields(s),
		"PullRequestReview": reviewFields(s), "IssueComment": commentFields(s), "Commit": commitFields(s),
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
			"target": get(func(r *refNode) any { return objectByID(r.repo, r.repo.Branches[r.name]) }),
		},
		"GitActor": {
			"date":  get(func(a actorNode) any { return stamp(a.sig.When) }),
			"email": get(func(a actorNode) any { return a.sig.Email }),
			"name":  get(func(a actorNode) any { return a.sig.Name }),
			"user":  get(func(a actorNode) any { return s.actor(a) }),
		},
		"UserStatus": {
			"id":                           get(func(u userStatus) any { return nodeID("US", u.who.ID) }),
			"indicatesLimitedAvailability": get(func(u userStatus) any { return u.who.Limited }),
			"message":                      get(func(userStatus) any { return nil }),
		},
		"PullRequestCommit": {
			"id":     get(func(c pullCommit) any { return "PRC_" + c.id.String() }),
			"commit": get(func(c pullCommit) any { return objectByID(c.pull.Repo(), c.id) }),
		},
		"ReviewRequest": {
			"id":                get(func(r requestNode) any { return r.id }),
			"asCodeOwner":       get(func(requestNode) any { return false }),
			"requestedReviewer": get(func(r requestNode) any { return r.who }),
		},
		"PullRequestChangedFile": {
			"path":       get(func(f fake.FileDiff) any { return f.Path() }),
			"additions":  get(func(f fake.FileDiff) any { return f.Additions }),
			"deletions":  get(func(f fake.FileDiff) any { return f.Deletions }),
			"changeType": get(func(f fake.FileDiff) any { return changeType(f.Status()) }),
		},
		"Label": {
			"id":   get(func(l *fake.Label) any { return nodeID("LA", l.ID) }),
			"name": get(func(l *fake.Label) any { return l.Name }),
		},
		"CheckSuite": suiteFields(), "App": appFields(s), "Status": statusFields(), "StatusContext": statusContextFields(),
		"RateLimit": rateFields(s), "MergeQueue": queueFields(), "MergeQueueEntry": queueEntryFields(),
		"MergeQueueConfiguration": queueRulesFields(),
		"AddReactionPayload":      reactedFields(), "RemoveReactionPayload": reactedFields(), "Reaction": reactionFields(),
	}
	for _, pair := range historyEvents() {
		out[eventType(pair.ours)] = eventFields()
	}
	return out
}

func changeType(status fake.FileStatus) string {
	if status == fake.Removed {
		return "DELETED"
	}
	return strings.ToUpper(fileStatuses().say(status))
}

// actor is the account of an author's address, if that is a person's.
func (s *Server) actor(a actorNode) any {
	if u := s.AccountByMail(a.sig.Email); u != nil && u.Kind == fake.Person {
		return u
	}
	return nil
}

func queryFields() map[string]resolver {
	return map[string]resolver{
		"repository": func(q *query, _ any, a args) (any, error) {
			r := q.server.FindRepo(a.text("owner"), a.text("name"))
			if r == nil {
				r = q.server.Formerly(a.text("owner"), a.text("name"))
			}
			if r == nil || !q.sees(r) {
				name := a.text("owner") + "/" + a.text("name")
				return nil, unresolved("a Repository", "the name '"+name+"'")
			}
			return r, nil
		},
		"organization": func(q *query, _ any, a args) (any, error) {
			o, err := q.server.FindAccount(a.text("login"))
			if err != nil || o.Kind != fake.Organization {
				return nil, unresolved("an Organization", "the login of '"+a.text("login")+"'")
			}
			return o, nil
		},
		"user": func(q *query, _ any, a args) (any, error) {
			u, err := q.server.FindAccount(a.text("login"))
			if err != nil || u.Kind != fake.Person || !fake.Sees(q.call.who.account, u) {
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

// sees reports whether the caller may read a repository.
func (q *query) sees(r *fake.Repo) bool {
	if i := q.call.who.install; i != nil {
		return !r.Private || i.covers(r)
	}
	return r.Access(q.call.who.account) >= fake.Read
}

// rateFields count the query itself as spent.
func rateFields(s *Server) map[string]resolver {
	rate := func(r rateNode) (used, limit int, reset time.Time) {
		w := s.window(r.q.call.who.key, "graphql")
		return w.used + r.q.cost, s.opts.RateLimit, w.start.Add(time.Hour)
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
		"id":         get(func(a *fake.Account) any { return nodeID(prefix, a.ID) }),
		"databaseId": get(func(a *fake.Account) any { return a.ID }),
		"login": get(func(a *fake.Account) any {
			if prefix == "BOT" { // as an actor a bot has its bare name
				return strings.TrimSuffix(a.Login, "[bot]")
			}
			return a.Login
		}),
		"name": get(func(a *fake.Account) any { return a.Name }),
		"status": get(func(a *fake.Account) any {
			if !a.Limited {
				return nil
			}
			return userStatus{a}
		}),
		"team": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("members:read"); err != nil {
				return nil, err
			}
			return q.server.FindTeam(on.(*fake.Account), a.text("slug")), nil
		},
	}
}

func teamFields() map[string]resolver {
	return map[string]resolver{
		"id":           get(func(t *fake.TeamRecord) any { return nodeID("T", t.ID) }),
		"databaseId":   get(func(t *fake.TeamRecord) any { return t.ID }),
		"slug":         get(func(t *fake.TeamRecord) any { return t.Slug }),
		"combinedSlug": get(func(t *fake.TeamRecord) any { return t.Org.Login + "/" + t.Slug }),
		"name":         get(func(t *fake.TeamRecord) any { return t.Name }),
		"organization": get(func(t *fake.TeamRecord) any { return t.Org }),
		"members": page(func(q *query, t *fake.TeamRecord, a args) []any {
			return list(slices.DeleteFunc(q.server.MembersOf(t), func(m *fake.Account) bool {
				direct := slices.Contains(t.Members, m)
				membership := a.text("membership")
				return membership == "IMMEDIATE" && !direct || membership == "CHILD_TEAM" && direct
			}))
		}),
		"childTeams": page(func(q *query, t *fake.TeamRecord, a args) []any {
			out := q.server.ChildTeams(t)
			if immediate, _ := a["immediateOnly"].(bool); !immediate {
				for i := 0; i < len(out); i++ {
					out = append(out, q.server.ChildTeams(out[i])...)
				}
			}
			return list(out)
		}),
	}
}

func repositoryFields(s *Server) map[string]resolver {
	return map[string]resolver{
		"id":               get(func(r *fake.Repo) any { return nodeID("R", r.ID) }),
		"databaseId":       get(func(r *fake.Repo) any { return r.ID }),
		"name":             get(func(r *fake.Repo) any { return r.Name }),
		"nameWithOwner":    get(func(r *fake.Repo) any { return r.FullName() }),
		"isArchived":       get(func(r *fake.Repo) any { return r.Archived }),
		"isFork":           get(func(r *fake.Repo) any { return r.Parent != nil }),
		"isPrivate":        get(func(r *fake.Repo) any { return r.Private }),
		"owner":            get(func(r *fake.Repo) any { return r.Owner }),
		"url":              get(func(r *fake.Repo) any { return s.repoWeb(r, "") }),
		"defaultBranchRef": get(func(r *fake.Repo) any { return branchRef(r, r.DefaultBranch) }),
		"ref": func(_ *query, on any, a args) (any, error) {
			return branchRef(on.(*fake.Repo), a.text("qualifiedName")), nil
		},
		"refs": page(func(_ *query, r *fake.Repo, a args) []any { return refs(r, a.text("refPrefix"), a.text("query")) }),
		"object": func(_ *query, on any, a args) (any, error) {
			return gitObject(on.(*fake.Repo), a.text("oid"), a.text("expression")), nil
		},
		"mergeQueue": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("merge_queues:read"); err != nil {
				return nil, err
			}
			r := on.(*fake.Repo)
			return r.Queues[cmp.Or(a.text("branch"), r.DefaultBranch)], nil
		},
		"pullRequest": func(q *query, on any, a args) (any, error) {
			if err := q.call.granted("pull_requests:read"); err != nil {
				return nil, err
			}
			n, _ := a.int("number")
			live := on.(*fake.Repo).FindPull(n)
			p := live.Shown()
			if p == nil || q.server.hidden(live) {
				return nil, unresolved("a PullRequest", "the number of "+strconv.Itoa(n))
			}
			return p, nil
		},
		"pullRequests": page(func(_ *query, r *fake.Repo, a args) []any { return list(ordered(r, a)) }),
	}
}

// ordered lists the pull requests that the arguments select, in their order.
func ordered(r *fake.Repo, a args) []*fake.PullRequest {
	states := a.texts("states")
	pulls := slices.DeleteFunc(r.ShownPulls(), func(p *fake.PullRequest) bool {
		return len(states) > 0 && !slices.Contains(states, graphState(p)) ||
			a.text("baseRefName") != "" && p.BaseBranch != a.text("baseRefName") ||
			a.text("headRefName") != "" && p.Branch() != a.text("headRefName")
	})
	order, _ := a["orderBy"].(map[string]any)
	if order["field"] == "UPDATED_AT" {
		slices.SortStableFunc(pulls, func(x, y *fake.PullRequest) int { return x.Updated.Compare(y.Updated) })
	}
	if order["field"] == "COMMENTS" {
		slices.SortStableFunc(pulls, func(x, y *fake.PullRequest) int { return len(x.Conversation) - len(y.Conversation) })
	}
	if order["direction"] == "DESC" {
		slices.Reverse(pulls)
	}
	return pulls
}

func (n *gitNode) commit() *object.Commit { return n.repo.Objects.Commit(n.id) }

func gitFields(more map[string]resolver) map[string]resolver {
	more["id"] = get(func(n *gitNode) any { return n.kind + "_" + n.id.String() })
	more["oid"] = get(func(n *gitNode) any { return n.id.String() })
	more["abbreviatedOid"] = get(func(n *gitNode) any { return n.id.String()[:7] })
	return more
}

func commitFields(s *Server) map[string]resolver {
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
		"committedViaWeb": get(func(n *gitNode) any { return n.repo.WebCommits[n.id] }),
		"author":          get(func(n *gitNode) any { return actorNode{n.repo, n.commit().Author} }),
		"committer":       get(func(n *gitNode) any { return actorNode{n.repo, n.commit().Committer} }),
		"url":             get(func(n *gitNode) any { return s.repoWeb(n.repo, "/commit/%s", n.id) }),
		"tree":            get(func(n *gitNode) any { return &gitNode{n.repo, "Tree", n.commit().TreeHash} }),
		"checkSuites":     commitSuites,
		"status":          commitStatus,
		"authors":         page(func(_ *query, n *gitNode, _ args) []any { return s.authors(n.repo, n.commit()) }),
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
			e, ok := n.repo.Objects.Entry(n.commit().TreeHash, strings.Trim(a.text("path"), "/"))
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
			for _, e := range n.repo.Objects.Tree(n.id).Entries {
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
		"size":    get(func(e *entryNode) any { return e.repo.Objects.BlobSize(e.entry.Hash) }),
		"object":  get(func(e *entryNode) any { return entryObject(e.repo, e.entry) }),
	}
}

func blobFields() map[string]resolver {
	content := func(n *gitNode) []byte {
		b, _ := n.repo.Objects.Blob(n.id)
		return b
	}
	return gitFields(map[string]resolver{
		"byteSize":    get(func(n *gitNode) any { return n.repo.Objects.BlobSize(n.id) }),
		"isBinary":    get(func(n *gitNode) any { return fake.IsBinary(content(n)) }),
		"isTruncated": get(func(n *gitNode) any { return n.repo.Objects.BlobSize(n.id) > maxText }),
		"text": get(func(n *gitNode) any {
			b := content(n)
			if fake.IsBinary(b) {
				return nil
			}
			return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "\uFFFD")
		}),
	})
}
