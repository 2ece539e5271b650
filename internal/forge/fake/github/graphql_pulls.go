package github

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// graphState is a pull request's state in GraphQL's three words.
func graphState(p *fake.PullRequest) string {
	switch {
	case p.IsOpen:
		return "OPEN"
	case p.IsMerged():
		return "MERGED"
	}
	return "CLOSED"
}

func graphMergeable(p *fake.PullRequest) string {
	switch {
	case !p.IsOpen:
		return "UNKNOWN"
	case p.Mergeable():
		return "MERGEABLE"
	}
	return "CONFLICTING"
}

func lines(p *fake.PullRequest) (additions, deletions int) {
	for _, f := range p.Files() {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
	}
	return additions, deletions
}

func pullFields(s *Server) map[string]resolver {
	out := map[string]resolver{
		"id":                  get(func(p *fake.PullRequest) any { return nodeID("PR", p.ID) }),
		"databaseId":          get(func(p *fake.PullRequest) any { return p.ID }),
		"fullDatabaseId":      get(func(p *fake.PullRequest) any { return strconv.FormatInt(p.ID, 10) }),
		"number":              get(func(p *fake.PullRequest) any { return p.Number() }),
		"title":               get(func(p *fake.PullRequest) any { return p.Title }),
		"body":                get(func(p *fake.PullRequest) any { return p.Body }),
		"bodyText":            get(func(p *fake.PullRequest) any { return p.Body }),
		"url":                 get(func(p *fake.PullRequest) any { return s.pullHTML(p) }),
		"state":               get(func(p *fake.PullRequest) any { return graphState(p) }),
		"isDraft":             get(func(p *fake.PullRequest) any { return p.Draft }),
		"isCrossRepository":   get(func(p *fake.PullRequest) any { return p.HeadRepo != p.Repo() }),
		"createdAt":           get(func(p *fake.PullRequest) any { return stamp(p.Created) }),
		"updatedAt":           get(func(p *fake.PullRequest) any { return stamp(p.Updated) }),
		"closedAt":            get(func(p *fake.PullRequest) any { return stampOrNull(p.Closed) }),
		"mergedAt":            get(func(p *fake.PullRequest) any { return stampOrNull(p.MergedAt) }),
		"closed":              get(func(p *fake.PullRequest) any { return !p.IsOpen }),
		"merged":              get(func(p *fake.PullRequest) any { return p.IsMerged() }),
		"mergeable":           get(func(p *fake.PullRequest) any { return graphMergeable(p) }),
		"isInMergeQueue":      get(func(p *fake.PullRequest) any { return p.Entry() != nil }),
		"isMergeQueueEnabled": get(func(p *fake.PullRequest) any { return p.Repo().Queues[p.BaseBranch] != nil }),
		"potentialMergeCommit": func(_ *query, on any, _ args) (any, error) {
			p := on.(*fake.PullRequest)
			id, err := p.TestMergeID()
			return objectByID(p.Repo(), id), err
		},
		"mergeCommit":         get(func(p *fake.PullRequest) any { return objectByID(p.Repo(), p.MergeID) }),
		"additions":           get(func(p *fake.PullRequest) any { n, _ := lines(p); return n }),
		"deletions":           get(func(p *fake.PullRequest) any { _, n := lines(p); return n }),
		"changedFiles":        get(func(p *fake.PullRequest) any { return len(p.Files()) }),
		"author":              get(func(p *fake.PullRequest) any { return p.Author }),
		"authorAssociation":   get(func(p *fake.PullRequest) any { return association(p.Repo(), p.Author) }),
		"headRefOid":          get(func(p *fake.PullRequest) any { return p.HeadID.String() }),
		"headRefName":         get(func(p *fake.PullRequest) any { return p.Branch() }),
		"headRef":             get(func(p *fake.PullRequest) any { return branchRef(p.HeadRepo, p.Branch()) }),
		"headRepository":      get(func(p *fake.PullRequest) any { return p.HeadRepo }),
		"headRepositoryOwner": get(func(p *fake.PullRequest) any { return p.HeadRepo.Owner }),
		"baseRefOid":          get(func(p *fake.PullRequest) any { return p.BaseID.String() }),
		"baseRefName":         get(func(p *fake.PullRequest) any { return p.BaseBranch }),
		"baseRef":             get(func(p *fake.PullRequest) any { return branchRef(p.Repo(), p.BaseBranch) }),
		"repository":          get(func(p *fake.PullRequest) any { return p.Repo() }),
		"reviewDecision":      get(func(p *fake.PullRequest) any { return emptyOrNull(decision(p)) }),
	}
	for name, resolve := range pullConnections() {
		out[name] = resolve
	}
	return out
}

