package fake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// graphState is a pull request's state in GraphQL's three words.
func (p *PullRequest) graphState() string {
	switch {
	case p.open:
		return "OPEN"
	case p.merged():
		return "MERGED"
	}
	return "CLOSED"
}

func (p *PullRequest) graphMergeable() string {
	switch {
	case !p.open:
		return "UNKNOWN"
	case p.mergeable():
		return "MERGEABLE"
	}
	return "CONFLICTING"
}

func (p *PullRequest) lines() (additions, deletions int) {
	for _, f := range p.files() {
		additions, deletions = additions+f.additions, deletions+f.deletions
	}
	return additions, deletions
}

func pullFields() map[string]resolver {
	out := map[string]resolver{
		"id":                  get(func(p *PullRequest) any { return nodeID("PR", p.id) }),
		"databaseId":          get(func(p *PullRequest) any { return p.id }),
		"fullDatabaseId":      get(func(p *PullRequest) any { return strconv.FormatInt(p.id, 10) }),
		"number":              get(func(p *PullRequest) any { return p.number }),
		"title":               get(func(p *PullRequest) any { return p.title }),
		"body":                get(func(p *PullRequest) any { return p.body }),
		"bodyText":            get(func(p *PullRequest) any { return p.body }),
		"url":                 get(func(p *PullRequest) any { return p.html() }),
		"state":               get(func(p *PullRequest) any { return p.graphState() }),
		"isDraft":             get(func(p *PullRequest) any { return p.draft }),
		"isCrossRepository":   get(func(p *PullRequest) any { return p.headRepo != p.repo }),
		"createdAt":           get(func(p *PullRequest) any { return stamp(p.created) }),
		"updatedAt":           get(func(p *PullRequest) any { return stamp(p.updated) }),
		"closedAt":            get(func(p *PullRequest) any { return stampOrNull(p.closed) }),
		"mergedAt":            get(func(p *PullRequest) any { return stampOrNull(p.mergedAt) }),
		"closed":              get(func(p *PullRequest) any { return !p.open }),
		"merged":              get(func(p *PullRequest) any { return p.merged() }),
		"mergeable":           get(func(p *PullRequest) any { return p.graphMergeable() }),
		"isInMergeQueue":      get(func(p *PullRequest) any { return p.queued() != nil }),
		"isMergeQueueEnabled": get(func(p *PullRequest) any { return p.repo.queues[p.baseBranch] != nil }),
		"potentialMergeCommit": func(_ *query, on any, _ args) (any, error) {
			p := on.(*PullRequest)
			id, err := p.testMerge()
			return p.repo.objectByID(id), err
		},
		"mergeCommit":         get(func(p *PullRequest) any { return p.repo.objectByID(p.mergeID) }),
		"additions":           get(func(p *PullRequest) any { n, _ := p.lines(); return n }),
		"deletions":           get(func(p *PullRequest) any { _, n := p.lines(); return n }),
		"changedFiles":        get(func(p *PullRequest) any { return len(p.files()) }),
		"author":              get(func(p *PullRequest) any { return p.author }),
		"authorAssociation":   get(func(p *PullRequest) any { return p.repo.association(p.author) }),
		"headRefOid":          get(func(p *PullRequest) any { return p.head.String() }),
		"headRefName":         get(func(p *PullRequest) any { return p.headBranch }),
		"headRef":             get(func(p *PullRequest) any { return p.headRepo.branchRef(p.headBranch) }),
		"headRepository":      get(func(p *PullRequest) any { return p.headRepo }),
		"headRepositoryOwner": get(func(p *PullRequest) any { return p.headRepo.owner }),
		"baseRefOid":          get(func(p *PullRequest) any { return p.base.String() }),
		"baseRefName":         get(func(p *PullRequest) any { return p.baseBranch }),
		"baseRef":             get(func(p *PullRequest) any { return p.repo.branchRef(p.baseBranch) }),
		"repository":          get(func(p *PullRequest) any { return p.repo }),
		"reviewDecision":      get(func(p *PullRequest) any { return emptyOrNull(p.decision()) }),
	}
	for name, resolve := range pullConnections() {
		out[name] = resolve
	}
	return out
}

