package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Waits tells what waits for people.
type Waits interface {
	// Waiting returns what waits for a login of a forge, and what is theirs, the longest first, so
	// many at most.
	Waiting(ctx context.Context, forge, login string, most int) ([]history.Waiting, error)
}

// Me is the page of what waits for who looks at it, in all repositories that they may read.
type Me struct {
	Who     string    `json:"who"`     // forge:login
	Reviews []Waiting `json:"reviews"` // that wait for theirs, the longest first
	Mine    []Waiting `json:"mine"`    // their own, that wait for them
	Others  []Waiting `json:"others"`  // their own, that wait for others
	// Cut tells that there may be more: of so many pull requests and repositories it is told.
	Cut bool `json:"cut"`
	// Overdue is how many of Reviews wait for longer than an area's respond_within, Next the one
	// that is due first of the others that are due.
	Overdue int      `json:"overdue"`
	Next    *Waiting `json:"next,omitempty"`
}

// Waiting is a pull request that waits.
type Waiting struct {
	Repository string    `json:"repository"` // owner/name
	Number     int       `json:"number"`
	Title      string    `json:"title"`
	BaseBranch string    `json:"base_branch"`
	Outcome    string    `json:"outcome"`
	Files      int       `json:"files"` // that wait
	Alone      []string  `json:"alone"` // of these, some that nobody else among the candidates can approve
	Since      time.Time `json:"since"`
	// Due is until when Area, of those that wait for theirs the one that is due first, should
	// review it first; left out where none is due. Overdue tells that it is over.
	Due     time.Time `json:"due,omitzero"`
	Area    string    `json:"area,omitempty"`
	Overdue bool      `json:"overdue,omitempty"`

	page string
}

// Page is the address of the pull request's page.
func (w Waiting) Page() string { return w.page }

const (
	maxWaiting = 500 // pull requests of which one page tells
	maxPlaces  = 60  // repositories of which one page tells
	asksAtOnce = 8   // of a forge, whether somebody may read a repository
	asksWithin = 10 * time.Second
)

// me reads what waits for a visitor.
func (p *Pages) me(_ http.ResponseWriter, r *http.Request, v visitor) (page, error) {
	if !v.signed {
		return stranger{}, nil
	}
	list, err := p.cfg.Waits.Waiting(r.Context(), v.who.Forge, v.who.Login, maxWaiting)
	if err != nil {
		return nil, err
	}
	out := &Me{Who: v.who.Forge + ":" + v.who.Login, Reviews: []Waiting{}, Mine: []Waiting{}, Others: []Waiting{}}
	may, cut := p.readable(r.Context(), list, v)
	out.Cut = cut || len(list) == maxWaiting
	for _, w := range list {
		if !may[w.Ref.Repo] {
			continue
		}
		one := Waiting{w.Ref.Repo.Slug(), w.Ref.Number, w.Title, w.BaseBranch, w.Outcome, w.Files, append([]string{}, w.Alone...), w.Since,
			w.Due, w.Area, !w.Due.IsZero() && p.cfg.Now().After(w.Due), Address(w.Ref)}
		switch {
		case !w.Own:
			out.Reviews = append(out.Reviews, one)
		case w.Turn:
			out.Mine = append(out.Mine, one)
		default:
			out.Others = append(out.Others, one)
		}
	}
	out.dues()
	return out, nil
}

// dues finds what is overdue, and what is due next.
func (m *Me) dues() {
	for i := range m.Reviews {
		w := &m.Reviews[i]
		switch {
		case w.Overdue:
			m.Overdue++
		case !w.Due.IsZero() && (m.Next == nil || w.Due.Before(m.Next.Due)):
			m.Next = w
		}
	}
}

// readable says which repositories a visitor may read, of the first of those that wait, and
// whether there may be more.
func (p *Pages) readable(ctx context.Context, list []history.Waiting, v visitor) (may map[pull.Repo]bool, cut bool) {
	var repos []pull.Repo
	for _, w := range list {
		if !slices.Contains(repos, w.Ref.Repo) {
			repos = append(repos, w.Ref.Repo)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, asksWithin)
	defer cancel()
	cut = len(repos) > maxPlaces
	may = map[pull.Repo]bool{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(asksAtOnce)
	for _, repo := range repos[:min(len(repos), maxPlaces)] {
		group.Go(func() error {
			ok := p.visible.may(ctx, repo, v.who)
			mu.Lock()
			defer mu.Unlock()
			may[repo] = ok
			return nil
		})
	}
	_ = group.Wait() // what can't be told is no
	return may, cut || ctx.Err() != nil
}

func (m *Me) write(w http.ResponseWriter, p *Pages, v visitor) {
	p.show(w, v, http.StatusOK, "me.html", frame{Title: p.words.say(v.language, "me"), Body: m})
}

// stranger is who has to sign in first.
type stranger struct{}

func (stranger) write(w http.ResponseWriter, p *Pages, v visitor) {
	if v.json {
		p.fail(w, v, http.StatusUnauthorized, "stranger")
		return
	}
	elsewhere("/-/signin?back="+strings.ReplaceAll(v.path, "/", "%2F")).write(w, p, v)
}