func pullConnections() map[string]resolver {
	return map[string]resolver{
		"reviews": page(func(q *query, p *fake.PullRequest, a args) []any {
			states, by := a.texts("states"), a.text("author")
			return list(slices.DeleteFunc(slices.Clone(p.Reviews), func(rv *fake.ReviewRecord) bool {
				return !visibleTo(rv, q.call.who.account) || len(states) > 0 && !slices.Contains(states, reviewStates().say(rv.State)) ||
					by != "" && (rv.Author.Deleted || !strings.EqualFold(rv.Author.Login, by))
			}))
		}),
		"latestReviews": page(func(_ *query, p *fake.PullRequest, _ args) []any { return list(latest(p)) }),
		"comments": page(func(q *query, p *fake.PullRequest, _ args) []any {
			return list(slices.DeleteFunc(slices.Clone(p.Conversation),
				func(c *fake.CommentRecord) bool { return !fake.Sees(q.call.who.account, c.Author) }))
		}),
		"assignees":     page(func(_ *query, p *fake.PullRequest, _ args) []any { return list(p.Assigned) }),
		"labels":        page(func(_ *query, p *fake.PullRequest, _ args) []any { return list(p.Labelled) }),
		"timelineItems": page(func(_ *query, p *fake.PullRequest, a args) []any { return timeline(p, a) }),
		"commits": page(func(_ *query, p *fake.PullRequest, _ args) []any {
			var out []any
			commits := p.Commits()
			for _, c := range commits[:min(len(commits), maxPullCommits)] {
				out = append(out, pullCommit{p, c.Hash})
			}
			return out
		}),
		"files": page(func(_ *query, p *fake.PullRequest, _ args) []any {
			files := p.Files()
			return list(files[:min(len(files), maxPullFiles)])
		}),
		"reviewRequests": page(func(_ *query, p *fake.PullRequest, _ args) []any {
			var out []any
			for _, a := range p.AskedUsers {
				out = append(out, requestNode{nodeID("RRU", a.ID), a})
			}
			for _, t := range p.AskedTeams {
				out = append(out, requestNode{nodeID("RRT", t.ID), t})
			}
			return out
		}),
	}
}

// timeline lists what happened, in order of time, of the types asked for.
func timeline(p *fake.PullRequest, a args) []any {
	type item struct {
		at   time.Time
		node any
	}
	var items []item
	for _, c := range p.Commits() {
		items = append(items, item{c.Committer.When, pullCommit{p, c.Hash}})
	}
	for _, rv := range p.Reviews {
		if rv.State != fake.Pending {
			items = append(items, item{rv.Submitted, rv})
		}
	}
	for _, c := range p.Conversation {
		items = append(items, item{c.Created, c})
	}
	for _, e := range p.History {
		items = append(items, item{e.At, eventNode{p, e}})
	}
	slices.SortStableFunc(items, func(x, y item) int { return cmp.Compare(x.at.Unix(), y.at.Unix()) })
	types := a.texts("itemTypes")
	since, _ := time.Parse(time.RFC3339, a.text("since"))
	var out []any
	for _, i := range items {
		if (len(types) == 0 || slices.Contains(types, itemType(typeName(i.node)))) && !i.at.Before(since) {
			out = append(out, i.node)
		}
	}
	return out
}

func reviewFields(s *Server) map[string]resolver {
	return map[string]resolver{
		"id":                get(func(r *fake.ReviewRecord) any { return nodeID("PRR", r.ID) }),
		"databaseId":        get(func(r *fake.ReviewRecord) any { return r.ID }),
		"fullDatabaseId":    get(func(r *fake.ReviewRecord) any { return strconv.FormatInt(r.ID, 10) }),
		"state":             get(func(r *fake.ReviewRecord) any { return reviewStates().say(r.State) }),
		"body":              get(func(r *fake.ReviewRecord) any { return r.Body }),
		"bodyText":          get(func(r *fake.ReviewRecord) any { return r.Body }),
		"author":            get(func(r *fake.ReviewRecord) any { return r.Author }),
		"authorAssociation": get(func(r *fake.ReviewRecord) any { return association(r.Pull.Repo(), r.Author) }),
		"authorCanPushToRepository": get(func(r *fake.ReviewRecord) any {
			return r.Pull.Repo().Granted(r.Author) >= fake.Write
		}),
		"editor":       get(func(r *fake.ReviewRecord) any { return r.Editor }),
		"commit":       get(func(r *fake.ReviewRecord) any { return objectByID(r.Pull.Repo(), r.Commit) }),
		"createdAt":    get(func(r *fake.ReviewRecord) any { return stamp(r.Created) }),
		"submittedAt":  get(func(r *fake.ReviewRecord) any { return stampOrNull(r.Submitted) }),
		"lastEditedAt": get(func(r *fake.ReviewRecord) any { return stampOrNull(r.Edited) }),
		"updatedAt": get(func(r *fake.ReviewRecord) any { // a second later, without an edit
			return stamp(slices.MaxFunc([]time.Time{r.Created, r.Submitted.Add(time.Second), r.Edited}, time.Time.Compare))
		}),
		"url": get(func(r *fake.ReviewRecord) any { return s.reviewJSON(r)["html_url"] }),
	}
}

