package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// RequestReviewers implements gate.Publisher. GitHub refuses the whole call for
// one name that is no collaborator, so then each is asked by a call of its own.
func (f *Forge) RequestReviewers(ctx context.Context, ref pull.Ref, names []string) ([]string, error) {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return nil, err
	}
	err = ask(ctx, cl, ref, names)
	if status(err) != http.StatusUnprocessableEntity {
		return nil, asked(ref, err)
	}
	if len(names) == 1 {
		return names, nil
	}
	var refused []string
	for _, name := range names {
		switch err := ask(ctx, cl, ref, []string{name}); {
		case status(err) == http.StatusUnprocessableEntity:
			refused = append(refused, name)
		case err != nil:
			return refused, asked(ref, err)
		}
	}
	return refused, nil
}

// ask asks people, and teams of the repository's organisation.
func ask(ctx context.Context, cl *client, ref pull.Ref, names []string) error {
	var request github.ReviewersRequest
	for _, name := range names {
		if team, ok := strings.CutPrefix(name, "@"); ok {
			_, slug, _ := strings.Cut(team, "/")
			request.TeamReviewers = append(request.TeamReviewers, slug)
		} else {
			request.Reviewers = append(request.Reviewers, name)
		}
	}
	_, _, err := cl.rest.PullRequests.RequestReviewers(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, request)
	return err
}

func asked(ref pull.Ref, err error) error {
	// v60 answers an accepted request as an error.
	if _, ok := errors.AsType[*github.AcceptedError](err); ok || err == nil {
		return nil
	}
	return fmt.Errorf("ask for review of %s: %w", ref, kind(err))
}
