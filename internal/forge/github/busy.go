package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// someone begins the alias of a person in a query. An error at such an alias is
// a person whom GitHub does not know, and no fault of the query.
const someone = "someone"

// ofPerson reports whether an error speaks of one person only.
func (e queryError) ofPerson() bool {
	if len(e.Path) == 0 || (queryErrors{e}).exhausted() || e.ofLimit() {
		return false
	}
	alias, ok := e.Path[0].(string)
	return ok && strings.HasPrefix(alias, someone)
}

// withPeople declares a variable per person and puts a line per person in the
// place of the mark. Nobody leaves the mark, which is a comment.
func withPeople(text string, logins []string, vars map[string]any) string {
	var declared, lines strings.Builder
	for i, login := range logins {
		n := strconv.Itoa(i)
		declared.WriteString(" $login" + n + ": String!")
		vars["login"+n] = strings.TrimSuffix(login, "[bot]")
		lines.WriteString(someone + n + ": user(login: $login" + n + ") { status { " + limited + " } }\n")
	}
	text = strings.Replace(text, "#vars", declared.String(), 1)
	return strings.Replace(text, "#people", lines.String(), 1)
}

type personAnswer struct {
	Status *statusAnswer `json:"status"`
}

// peopleAnswer is what is answered of people.
type peopleAnswer struct {
	byAlias map[string]json.RawMessage
	unknown []string // aliases of those whom GitHub does not know
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *peopleAnswer) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &a.byAlias) }

// missed takes the errors that speak of one person only. One that says that there is no
// such account says so of the person as a whole, not of a field.
func (a *peopleAnswer) missed(errs queryErrors) {
	for _, e := range errs {
		if alias, ok := e.Path[0].(string); ok && len(e.Path) == 1 && e.Type == "NOT_FOUND" {
			a.unknown = append(a.unknown, alias)
		}
	}
}

// available says what was answered of the logins. An app's login is never one of a
// person, so that it is gone is not told.
func (a *peopleAnswer) available(logins []string) seam.Availability {
	out := seam.Availability{Seen: logins}
	for i, login := range logins {
		var p *personAnswer
		alias := someone + strconv.Itoa(i)
		if json.Unmarshal(a.byAlias[alias], &p) == nil && p != nil && p.Status.busy() {
			out.Busy = append(out.Busy, login)
		}
		if p == nil && slices.Contains(a.unknown, alias) && !pull.BotLogin(login) {
			out.Gone = append(out.Gone, login)
		}
	}
	return out
}

// Available implements seam.Calendar with one query. A server that knows no status
// tells nothing.
func (f *Forge) Available(ctx context.Context, repo pull.Repo, logins []string) (seam.Availability, error) {
	if len(logins) == 0 || f.refuses(limited) {
		return seam.Availability{}, nil
	}
	vars := map[string]any{}
	text := withPeople(busyText, logins, vars)
	var answer peopleAnswer
	if err := f.post(ctx, repo, text, vars, &answer); err != nil {
		if errs, refused := errors.AsType[queryErrors](err); refused && !errs.exhausted() && !errors.Is(err, forge.ErrNotFound) {
			f.refuse([]string{limited})
			return seam.Availability{}, nil
		}
		return seam.Availability{}, fmt.Errorf("read who is busy in %s: %w", repo, err)
	}
	return answer.available(logins), nil
}
