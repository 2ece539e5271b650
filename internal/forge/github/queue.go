package github

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// hasQueue tells whether an event has told of a merge queue in a repository:
// servers that do not tell it of a pull request send the events all the same.
func (f *Forge) hasQueue(repo pull.Repo) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queues[strings.ToLower(repo.Slug())]
}

func (f *Forge) learnQueue(repo pull.Repo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[strings.ToLower(repo.Slug())] = true
}
