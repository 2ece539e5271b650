package github

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func entryState(e *fake.QueueEntry) string {
	switch {
	case e.Head.IsZero():
		return "UNMERGEABLE"
	case !e.Mergeable():
		return "AWAITING_CHECKS"
	}
	return "MERGEABLE"
}

func queueFields() map[string]resolver {
	return map[string]resolver{
		"id":            get(func(q *fake.Queue) any { return nodeID("MQ", q.ID) }),
		"repository":    get(func(q *fake.Queue) any { return q.Repo }),
		"configuration": get(func(q *fake.Queue) any { return q.Rules }),
		"entries":       page(func(_ *query, q *fake.Queue, _ args) []any { return list(q.Entries) }),
	}
}

func queueRulesFields() map[string]resolver {
	return map[string]resolver{
		"checkResponseTimeout":  get(func(q fake.QueueRules) any { return int(q.Patience().Minutes()) }),
		"maximumEntriesToMerge": get(func(q fake.QueueRules) any { return q.Limit() }),
		"mergeMethod":           get(func(fake.QueueRules) any { return "MERGE" }),
		"mergingStrategy": get(func(q fake.QueueRules) any {
			if q.HeadGreen {
				return "HEADGREEN"
			}
			return "ALLGREEN"
		}),
	}
}

func queueEntryFields() map[string]resolver {
	return map[string]resolver{
		"id":          get(func(e *fake.QueueEntry) any { return nodeID("MQE", e.ID) }),
		"position":    get(func(e *fake.QueueEntry) any { return slices.Index(e.Queue.Entries, e) + 1 }),
		"state":       get(func(e *fake.QueueEntry) any { return entryState(e) }),
		"enqueuedAt":  get(func(e *fake.QueueEntry) any { return stamp(e.At) }),
		"enqueuer":    get(func(e *fake.QueueEntry) any { return e.By }),
		"pullRequest": get(func(e *fake.QueueEntry) any { return e.Pull }),
		"baseCommit":  get(func(e *fake.QueueEntry) any { return objectByID(e.Queue.Repo, e.Base) }),
		"headCommit":  get(func(e *fake.QueueEntry) any { return objectByID(e.Queue.Repo, e.Head) }),
	}
}
