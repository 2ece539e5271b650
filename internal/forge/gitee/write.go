package gitee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// RequestReviewers implements seam.Publisher. All are asked by one call and, where that is
// not taken, each by one of their own; who is asked then, the pull request tells.
func (f *Forge) RequestReviewers(ctx context.Context, ref pull.Ref, names []string) (asked, refused []string, err error) {
	people := slices.DeleteFunc(slices.Clone(names), isTeam)
	if len(people) > 0 {
		err = f.request1(ctx, ref, people)
		for _, name := range people {
			if !rest.Declined(err) || len(people) == 1 {
				break
			}
			if one := f.request1(ctx, ref, []string{name}); !rest.Declined(one) && one != nil {
				err = one
				break
			}
		}
	}
	if err != nil && !rest.Declined(err) {
		return nil, nil, fmt.Errorf("ask for review of %s: %w", ref, err)
	}
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return nil, nil, fmt.Errorf("read who is asked for review of %s: %w", ref, err)
	}
	stand := p.Asked()
	for _, name := range names {
		if slices.ContainsFunc(stand, func(m rest.Member) bool { return pull.SameLogin(string(m.Login), name) }) {
			asked = append(asked, name)
		} else {
			refused = append(refused, name)
		}
	}
	return asked, refused, nil
}

func isTeam(name string) bool { return strings.HasPrefix(name, "@") }

// request1 asks people by one call.
func (f *Forge) request1(ctx context.Context, ref pull.Ref, people []string) error {
	body := map[string]any{f.reviewers: strings.Join(people, ",")}
	if f.isGitCode() {
		body["add"] = true // or it takes the place of all who are asked
	}
	_, err := f.Call(ctx, http.MethodPost, rest.PullPath(ref, f.reviewers), nil, body, nil)
	return err
}

// UnrequestReviewers implements seam.Publisher. Whom a CODEOWNERS named, a server does not
// let go.
func (f *Forge) UnrequestReviewers(ctx context.Context, ref pull.Ref, names []string) error {
	people := strings.Join(slices.DeleteFunc(slices.Clone(names), isTeam), ",")
	if people == "" {
		return nil
	}
	var query url.Values
	var body any
	if f.isGitCode() {
		body = map[string]string{f.reviewers: people}
	} else {
		query = url.Values{f.reviewers: {people}}
	}
	_, err := f.Call(ctx, http.MethodDelete, rest.PullPath(ref, f.reviewers), query, body, nil)
	if err != nil && !rest.Declined(err) {
		return fmt.Errorf("take requests for review of %s back: %w", ref, err)
	}
	return nil
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
	id, err := f.writeComment(ctx, ref, body, id, publish.Mark)
	if err != nil {
		return "", fmt.Errorf("write the comment on %s: %w", ref, err)
	}
	return id, nil
}

// writeComment writes a comment, over one if id is not empty, and returns its number. What
// stands has to have its mark, so that it is found again. A GitCode's answer may lack both
// number and text: it is looked up then.
func (f *Forge) writeComment(ctx context.Context, ref pull.Ref, body, id, mark string) (string, error) {
	method, path := http.MethodPost, rest.PullPath(ref, "comments")
	if id != "" {
		method, path = http.MethodPatch, rest.RepoPath(ref.Repo, "pulls", "comments", id)
	}
	var made rest.Comment
	if _, err := f.Call(ctx, method, path, nil, map[string]string{"body": body}, &made); err != nil {
		return "", err
	}
	if n := made.Note(); id == "" && n > 0 {
		id = strconv.FormatInt(n, 10)
	}
	if made.Body == "" && id != "" {
		if err := f.Get(ctx, rest.RepoPath(ref.Repo, "pulls", "comments", id), nil, &made); err != nil {
			return "", err
		}
	}
	if id == "" {
		found, err := f.findComment(ctx, ref, func(c *rest.Comment) bool { return strings.Contains(string(c.Body), mark) })
		if err != nil || found == nil {
			return "", errors.Join(err, forge.RequireField(found != nil, "the comment that was written"))
		}
		id, made = strconv.FormatInt(found.Note(), 10), *found
	}
	return id, forge.RequireField(strings.Contains(string(made.Body), mark), "the comment that was written, or shows another one")
}

// OwnComment returns the number of our comment; empty where there is none.
func (f *Forge) OwnComment(ctx context.Context, ref pull.Ref) (string, error) {
	found, err := f.findComment(ctx, ref, func(c *rest.Comment) bool { return strings.Contains(string(c.Body), publish.Mark) })
	if err != nil || found == nil {
		return "", err
	}
	return strconv.FormatInt(found.Note(), 10), nil
}

// findComment returns the first comment of ours that matches; nil where there is none.
func (f *Forge) findComment(ctx context.Context, ref pull.Ref, matches func(*rest.Comment) bool) (*rest.Comment, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return nil, err
	}
	var found *rest.Comment
	err = rest.Each(ctx, f.Client, rest.PullPath(ref, "comments"), nil, func(c *rest.Comment) {
		if found == nil && c.User.Same(self) && c.Note() > 0 && matches(c) {
			one := *c
			found = &one
		}
	})
	return found, err
}

// Reply implements seam.Answerer. The key is a mark at the comment's end.
func (f *Forge) Reply(ctx context.Context, ref pull.Ref, key, body string) error {
	mark := publish.ReplyMark(key)
	ends := func(c *rest.Comment) bool { return strings.HasSuffix(strings.TrimSpace(string(c.Body)), mark) }
	there, err := f.findComment(ctx, ref, ends)
	if err == nil && there == nil {
		_, err = f.writeComment(ctx, ref, strings.TrimRight(body, "\n")+"\n\n"+mark, "", mark)
	}
	if err != nil {
		return fmt.Errorf("reply on %s: %w", ref, err)
	}
	return nil
}

// React implements seam.Answerer: there are no reactions that the API could give.
func (f *Forge) React(context.Context, pull.Repo, string, seam.Reaction) error { return nil }

// Retract implements seam.Answerer.
func (f *Forge) Retract(context.Context, pull.Repo, string, seam.Reaction) error { return nil }
