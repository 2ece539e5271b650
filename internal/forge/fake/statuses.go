package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
)

// GitHub's limits on statuses (docs.github.com, "Commit statuses").
const (
	maxDescription = 140   // characters
	maxStatuses    = 1_000 // of a commit and context
)

// status is a commit status.
type status struct {
	id          int64
	repo        *Repo
	head        plumbing.Hash
	context     string
	state       string
	description string
	targetURL   string
	creator     *account
	created     time.Time
}

type statusInput struct {
	State       string `json:"state"`
	TargetURL   string `json:"target_url"`
	Description string `json:"description"`
	Context     string `json:"context"`
}

func (r *Repo) createStatus(head plumbing.Hash, in statusInput, by *account) (*status, error) {
	if in.Context == "" {
		in.Context = "default"
	}
	if err := r.missing(head.String()); err != nil && by == r.forge.bot() {
		return nil, err
	}
	n := 0
	for _, s := range r.statuses {
		n += boolToInt(s.head == head && s.context == in.Context)
	}
	switch {
	case !slices.Contains([]string{"error", "failure", "pending", "success"}, in.State):
		return nil, invalidField("Status", "state", "custom", "state is not included in the list")
	case utf8.RuneCountInString(in.Description) > maxDescription:
		return nil, invalidField("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case wide(in.Description):
		return nil, invalidField("Status", "description", "custom", "description doesn't accept 4-byte Unicode")
	case wide(in.Context):
		return nil, invalidField("Status", "context", "custom", "context doesn't accept 4-byte Unicode")
	case r.refusesAll(&in.State, in.Description):
		return nil, errPlainOnly()
	case in.TargetURL != "" && !strings.HasPrefix(in.TargetURL, "http://") && !strings.HasPrefix(in.TargetURL, "https://"):
		return nil, invalidField("Status", "target_url", "custom", "target_url must use http(s) scheme")
	case n >= maxStatuses:
		return nil, invalidField("Status", "context", "custom",
			"This SHA and context has reached the maximum number of statuses.")
	}
	s := &status{
		id: r.forge.nextID(), repo: r, head: head, context: in.Context, state: in.State,
		description: in.Description, targetURL: in.TargetURL, creator: by, created: r.forge.now(),
	}
	r.statuses = append(r.statuses, s)
	r.green = r.green || in.State == "success"
	r.forge.emitStatus(s)
	r.settleQueues()
	return s, nil
}

// latestStatuses gives the newest status of each context, newest first.
func (r *Repo) latestStatuses(head plumbing.Hash) []*status {
	var out []*status
	for _, s := range slices.Backward(r.statuses) {
		known := slices.ContainsFunc(out, func(o *status) bool { return o.context == s.context })
		if s.head == head && !known {
			out = append(out, s)
		}
	}
	return out
}

// plainOnly reports whether the forge takes only success and what is short and
// plain by now.
func (r *Repo) plainOnly() bool { return r.forge.opts.Behaviour.PlainOnly && r.green }

// refusesAll reports whether a write is refused for what it says; state is its
// conclusion or state, if it has one.
func (r *Repo) refusesAll(state *string, texts string) bool {
	plain := len(texts) <= 100 && !strings.ContainsFunc(texts, func(c rune) bool { return c >= utf8.RuneSelf })
	return r.plainOnly() && !plain && (state == nil || *state != "success")
}

func errPlainOnly() error {
	return &failure{status: http.StatusUnprocessableEntity, message: "Validation Failed"}
}
