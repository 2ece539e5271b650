package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/document"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

// ofRepository is the number under which the facts of a repository stand.
const ofRepository = -1

// kind is one kind of the facts that only a Recall reads, all at once. They lie in one
// table, as JSON under a key. What a statement asks about has a table of its own.
type kind struct {
	name     string // of it in the table
	version  int    // of its JSON: raise it as those of document.go
	ofRepo   bool   // it is the repository's, and all its pull requests have it
	replaces bool   // one whose key is there takes its place; else the first one stays
	inTurn   bool   // they come back in the order in which they were first stored, others by their keys
	passes   bool   // they go with what is large of a pull request that closed long ago

	rows func(*history.Update) ([]factRow, error)
	read func(bodies, turns []byte, m *history.PullHistory) error // both are lists, of documents and of numbers that grow with time
}

// factRow is a fact as it is stored.
type factRow struct {
	key  string
	body string // JSON; empty: it is forgotten
}

// kinds are all of them. A new one is a field of history.Update, one of history.PullHistory, and a
// place here.
var kinds = []kind{
	of(kind{name: "asked", version: 1, replaces: true, inTurn: true, passes: true},
		func(f *history.Update) []requests.Requested { return f.Asked },
		func(a *requests.Requested) string { return a.Head + " " + fold(a.Login) },
		func(a *requests.Requested) bool { return stored(&a.At) },
		func(m *history.PullHistory, all []requests.Requested) { m.Asked = all }),
	of(kind{name: "comment", version: 1, replaces: true},
		func(f *history.Update) []history.CommentRecord { return one(f.Comment) },
		func(*history.CommentRecord) string { return "" }, nil,
		func(m *history.PullHistory, all []history.CommentRecord) { m.Comment = all[0] }),
	of(kind{name: "label", version: 1, replaces: true, passes: true},
		func(f *history.Update) []history.LabelRecord { return f.Labels },
		func(l *history.LabelRecord) string { return fold(l.Name) },
		func(l *history.LabelRecord) bool { return stored(&l.At) && !l.Gone },
		func(m *history.PullHistory, all []history.LabelRecord) { m.Labels = all }),
	of(kind{name: "objection", version: 1, replaces: true, passes: true},
		func(f *history.Update) []pull.Objection { return f.Objections },
		func(o *pull.Objection) string {
			if o.Spoken {
				return fmt.Sprintf("%020d 1", o.Review)
			}
			return fmt.Sprintf("%020d 0", o.Review)
		}, nil,
		func(m *history.PullHistory, all []pull.Objection) { m.Objections = all }),
	of(kind{name: "cancelled", version: 1},
		func(f *history.Update) []policy.Cancel { return f.Cancels },
		func(c *policy.Cancel) string {
			return fmt.Sprintf("%020d %s", max(c.At.UnixMicro(), 0), fold(c.Who.Login))
		},
		func(c *policy.Cancel) bool { return stored(&c.At) },
		func(m *history.PullHistory, all []policy.Cancel) { m.Cancels = all }),
	of(kind{name: "answered", version: 1},
		func(f *history.Update) []history.Answer { return f.Answered },
		func(a *history.Answer) string { return a.Key }, nil,
		func(m *history.PullHistory, all []history.Answer) { m.Answered = all }),
	of(kind{name: "account", version: 1, ofRepo: true},
		func(f *history.Update) []history.Account { return f.Accounts },
		func(a *history.Account) string { return fold(a.Login) }, nil,
		func(m *history.PullHistory, all []history.Account) { m.Accounts = all }),
	of(kind{name: "gone", version: 1, ofRepo: true, replaces: true},
		func(f *history.Update) []history.GoneAccount { return f.Gone },
		func(a *history.GoneAccount) string { return fold(a.Login) },
		func(a *history.GoneAccount) bool { return stored(&a.At) && !a.Back },
		func(m *history.PullHistory, all []history.GoneAccount) { m.Gone = all }),
}

// of makes a kind of facts: from are those to remember, key tells one from any other, trim
// makes of it what is stored (nil: as it is) and reports whether it is, else it is
// forgotten, and into takes those that are recalled, at least one.
func of[T any](k kind, from func(*history.Update) []T, key func(*T) string, trim func(*T) bool, into func(*history.PullHistory, []T)) kind {
	k.rows = func(f *history.Update) (rows []factRow, err error) {
		for _, fact := range from(f) {
			row := factRow{key: key(&fact)}
			if trim == nil || trim(&fact) {
				text, err := json.Marshal(store.Versioned[T]{V: k.version, Value: fact})
				if err != nil {
					return nil, err
				}
				row.body = string(text)
			}
			rows = append(rows, row)
		}
		return rows, nil
	}
	k.read = func(bodies, turns []byte, m *history.PullHistory) error {
		all, err := document.List(document.Kind{Name: "a stored fact: " + k.name, Version: k.version}, bodies,
			func(v store.Versioned[T]) int { return v.V })
		if err != nil {
			return err
		}
		values, places := make([]T, len(all)), make([]string, len(all))
		for i := range all {
			values[i] = all[i].Value
			places[i] = key(&values[i])
		}
		if k.inTurn {
			if places, err = inTurn(turns); err != nil {
				return err
			}
		}
		into(m, sortedBy(places, values))
		return nil
	}
	return k
}