func pullConnections() map[string]resolver {
	return map[string]resolver{
		"reviews": page(func(q *query, p *PullRequest, a args) []any {
			states, by := a.texts("states"), a.text("author")
			return list(slices.DeleteFunc(slices.Clone(p.reviews), func(rv *review) bool {
				return !rv.visibleTo(q.call.who.account) || len(states) > 0 && !slices.Contains(states, rv.state) ||
					by != "" && (rv.author.deleted || !sameName(rv.author.login, by))
			}))
		}),
		"latestReviews": page(func(_ *query, p *PullRequest, _ args) []any { return list(p.latest()) }),
		"comments": page(func(q *query, p *PullRequest, _ args) []any {
			return list(slices.DeleteFunc(slices.Clone(p.comments), func(c *comment) bool { return !sees(q.call.who.account, c.author) }))
		}),
		"assignees":     page(func(_ *query, p *PullRequest, _ args) []any { return list(p.assignees) }),
		"labels":        page(func(_ *query, p *PullRequest, _ args) []any { return list(p.labels) }),
		"timelineItems": page(func(_ *query, p *PullRequest, a args) []any { return p.timeline(a) }),
		"commits": page(func(_ *query, p *PullRequest, _ args) []any {
			var out []any
			commits := p.commits()
			for _, c := range commits[:min(len(commits), maxPullCommits)] {
				out = append(out, pullCommit{p, c.Hash})
			}
			return out
		}),
		"files": page(func(_ *query, p *PullRequest, _ args) []any {
			files := p.files()
			return list(files[:min(len(files), maxPullFiles)])
		}),
		"reviewRequests": page(func(_ *query, p *PullRequest, _ args) []any {
			var out []any
			for _, a := range p.users {
				out = append(out, requestNode{nodeID("RRU", a.id), a})
			}
			for _, t := range p.teams {
				out = append(out, requestNode{nodeID("RRT", t.id), t})
			}
			return out
		}),
	}
}

