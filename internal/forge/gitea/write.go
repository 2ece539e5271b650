package gitea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

type statusAnswer struct {
	ID          int64       `json:"id"`
	Status      string      `json:"status"`
	Context     string      `json:"context"`
	Description string      `json:"description"`
	Creator     *userAnswer `json:"creator"`
}

// SetCheck implements seam.Publisher by a commit status. The words pending, failure and
// error keep a branch closed that requires it; skipped and warning are never sent, as a
// server lets the first of them pass.
func (f *Forge) SetCheck(ctx context.Context, ref pull.Ref, c publish.Check, before seam.Written) (string, error) {
	if before.Outcome == policy.Success && c.Outcome != policy.Success {
		ctx = forge.Urgent(ctx)
	}
	id, err := f.setStatus(ctx, ref, c, before)
	if err != nil {
		return "", fmt.Errorf("write check %q on %s of %s: %w", c.Name, c.Head, ref.Repo, err)
	}
	return id, nil
}

func (f *Forge) setStatus(ctx context.Context, ref pull.Ref, c publish.Check, before seam.Written) (string, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return "", err
	}
	if before.Search && !before.Anew {
		latest, _, err := f.statuses(ctx, ref.Repo, c.Head, c.Name)
		if err != nil {
			return "", err
		}
		if latest.Creator.person().Is(self) && latest.Status == string(c.Outcome) && latest.Description == c.Title {
			return strconv.FormatInt(latest.ID, 10), nil
		}
	}
	asked := map[string]string{"context": c.Name, "state": string(c.Outcome), "description": c.Title,
		"target_url": cmp.Or(c.Page, f.cfg.PublicURL)}
	var made statusAnswer
	if _, err := f.call(ctx, http.MethodPost, repoPath(ref.Repo, "statuses", c.Head), nil, asked, &made); err != nil {
		return "", err
	}
	ok := made.ID != 0 && made.Status == string(c.Outcome) && made.Context == c.Name && made.Creator.person().Is(self)
	return strconv.FormatInt(made.ID, 10), forge.RequireField(ok, "the status that was written, or shows another one")
}

// statuses returns the latest status of a name on a commit, and the latest of ours. The
// list is not in the order of ids within a second, and the largest id is the one that a
// server goes by. Names are compared letter by letter, as a branch's rule does.
func (f *Forge) statuses(ctx context.Context, repo pull.Repo, commit, name string) (latest, ours statusAnswer, err error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return latest, ours, err
	}
	all, err := list[statusAnswer](ctx, f, repoPath(repo, "commits", commit, "statuses"), nil)
	for _, s := range all {
		switch {
		case s.ID == 0 || s.Status == "":
			return latest, ours, forge.MissingField("a status' number or state")
		case s.Context != name:
			continue
		case s.ID > latest.ID:
			latest = s
		}
		if s.Creator.person().Is(self) && s.ID > ours.ID {
			ours = s
		}
	}
	return latest, ours, err
}

// CheckOn implements seam.Inspector.
func (f *Forge) CheckOn(ctx context.Context, ref pull.Ref, head, name string, anybody bool) (policy.Outcome, error) {
	latest, ours, err := f.statuses(ctx, ref.Repo, head, name)
	if err != nil {
		return "", fmt.Errorf("read the statuses of %s in %s: %w", head, ref.Repo, err)
	}
	if anybody {
		return seam.OutcomeOf(latest.Status), nil
	}
	return seam.OutcomeOf(ours.Status), nil
}

// RequestReviewers implements seam.Publisher. Of several names of which one is not taken, a
// server asks some and answers with an error: so each is asked by itself.
func (f *Forge) RequestReviewers(ctx context.Context, ref pull.Ref, names []string) (asked, refused []string, err error) {
	for _, name := range names {
		switch err := f.requestOne(ctx, http.MethodPost, ref, name); {
		case err == nil:
			asked = append(asked, name)
		case errors.Is(err, pull.ErrRefused) || errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrForbidden):
			refused = append(refused, name)
		default:
			return asked, refused, fmt.Errorf("ask %s for review of %s: %w", name, ref, err)
		}
	}
	return asked, refused, nil
}

// UnrequestReviewers implements seam.Publisher.
func (f *Forge) UnrequestReviewers(ctx context.Context, ref pull.Ref, names []string) error {
	for _, name := range names {
		err := f.requestOne(ctx, http.MethodDelete, ref, name)
		if err != nil && !errors.Is(err, pull.ErrRefused) && !errors.Is(err, forge.ErrNotFound) { // it does not stand
			return fmt.Errorf("take the request of %s for review of %s back: %w", name, ref, err)
		}
	}
	return nil
}