// inTurn makes places that sort as numbers do.
func inTurn(list []byte) (places []string, err error) {
	var turns []int64
	err = json.Unmarshal(list, &turns)
	for _, n := range turns {
		places = append(places, fmt.Sprintf("%020d", n))
	}
	return places, err
}

// sortedBy returns values in the order of their places.
func sortedBy[T any](places []string, values []T) []T {
	if slices.IsSorted(places) {
		return values
	}
	at := make([]int, len(places))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return strings.Compare(places[a], places[b]) })
	sorted := make([]T, len(values))
	for i, j := range at {
		sorted[i] = values[j]
	}
	return sorted
}

func one[T any](p *T) []T {
	if p == nil {
		return nil
	}
	return []T{*p}
}

// stored makes of a time what is stored of it.
func stored(t *time.Time) bool {
	*t = t.UTC().Truncate(time.Microsecond)
	return true
}

// fold is a name as it compares: without case, as far as it is ASCII, which is what the
// names of accounts are and all that SQLite folds (sqlite.org/lang_corefunc.html#lower).
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// kindsWhere names the kinds of which a condition holds.
func kindsWhere(holds func(*kind) bool) (names []string) {
	for i := range kinds {
		if holds(&kinds[i]) {
			names = append(names, kinds[i].name)
		}
	}
	return names
}

// factStatement stores a fact; $6 is whether it takes the place of one that is there.
func factStatement(d *Dialect) string {
	return `INSERT INTO fact (repo_id, number, kind, key, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (repo_id, number, kind, ` + d.Long("key") +
		`) DO UPDATE SET body = excluded.body WHERE CAST($6 AS BOOLEAN) AND fact.body <> excluded.body`
}

func (r *Records) rememberFacts(ctx context.Context, tx DB, repo int64, number int, facts *history.Update) error {
	var args [][]any
	forget := false
	for _, k := range kinds {
		rows, err := k.rows(facts)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		of := number
		if k.ofRepo {
			of = ofRepository
			slices.SortStableFunc(rows, func(a, b factRow) int { return strings.Compare(a.key, b.key) }) // all lock them in one order
		}
		for _, row := range rows {
			args = append(args, []any{repo, of, k.name, row.key, row.body, k.replaces})
			forget = forget || row.body == ""
		}
	}
	if len(args) == 0 {
		return nil
	}
	if err := tx.Each(ctx, r.fact, args); err != nil || !forget {
		return err
	}
	return Execute(ctx, tx, `DELETE FROM fact WHERE repo_id = $1 AND number = $2 AND body = ''`, repo, number)
}

// recallFacts reads all facts of a pull request, and of its repository.
func (r *Records) recallFacts(ctx context.Context, tx DB, repo int64, number int, m *history.PullHistory) error {
	type list struct {
		kind          string
		bodies, turns []byte
	}
	lists, err := Collect(ctx, tx, func(rows Rows, l *list) error { return rows.Scan(&l.kind, &l.bodies, &l.turns) },
		`SELECT kind, '[' || string_agg(body, ',') || ']', '[' || string_agg(CAST(seq AS TEXT), ',') || ']'
		FROM fact WHERE repo_id = $1 AND number IN ($2, $3) GROUP BY number, kind`, repo, number, ofRepository)
	if err != nil {
		return err
	}
	for _, l := range lists {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == l.kind })
		if i < 0 {
			return fmt.Errorf("there are facts of the kind %q, which this version of reviewgate does not know; run the version that wrote "+
				"them, or a later one", l.kind)
		}
		if err := kinds[i].read(l.bodies, l.turns, m); err != nil {
			return err
		}
	}
	return nil
}

// DoubtComment has the comment of a pull request written again, as it is no longer sure
// what stands on the forge.
func (r *Records) DoubtComment(ctx context.Context, tx DB, repo int64, number int) error {
	var m history.PullHistory
	if err := r.recallFacts(ctx, tx, repo, number, &m); err != nil || !m.Comment.Done {
		return err
	}
	m.Comment.Done = false
	return r.rememberFacts(ctx, tx, repo, number, &history.Update{Comment: &m.Comment})
}
