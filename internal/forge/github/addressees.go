package github

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// perAddress is how many answers each address is asked for: with two users nobody is
// named for sure.
const perAddress = 2

// Addressees implements seam.Directory. GitHub has no call for it: people who show their
// address are found by a search, others by commits of theirs that are merged already.
func (f *Forge) Addressees(ctx context.Context, repo pull.Repo, emails []string) (found map[string]pull.Person, untold string, err error) {
	found = map[string]pull.Person{}
	var whys []string
	for _, ask := range []func(context.Context, pull.Repo, []string, map[string]pull.Person) error{f.byProfile, f.byCommits} {
		var left []string
		for _, email := range emails {
			if found[email].Login == "" {
				left = append(left, email)
			}
		}
		if len(left) == 0 {
			break
		}
		err := ask(ctx, repo, left, found)
		if _, limited := errors.AsType[*forge.LimitError](err); limited || ctx.Err() != nil {
			return nil, "", err
		}
		if err != nil { // what GitHub does not say of an address is not known, as it is of any other
			whys = append(whys, err.Error())
		}
	}
	return found, strings.Join(whys, "; "), nil
}

// byProfile looks for users who show an address.
func (f *Forge) byProfile(ctx context.Context, repo pull.Repo, emails []string, found map[string]pull.Person) error {
	vars := map[string]any{"first": perAddress}
	queries := make([]string, len(emails))
	for i, email := range emails {
		queries[i] = `"` + strings.Trim(email, `"`) + `" in:email`
	}
	text := each{key: "e", typ: "String!", mark: "#objects", line: "e#: search(type: USER, first: $first, query: $e#)",
		fields: "{ userCount nodes { ... on User { __typename login databaseId } } }"}.of(addresseesText, queries, vars)
	var a map[string]struct {
		UserCount int         `json:"userCount"`
		Nodes     []whoAnswer `json:"nodes"`
	}
	if err := f.post(ctx, repo, text, vars, &a); err != nil {
		return err
	}
	for i, email := range emails {
		if of := a["e"+strconv.Itoa(i)]; of.UserCount == 1 && len(of.Nodes) == 1 && of.Nodes[0].Login != "" {
			found[email] = of.Nodes[0].person()
		}
	}
	return nil
}

// byCommits looks for commits of the default branch that GitHub links.
func (f *Forge) byCommits(ctx context.Context, repo pull.Repo, emails []string, found map[string]pull.Person) error {
	vars := map[string]any{"first": 1}
	text := each{key: "e", typ: "String!", mark: "#objects", line: "e#: history(first: $first, author: {emails: [$e#]})",
		fields: "{ nodes { author { ...Signed } } }"}.of(authoredText, emails, vars)
	var a struct {
		Repository struct {
			DefaultBranchRef *struct {
				Target map[string]json.RawMessage `json:"target"`
			} `json:"defaultBranchRef"`
		} `json:"repository"`
	}
	if err := f.query(ctx, repo, document(text), vars, &a); err != nil {
		return err
	}
	if a.Repository.DefaultBranchRef == nil {
		return nil
	}
	for i, email := range emails {
		var history struct {
			Nodes []struct {
				Author *gitPerson `json:"author"`
			} `json:"nodes"`
		}
		if json.Unmarshal(a.Repository.DefaultBranchRef.Target["e"+strconv.Itoa(i)], &history) != nil || len(history.Nodes) == 0 {
			continue
		}
		if s, person := history.Nodes[0].Author.signature(pull.Author); person && strings.EqualFold(s.Email, email) {
			found[email] = s.Account
		}
	}
	return nil
}

var _ seam.Directory = (*Forge)(nil)
