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

// RequestReviewers implements seam.Publisher. GitHub refuses the whole call for
// one name that is no collaborator, so then each is asked by a call of its own.
func (f *Forge) RequestReviewers(ctx context.Context, ref pull.Ref, names []string) (done, refused []string, err error) {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return nil, nil, err
	}
	err = ask(ctx, cl, ref, names)
	switch {
	case status(err) != http.StatusUnprocessableEntity:
		if err := asked(ref, err); err != nil {
			return nil, nil, err
		}
		return names, nil, nil
	case len(names) == 1:
		return nil, names, nil
	}
	for _, name := range names {
		err := ask(ctx, cl, ref, []string{name})
		if status(err) == http.StatusUnprocessableEntity {
			refused = append(refused, name)
			continue
		}
		if err := asked(ref, err); err != nil {
			return done, refused, err
		}
		done = append(done, name)
	}
	return done, refused, nil
}

// UnrequestReviewers implements seam.Publisher.
func (f *Forge) UnrequestReviewers(ctx context.Context, ref pull.Ref, names []string) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	if _, err := cl.rest.PullRequests.RemoveReviewers(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, reviewers(names)); err != nil {
		return fmt.Errorf("take requests for review of %s back: %w", ref, kind(err))
	}
	return nil
}

// ask asks people, and teams of the repository's organisation.
func ask(ctx context.Context, cl *client, ref pull.Ref, names []string) error {
	_, _, err := cl.rest.PullRequests.RequestReviewers(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, reviewers(names))
	return err
}

// reviewers are people, and teams of the repository's organisation, as GitHub names them.
func reviewers(names []string) github.ReviewersRequest {
	var request github.ReviewersRequest
	for _, name := range names {
		if team, ok := strings.CutPrefix(name, "@"); ok {
			_, slug, _ := strings.Cut(team, "/")
			request.TeamReviewers = append(request.TeamReviewers, slug)
		} else {
			request.Reviewers = append(request.Reviewers, name)
		}
	}
	return request
}

func asked(ref pull.Ref, err error) error {
	// v60 answers an accepted request as an error.
	if _, ok := errors.AsType[*github.AcceptedError](err); ok || err == nil {
		return nil
	}
	return fmt.Errorf("ask for review of %s: %w", ref, kind(err))
}
