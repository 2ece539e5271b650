package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/merged"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Runs gives the evaluations that are kept.
type Runs interface {
	RunReader
	Activities
	merged.Runs
	Listing
}

// Listing tells what the gate knows.
type Listing interface {
	// Repos lists the repositories that the gate knows.
	Repos(ctx context.Context) ([]pull.Repo, error)
	// OpenKnown lists the pull requests of a repository that were open when they were last
	// looked at, by number.
	OpenKnown(ctx context.Context, repo pull.Repo) ([]history.PullState, error)
}

// Activities tells what people were asked for, and did.
type Activities interface {
	// Activity lists whom the gate asked for review in a repository, and who reviewed.
	Activity(ctx context.Context, repo pull.Repo) ([]workload.Request, []workload.Review, error)
}

// RunReader reads evaluations.
type RunReader interface {
	// Run reads one; false if there is none, or no more.
	Run(ctx context.Context, id int64) (history.RunRecord, bool, error)
	// RunsOf lists those of a pull request, the newest first.
	RunsOf(ctx context.Context, ref pull.Ref) ([]history.RunSummary, error)
	// Blob returns a file that a record names; false if it is not kept any more.
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
}

// Visibility tells who may read a repository.
type Visibility interface {
	// Public reports whether everybody may. pull.ErrNotFound means that there is none, or
	// that the gate does not see it.
	Public(ctx context.Context, repo pull.Repo) (bool, error)
}

// Config says what is shown. All fields are set.
type Config struct {
	Runs     Runs
	Forges   map[string]Visibility // by configured name; nil where the forge does not tell
	Messages *publish.Messages
	Log      *slog.Logger
	Now      func() time.Time
}

const (
	atOnce   = 4               // pages that are made at once
	patience = 2 * time.Second // that one waits for its turn
)

// Pages serves them.
type Pages struct {
	cfg     Config
	words   *words
	views   map[string]*template.Template // by language
	turn    *semaphore.Weighted
	visible *visible
	tested  *tested
}

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// New reads what is embedded. An error means that the build is broken.
func New(cfg Config) (*Pages, error) {
	said, err := newWords()
	if err != nil {
		return nil, err
	}
	views := map[string]*template.Template{}
	for lang := range said.speakers {
		say := func(id string, fill ...any) string { return said.say(lang, id, fill...) }
		funcs := template.FuncMap{"t": say, "data": publish.OneLine, "hours": hours}
		views[lang], err = template.New("").Funcs(funcs).ParseFS(templates, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("read the templates of pages: %w", err)
		}
	}
	return &Pages{cfg: cfg, words: said, views: views, turn: semaphore.NewWeighted(atOnce),
		tested: newTested(), visible: &visible{forges: cfg.Forges, now: cfg.Now, known: map[pull.Repo]known{}}}, nil
}

// Register adds the pages to the routes of a server.
func (p *Pages) Register(mux *http.ServeMux) {
	mux.Handle("GET /-/", secured(http.StripPrefix("/-/", files())))
	mux.Handle("GET /{forge}/{path...}", secured(http.HandlerFunc(p.serve)))
}

// errNoPage means that there is nothing to be seen, or not for everybody.
var errNoPage = errors.New("no such page")

// errBusy means that a page takes long to make, and others of its kind are made.
var errBusy = errors.New("busy")

// serve answers with the page of a pull request or a repository, or what thresholds would do there.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request) {
	v := p.visitor(r)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	err := p.turn.Acquire(ctx, 1)
	cancel()
	if err != nil {
		p.fail(w, v, http.StatusServiceUnavailable, "busy")
		return
	}
	defer p.turn.Release(1)
	page, err := p.page(r, v)
	switch {
	case errors.Is(err, errNoPage):
		p.fail(w, v, http.StatusNotFound, "absent")
	case errors.Is(err, errBusy):
		p.fail(w, v, http.StatusServiceUnavailable, "busy")
	case err != nil:
		p.cfg.Log.ErrorContext(r.Context(), "page not shown", "path", r.URL.Path, "error", err)
		p.fail(w, v, http.StatusInternalServerError, "broken")
	default:
		page.write(w, p, v)
	}
}

// page reads what an address names.
func (p *Pages) page(r *http.Request, v visitor) (page, error) {
	forge, path := r.PathValue("forge"), strings.Trim(r.PathValue("path"), "/")
	repository, thresholds := strings.CutSuffix(path, thresholdsPath)
	ref, err := parse(forge, repository)
	if err != nil {
		return nil, errNoPage
	}
	if thresholds && ref.Number > 0 {
		return nil, errNoPage
	}
	if thresholds {
		return p.thresholds(r.Context(), ref.Repo, v)
	}
	if ref.Number == 0 {
		return p.repository(r, ref.Repo, v)
	}
	return p.request(r, ref, v)
}

// knows fails with errNoPage where the gate does not know a repository, or not everybody may
// read it.
func (p *Pages) knows(ctx context.Context, repo pull.Repo) error {
	all, err := p.cfg.Runs.Repos(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(o pull.Repo) bool { return strings.EqualFold(o.String(), repo.String()) }) {
		return errNoPage
	}
	return p.shown(ctx, repo)
}

// shown fails with errNoPage where not everybody may read a repository. It is asked last, of
// what the gate knows: the forge is.
func (p *Pages) shown(ctx context.Context, repo pull.Repo) error {
	public, err := p.visible.public(ctx, repo)
	if err == nil && !public {
		err = errNoPage
	}
	return err
}

// Address is the path of the page of a pull request, or of a repository where its number is 0.
func Address(ref pull.Ref) string {
	at := "/" + ref.Repo.Forge + "/" + ref.Repo.Slug()
	if ref.Number > 0 {
		at += "/" + strconv.Itoa(ref.Number)
	}
	return at
}

// parse reads the address of a repository, or of one of its pull requests.
func parse(forge, path string) (pull.Ref, error) {
	if at := strings.LastIndexByte(path, '/'); at > 0 {
		if ref, err := pull.ParseRef(forge + ":" + path[:at] + "#" + path[at+1:]); err == nil {
			return ref, nil
		}
	}
	repo, err := pull.ParseRepo(forge, path)
	return pull.Ref{Repo: repo}, err
}
