package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// reactions are in the words of GraphQL.
var reactions = map[seam.Reaction]string{seam.ThumbsUp: "THUMBS_UP", seam.ThumbsDown: "THUMBS_DOWN", seam.Eyes: "EYES"}

// React implements seam.Answerer.
func (f *Forge) React(ctx context.Context, repo pull.Repo, node string, r seam.Reaction) error {
	vars := map[string]any{"node": node, "content": reactions[r]}
	if err := f.post(asAnswer(ctx), repo, reactText, vars, new(struct{})); err != nil {
		return fmt.Errorf("react to %s in %s: %w", node, repo, err)
	}
	return nil
}

// Retract implements seam.Answerer.
func (f *Forge) Retract(ctx context.Context, repo pull.Repo, node string, r seam.Reaction) error {
	vars := map[string]any{"node": node, "content": reactions[r]}
	err := f.post(asAnswer(ctx), repo, unreactText, vars, new(struct{}))
	if err != nil && !errors.Is(err, forge.ErrNotFound) { // it is gone
		return fmt.Errorf("take the reaction to %s in %s back: %w", node, repo, err)
	}
	return nil
}

// Reply implements seam.Answerer. The key is a mark at the comment's end.
func (f *Forge) Reply(ctx context.Context, ref pull.Ref, key, body string) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	mark := publish.ReplyMark(key)
	id, err := f.findComment(ctx, cl, ref, func(body string) bool { return strings.HasSuffix(strings.TrimSpace(body), mark) })
	if err == nil && id == 0 {
		body = strings.TrimRight(body, "\n") + "\n\n" + mark
		var made *github.IssueComment
		made, _, err = cl.rest.Issues.CreateComment(asAnswer(ctx), ref.Repo.Owner, ref.Repo.Name, ref.Number, &github.IssueComment{Body: &body})
		_, err = written(made.GetID(), err)
	}
	if status(err) == http.StatusUnprocessableEntity {
		return fmt.Errorf("reply on %s: %w: %w", ref, pull.ErrRefused, kind(err))
	}
	if err != nil {
		return fmt.Errorf("reply on %s: %w", ref, kind(err))
	}
	return nil
}
