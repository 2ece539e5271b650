package fake

import (
	"slices"
	"strings"
)

// commitSuites are the check suites of a commit, oldest first.
func commitSuites(q *query, on any, a args) (any, error) {
	if err := q.call.granted("checks:read"); err != nil {
		return nil, err
	}
	n := on.(*gitNode)
	filter, _ := a["filterBy"].(map[string]any)
	app, wanted := args(filter).int("appId")
	suites := slices.DeleteFunc(slices.Clone(n.repo.suites), func(s *checkSuite) bool {
		return s.head != n.id || wanted && s.appID() != int64(app)
	})
	return paginate(list(suites), a)
}

// commitStatus is what statuses say of a commit; null where there is none.
func commitStatus(q *query, on any, _ args) (any, error) {
	if err := q.call.granted("statuses:read"); err != nil {
		return nil, err
	}
	n := on.(*gitNode)
	if len(n.repo.latestStatuses(n.id)) == 0 {
		return nil, nil
	}
	return statusNode{n.repo, n.id}, nil
}

// upper is one of GraphQL's words; null where there is none.
func upper(word string) any { return emptyOrNull(strings.ToUpper(word)) }

func suiteFields() map[string]resolver {
	return map[string]resolver{
		"id":         get(func(s *checkSuite) any { return nodeID("CS", s.id) }),
		"databaseId": get(func(s *checkSuite) any { return s.id }),
		"app":        get(func(s *checkSuite) any { return s }),
		"createdAt":  get(func(s *checkSuite) any { return stamp(s.created) }),
		"updatedAt":  get(func(s *checkSuite) any { return stamp(s.created) }),
		"status":     get(func(s *checkSuite) any { status, _, _ := s.state(); return upper(status) }),
		"conclusion": get(func(s *checkSuite) any { _, conclusion, _ := s.state(); return upper(conclusion) }),
	}
}

// appFields are those of a suite's app.
func appFields() map[string]resolver {
	return map[string]resolver{
		"id":         get(func(s *checkSuite) any { return nodeID("A", s.appID()) }),
		"databaseId": get(func(s *checkSuite) any { return s.appID() }),
		"slug":       get(func(s *checkSuite) any { return s.slug() }),
	}
}

func statusFields() map[string]resolver {
	return map[string]resolver{
		"id":       get(func(n statusNode) any { return "S_" + n.commit.String() }),
		"state":    get(func(n statusNode) any { return upper(combined(n.repo.latestStatuses(n.commit))) }),
		"contexts": get(func(n statusNode) any { return list(n.repo.latestStatuses(n.commit)) }),
	}
}

func statusContextFields() map[string]resolver {
	return map[string]resolver{
		"id":          get(func(s *status) any { return nodeID("SC", s.id) }),
		"context":     get(func(s *status) any { return s.context }),
		"createdAt":   get(func(s *status) any { return stamp(s.created) }),
		"creator":     get(func(s *status) any { return s.creator }),
		"description": get(func(s *status) any { return emptyOrNull(s.description) }),
		"state":       get(func(s *status) any { return upper(s.state) }),
	}
}
