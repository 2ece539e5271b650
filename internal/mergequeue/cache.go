package mergequeue

import (
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// cache remembers the merge queues as they were read last.
type cache struct {
	mu     sync.Mutex
	asked  map[pull.Repo]bool // for their queues
	queues map[sources.Branch]seam.Queue
	groups map[pull.Ref]string // the head of the last group of each pull request
	fails  map[string]int      // how often in a row a group could not be read, by head
}

// Bounds of what is remembered.
const (
	maxLastGroups = 4096
	maxFailing    = 1024
)

func newCache() cache {
	return cache{asked: map[pull.Repo]bool{}, queues: map[sources.Branch]seam.Queue{}, groups: map[pull.Ref]string{}, fails: map[string]int{}}
}

func key(repo pull.Repo, branch string) sources.Branch {
	repo.Owner, repo.Name = strings.ToLower(repo.Owner), strings.ToLower(repo.Name)
	return sources.Branch{Repo: repo, Name: branch}
}

// last returns a queue as it was read last; the zero Queue if it never was.
func (c *cache) last(repo pull.Repo, branch string) seam.Queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queues[key(repo, branch)]
}

// keep remembers a queue, and gives the heads of the groups that were in it before;
// known is false where it was not read before.
func (c *cache) keep(repo pull.Repo, branch string, now seam.Queue) (before []string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.queues[key(repo, branch)]
	for _, group := range old.Groups {
		before = append(before, group.Head)
	}
	c.queues[key(repo, branch)] = now
	if len(c.groups) >= maxLastGroups {
		clear(c.groups)
	}
	for _, group := range now.Groups {
		for _, m := range group.Members {
			c.groups[memberKey(pull.Ref{Repo: repo, Number: m.Number})] = group.Head
		}
	}
	return before, known
}

func memberKey(ref pull.Ref) pull.Ref {
	ref.Repo = key(ref.Repo, "").Repo
	return ref
}

// lastGroup returns the head of the last group that a pull request was seen in.
func (c *cache) lastGroup(ref pull.Ref) (head string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	head, ok = c.groups[memberKey(ref)]
	return head, ok
}

func (c *cache) forget(ref pull.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.groups, memberKey(ref))
}

// failed counts that a group could not be read once more, and gives how often that was
// so in a row.
func (c *cache) failed(head string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fails) >= maxFailing {
		clear(c.fails)
	}
	c.fails[head]++
	return c.fails[head]
}

func (c *cache) succeeded(head string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.fails, head)
}

// ask tells, once for each repository, to ask for its merge queues.
func (c *cache) ask(repo pull.Repo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked[repo]
	c.asked[repo] = true
	return !asked
}