func commentFields(s *Server) map[string]resolver {
	return map[string]resolver{
		"id":                get(func(c *fake.CommentRecord) any { return nodeID("IC", c.ID) }),
		"databaseId":        get(func(c *fake.CommentRecord) any { return c.ID }),
		"fullDatabaseId":    get(func(c *fake.CommentRecord) any { return strconv.FormatInt(c.ID, 10) }),
		"body":              get(func(c *fake.CommentRecord) any { return c.Body }),
		"editor":            get(func(c *fake.CommentRecord) any { return c.Editor }),
		"author":            get(func(c *fake.CommentRecord) any { return c.Author }),
		"authorAssociation": get(func(c *fake.CommentRecord) any { return association(c.Pull.Repo(), c.Author) }),
		"createdAt":         get(func(c *fake.CommentRecord) any { return stamp(c.Created) }),
		"updatedAt":         get(func(c *fake.CommentRecord) any { return stamp(c.Updated()) }),
		"lastEditedAt":      get(func(c *fake.CommentRecord) any { return stampOrNull(c.Edited) }),
		"url":               get(func(c *fake.CommentRecord) any { return s.commentJSON(c)["html_url"] }),
		"viewerDidAuthor": func(q *query, on any, _ args) (any, error) {
			return on.(*fake.CommentRecord).Author == q.call.who.account, nil
		},
	}
}

// eventFields are the fields of all event types; which of them a type has is
// the schema's business.
func eventFields() map[string]resolver {
	return map[string]resolver{
		"id":               get(func(e eventNode) any { return nodeID("EV", e.ID) }),
		"databaseId":       get(func(e eventNode) any { return e.ID }),
		"actor":            get(func(e eventNode) any { return e.By }),
		"createdAt":        get(func(e eventNode) any { return stamp(e.At) }),
		"currentRefName":   get(func(e eventNode) any { return e.To }),
		"previousRefName":  get(func(e eventNode) any { return e.From }),
		"baseRefName":      get(func(e eventNode) any { return e.From }),
		"newBase":          get(func(e eventNode) any { return e.To }),
		"oldBase":          get(func(e eventNode) any { return e.From }),
		"currentTitle":     get(func(e eventNode) any { return e.To }),
		"previousTitle":    get(func(e eventNode) any { return e.From }),
		"beforeCommit":     get(func(e eventNode) any { return objectByID(e.pull.Repo(), e.Before) }),
		"afterCommit":      get(func(e eventNode) any { return objectByID(e.pull.Repo(), e.After) }),
		"label":            get(func(e eventNode) any { return e.Label }),
		"dismissalMessage": get(func(e eventNode) any { return dismissalMessage(e.Event) }),
		"pullRequestCommit": get(func(e eventNode) any {
			if e.Kind != fake.ReviewDismissed || e.After.IsZero() {
				return nil
			}
			return pullCommit{e.pull, e.After}
		}),
		"previousReviewState": get(func(e eventNode) any { return reviewStates().say(e.Was) }),
		"review":              get(func(e eventNode) any { return e.Review }),
		"ref": get(func(e eventNode) any {
			if e.Kind == fake.HeadForcePushed {
				return branchRef(e.pull.HeadRepo, e.pull.Branch())
			}
			return branchRef(e.pull.Repo(), e.pull.BaseBranch)
		}),
		"deletedCommentAuthor": get(func(e eventNode) any { return e.Who }),
		"requestedReviewer": get(func(e eventNode) any {
			if e.Who != nil {
				return e.Who
			}
			return e.Team
		}),
	}
}

// latest returns the last review that counts of each reviewer, as GitHub's
// review decision takes them.
func latest(p *fake.PullRequest) []*fake.ReviewRecord {
	var out []*fake.ReviewRecord
	for _, rv := range p.Reviews {
		if rv.State == fake.Commented || rv.State == fake.Pending || rv.Author == nil {
			continue
		}
		out = slices.DeleteFunc(out, func(o *fake.ReviewRecord) bool { return o.Author == rv.Author })
		out = append(out, rv)
	}
	return out
}

// decision is GitHub's review decision; empty where the base branch requires
// no review, which here it never does unless somebody asked for changes or
// approved.
func decision(p *fake.PullRequest) string {
	out := fake.Pending
	for _, rv := range latest(p) {
		switch rv.State {
		case fake.ChangesRequested:
			return "CHANGES_REQUESTED"
		case fake.Approved:
			out = fake.Approved
		default: // a dismissed one decides nothing
		}
	}
	if out == fake.Approved {
		return "APPROVED"
	}
	return ""
}
