package github

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// perAddress is how many answers each address is asked for: with two users nobody is
// named for sure.
const perAddress = 2

// Addressees implements gate.Directory. GitHub has no call for it: people who show their
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
	text := withTexts(addresseesText, emails, func(email string) string { return `"` + strings.Trim(email, `"`) + `" in:email` }, vars,
		`search(type: USER, first: $first, query: $e#) { userCount nodes { ... on User { __typename login databaseId } } }`)
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
	text := withTexts(authoredText, emails, func(email string) string { return email }, vars,
		`history(first: $first, author: {emails: [$e#]}) { nodes { author { ...Signed } } }`)
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

// withTexts declares a variable per text and puts a line per text in the place of the
// mark; # in the line is its number.
func withTexts(text string, texts []string, as func(string) string, vars map[string]any, line string) string {
	var declared, lines strings.Builder
	for i, t := range texts {
		n := strconv.Itoa(i)
		declared.WriteString(", $e" + n + ": String!")
		vars["e"+n] = as(t)
		lines.WriteString("e" + n + ": " + strings.ReplaceAll(line, "#", n) + "\n")
	}
	text = strings.Replace(text, "#vars", declared.String(), 1)
	return strings.Replace(text, "#objects", lines.String(), 1)
}

var _ gate.Directory = (*Forge)(nil)
