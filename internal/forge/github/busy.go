package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
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

// busyOf returns those of the logins who say that they are busy.
func busyOf(answer map[string]json.RawMessage, logins []string) []string {
	var busy []string
	for i, login := range logins {
		var p *personAnswer
		if json.Unmarshal(answer[someone+strconv.Itoa(i)], &p) == nil && p != nil && p.Status.busy() {
			busy = append(busy, login)
		}
	}
	return busy
}

// Busy implements seam.Calendar with one query. A server that knows no status
// knows nobody who is busy.
func (f *Forge) Busy(ctx context.Context, repo pull.Repo, logins []string) ([]string, error) {
	if len(logins) == 0 || f.refuses(limited) {
		return nil, nil
	}
	vars := map[string]any{}
	text := withPeople(busyText, logins, vars)
	answer := map[string]json.RawMessage{}
	if err := f.post(ctx, repo, text, vars, &answer); err != nil {
		if errs, refused := errors.AsType[queryErrors](err); refused && !errs.exhausted() && !errors.Is(err, forge.ErrNotFound) {
			f.refuse([]string{limited})
			return nil, nil
		}
		return nil, fmt.Errorf("read who is busy in %s: %w", repo, err)
	}
	return busyOf(answer, logins), nil
}
