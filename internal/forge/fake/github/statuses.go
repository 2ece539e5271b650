package github

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// maxDescription is how many characters a status's description may have (docs.github.com,
// "Commit statuses").
const maxDescription = 140

type statusInput struct {
	State       string `json:"state"`
	TargetURL   string `json:"target_url"`
	Description string `json:"description"`
	Context     string `json:"context"`
}

func (s *Server) createStatus(r *fake.Repo, head plumbing.Hash, in statusInput, by *fake.Account) (*fake.StatusRecord, error) {
	if by == s.bot {
		if err := s.missing(head.String()); err != nil {
			return nil, err
		}
	}
	state, ok := statusStates().hear(in.State)
	switch {
	case !ok:
		return nil, invalidField("Status", "state", "custom", "state is not included in the list")
	case utf8.RuneCountInString(in.Description) > maxDescription:
		return nil, invalidField("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case wide(in.Description):
		return nil, invalidField("Status", "description", "custom", "description doesn't accept 4-byte Unicode")
	case wide(in.Context):
		return nil, invalidField("Status", "context", "custom", "context doesn't accept 4-byte Unicode")
	case s.refusesAll(r, &in.State, in.Description):
		return nil, errPlainOnly()
	case in.TargetURL != "" && !strings.HasPrefix(in.TargetURL, "http://") && !strings.HasPrefix(in.TargetURL, "https://"):
		return nil, invalidField("Status", "target_url", "custom", "target_url must use http(s) scheme")
	}
	return by.PostStatus(r, head, fake.Status{State: state, TargetURL: in.TargetURL, Description: in.Description, Context: in.Context})
}

// plainOnly reports whether the forge takes only success and what is short and
// plain by now.
func (s *Server) plainOnly(r *fake.Repo) bool {
	return s.behaviour.PlainOnly && (slices.ContainsFunc(r.Checks, func(c *fake.CheckRecord) bool { return c.Conclusion == fake.Success }) ||
		slices.ContainsFunc(r.StatusList, func(o *fake.StatusRecord) bool { return o.State == fake.StatusSuccess }))
}

// refusesAll reports whether a write is refused for what it says; state is its
// conclusion or state, if it has one.
func (s *Server) refusesAll(r *fake.Repo, state *string, texts string) bool {
	plain := len(texts) <= 100 && !strings.ContainsFunc(texts, func(c rune) bool { return c >= utf8.RuneSelf })
	return !plain && (state == nil || *state != "success") && s.plainOnly(r)
}

func errPlainOnly() error {
	return &failure{status: http.StatusUnprocessableEntity, message: "Validation Failed"}
}