func (f *Forge) requestOne(ctx context.Context, method string, ref pull.Ref, name string) error {
	body := map[string][]string{"reviewers": {name}}
	if team, ok := strings.CutPrefix(name, "@"); ok {
		owner, slug, _ := strings.Cut(team, "/")
		if !strings.EqualFold(owner, ref.Repo.Owner) {
			return pull.ErrRefused // the server looks it up among its own owner's
		}
		body = map[string][]string{"team_reviewers": {slug}}
	}
	_, err := f.call(ctx, method, repoPath(ref.Repo, "pulls", ref.Number, "requested_reviewers"), nil, body, nil)
	return err
}

// UpsertComment implements seam.Publisher.
func (f *Forge) UpsertComment(ctx context.Context, ref pull.Ref, body, id string, search bool) (string, error) {
	if id == "" && search {
		found, err := f.OwnComment(ctx, ref)
		if err != nil {
			return "", fmt.Errorf("look for our comment on %s: %w", ref, err)
		}
		id = found
	}
	method, path := http.MethodPost, repoPath(ref.Repo, "issues", ref.Number, "comments")
	if id != "" {
		method, path = http.MethodPatch, repoPath(ref.Repo, "issues", "comments", id)
	}
	var made commentAnswer
	if _, err := f.call(ctx, method, path, nil, map[string]string{"body": body}, &made); err != nil {
		return "", fmt.Errorf("write the comment on %s: %w", ref, err)
	}
	return strconv.FormatInt(made.ID, 10),
		forge.RequireField(made.ID != 0 && made.Body == body, "the comment that was written, or shows another one")
}

// OwnComment returns the number of our comment; empty where there is none.
func (f *Forge) OwnComment(ctx context.Context, ref pull.Ref) (string, error) {
	return f.findComment(ctx, ref, func(body string) bool { return strings.Contains(body, publish.Mark) })
}

// findComment returns the first comment of ours that matches; empty where there is none.
func (f *Forge) findComment(ctx context.Context, ref pull.Ref, matches func(body string) bool) (string, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return "", err
	}
	all, err := f.comments(ctx, ref)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if c.User.person().Is(self) && matches(c.Body) {
			return strconv.FormatInt(c.ID, 10), nil
		}
	}
	return "", nil
}

// Reply implements seam.Answerer. The key is a mark at the comment's end.
func (f *Forge) Reply(ctx context.Context, ref pull.Ref, key, body string) error {
	mark := publish.ReplyMark(key)
	id, err := f.findComment(ctx, ref, func(body string) bool { return strings.HasSuffix(strings.TrimSpace(body), mark) })
	if err == nil && id == "" {
		var made commentAnswer
		body := map[string]string{"body": strings.TrimRight(body, "\n") + "\n\n" + mark}
		if _, err = f.call(ctx, http.MethodPost, repoPath(ref.Repo, "issues", ref.Number, "comments"), nil, body, &made); err == nil {
			err = forge.RequireField(made.ID != 0, "the comment that was written")
		}
	}
	if err != nil {
		return fmt.Errorf("reply on %s: %w", ref, err)
	}
	return nil
}

// reactions are in Gitea's words.
var reactions = map[seam.Reaction]string{seam.ThumbsUp: "+1", seam.ThumbsDown: "-1", seam.Eyes: "eyes"}

// React implements seam.Answerer. A node is a comment's number; empty for a review without
// one, which can't be reacted to.
func (f *Forge) React(ctx context.Context, repo pull.Repo, node string, r seam.Reaction) error {
	return f.react(ctx, http.MethodPost, repo, node, r)
}

// Retract implements seam.Answerer.
func (f *Forge) Retract(ctx context.Context, repo pull.Repo, node string, r seam.Reaction) error {
	return f.react(ctx, http.MethodDelete, repo, node, r)
}

func (f *Forge) react(ctx context.Context, method string, repo pull.Repo, node string, r seam.Reaction) error {
	if node == "" {
		return nil
	}
	_, err := f.call(ctx, method, repoPath(repo, "issues", "comments", node, "reactions"), nil, map[string]string{"content": reactions[r]},
		nil)
	if err != nil && (method == http.MethodPost || !errors.Is(err, forge.ErrNotFound)) {
		return fmt.Errorf("react to %s in %s: %w", node, repo, err)
	}
	return nil
}