// timeline lists what happened, in order of time, of the types asked for.
func (p *PullRequest) timeline(a args) []any {
	type item struct {
		at   time.Time
		node any
	}
	var items []item
	for _, c := range p.commits() {
		items = append(items, item{c.Committer.When, pullCommit{p, c.Hash}})
	}
	for _, rv := range p.reviews {
		if rv.state != pending {
			items = append(items, item{rv.submitted, rv})
		}
	}
	for _, c := range p.comments {
		items = append(items, item{c.created, c})
	}
	for _, e := range p.events {
		items = append(items, item{e.at, eventNode{p, e}})
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

func reviewFields() map[string]resolver {
	return map[string]resolver{
		"id":                get(func(r *review) any { return nodeID("PRR", r.id) }),
		"databaseId":        get(func(r *review) any { return r.id }),
		"fullDatabaseId":    get(func(r *review) any { return strconv.FormatInt(r.id, 10) }),
		"state":             get(func(r *review) any { return r.state }),
		"body":              get(func(r *review) any { return r.body }),
		"bodyText":          get(func(r *review) any { return r.body }),
		"author":            get(func(r *review) any { return r.author }),
		"authorAssociation": get(func(r *review) any { return r.pull.repo.association(r.author) }),
		"authorCanPushToRepository": get(func(r *review) any {
			return r.pull.repo.granted(r.author) >= write
		}),
		"editor":       get(func(r *review) any { return r.editor }),
		"commit":       get(func(r *review) any { return r.pull.repo.objectByID(r.commit) }),
		"createdAt":    get(func(r *review) any { return stamp(r.created) }),
		"submittedAt":  get(func(r *review) any { return stampOrNull(r.submitted) }),
		"lastEditedAt": get(func(r *review) any { return stampOrNull(r.edited) }),
		"updatedAt": get(func(r *review) any { // a second later, without an edit
			return stamp(slices.MaxFunc([]time.Time{r.created, r.submitted.Add(time.Second), r.edited}, time.Time.Compare))
		}),
		"url": get(func(r *review) any { return r.json()["html_url"] }),
	}
}

func commentFields() map[string]resolver {
	return map[string]resolver{
		"id":                get(func(c *comment) any { return nodeID("IC", c.id) }),
		"databaseId":        get(func(c *comment) any { return c.id }),
		"fullDatabaseId":    get(func(c *comment) any { return strconv.FormatInt(c.id, 10) }),
		"body":              get(func(c *comment) any { return c.body }),
		"editor":            get(func(c *comment) any { return c.editor }),
		"author":            get(func(c *comment) any { return c.author }),
		"authorAssociation": get(func(c *comment) any { return c.pull.repo.association(c.author) }),
		"createdAt":         get(func(c *comment) any { return stamp(c.created) }),
		"updatedAt":         get(func(c *comment) any { return stamp(c.updated()) }),
		"lastEditedAt":      get(func(c *comment) any { return stampOrNull(c.edited) }),
		"url":               get(func(c *comment) any { return c.json()["html_url"] }),
		"viewerDidAuthor": func(q *query, on any, _ args) (any, error) {
			return on.(*comment).author == q.call.who.account, nil
		},
	}
}

func eventKinds() []eventKind {
	return []eventKind{
		baseChanged, baseForcePushed, baseAutoChanged, baseDeleted, headForcePushed, reviewDismissed, reviewRequested, requestRemoved,
		commentDeleted, labeledEvent, unlabeledEvent, renamedEvent, closedEvent, reopenedEvent, mergedEvent, readyForReview,
		convertToDraft,
	}
}

// eventFields are the fields of all event types; which of them a type has is
// the schema's business.
func eventFields() map[string]resolver {
	return map[string]resolver{
		"id":               get(func(e eventNode) any { return nodeID("EV", e.id) }),
		"databaseId":       get(func(e eventNode) any { return e.id }),
		"actor":            get(func(e eventNode) any { return e.actor }),
		"createdAt":        get(func(e eventNode) any { return stamp(e.at) }),
		"currentRefName":   get(func(e eventNode) any { return e.to }),
		"previousRefName":  get(func(e eventNode) any { return e.from }),
		"baseRefName":      get(func(e eventNode) any { return e.from }),
		"newBase":          get(func(e eventNode) any { return e.to }),
		"oldBase":          get(func(e eventNode) any { return e.from }),
		"currentTitle":     get(func(e eventNode) any { return e.to }),
		"previousTitle":    get(func(e eventNode) any { return e.from }),
		"beforeCommit":     get(func(e eventNode) any { return e.pull.repo.objectByID(e.before) }),
		"afterCommit":      get(func(e eventNode) any { return e.pull.repo.objectByID(e.after) }),
		"label":            get(func(e eventNode) any { return e.label }),
		"dismissalMessage": get(func(e eventNode) any { return e.message }),
		"pullRequestCommit": get(func(e eventNode) any {
			if e.kind != reviewDismissed || e.after.IsZero() {
				return nil
			}
			return pullCommit{e.pull, e.after}
		}),
		"previousReviewState": get(func(e eventNode) any { return strings.ToUpper(e.event.from) }),
		"review":              get(func(e eventNode) any { return e.review }),
		"ref": get(func(e eventNode) any {
			if e.kind == headForcePushed {
				return e.pull.headRepo.branchRef(e.pull.headBranch)
			}
			return e.pull.repo.branchRef(e.pull.baseBranch)
		}),
		"deletedCommentAuthor": get(func(e eventNode) any { return e.who }),
		"requestedReviewer": get(func(e eventNode) any {
			if e.who != nil {
				return e.who
			}
			return e.team
		}),
	}
}
