package github

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// commitSuites are the check suites of a commit, oldest first.
func commitSuites(q *query, on any, a args) (any, error) {
	if err := q.call.granted("checks:read"); err != nil {
		return nil, err
	}
	n := on.(*gitNode)
	filter, _ := a["filterBy"].(map[string]any)
	app, wanted := args(filter).int("appId")
	suites := slices.DeleteFunc(slices.Clone(n.repo.Suites), func(o *fake.Suite) bool {
		return o.Head != n.id || wanted && q.server.appID(o) != int64(app)
	})
	return paginate(list(suites), a)
}

// commitStatus is what statuses say of a commit; null where there is none.
func commitStatus(q *query, on any, _ args) (any, error) {
	if err := q.call.granted("statuses:read"); err != nil {
		return nil, err
	}
	n := on.(*gitNode)
	if len(n.repo.LatestStatuses(n.id)) == 0 {
		return nil, nil
	}
	return statusNode{n.repo, n.id}, nil
}

// upper is one of GraphQL's words; null where there is none.
func upper(word string) any { return emptyOrNull(strings.ToUpper(word)) }

func suiteFields() map[string]resolver {
	return map[string]resolver{
		"id":         get(func(o *fake.Suite) any { return nodeID("CS", o.ID) }),
		"databaseId": get(func(o *fake.Suite) any { return o.ID }),
		"app":        get(func(o *fake.Suite) any { return o }),
		"createdAt":  get(func(o *fake.Suite) any { return stamp(o.Created) }),
		"updatedAt":  get(func(o *fake.Suite) any { return stamp(o.Created) }),
		"status":     get(func(o *fake.Suite) any { status, _, _ := o.State(); return upper(checkStatuses().say(status)) }),
		"conclusion": get(func(o *fake.Suite) any { _, conclusion, _ := o.State(); return upper(conclusions().say(conclusion)) }),
	}
}

// appFields are those of a suite's app.
func appFields(s *Server) map[string]resolver {
	return map[string]resolver{
		"id":         get(func(o *fake.Suite) any { return nodeID("A", s.appID(o)) }),
		"databaseId": get(func(o *fake.Suite) any { return s.appID(o) }),
		"slug":       get(func(o *fake.Suite) any { return appSlug(o) }),
	}
}

func statusFields() map[string]resolver {
	return map[string]resolver{
		"id":       get(func(n statusNode) any { return "S_" + n.commit.String() }),
		"state":    get(func(n statusNode) any { return upper(combined(n.repo.LatestStatuses(n.commit))) }),
		"contexts": get(func(n statusNode) any { return list(n.repo.LatestStatuses(n.commit)) }),
	}
}

func statusContextFields() map[string]resolver {
	return map[string]resolver{
		"id":          get(func(o *fake.StatusRecord) any { return nodeID("SC", o.ID) }),
		"context":     get(func(o *fake.StatusRecord) any { return o.Context }),
		"createdAt":   get(func(o *fake.StatusRecord) any { return stamp(o.Created) }),
		"creator":     get(func(o *fake.StatusRecord) any { return o.Creator }),
		"description": get(func(o *fake.StatusRecord) any { return emptyOrNull(o.Description) }),
		"state":       get(func(o *fake.StatusRecord) any { return upper(statusStates().say(o.State)) }),
	}
}
