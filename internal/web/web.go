package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/merged"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/turns"
	"github.com/reviewgate/reviewgate/internal/web/signin"
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
	history.Responses
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

// Readers tells what one person may read.
type Readers interface {
	// MayRead reports whether the forge says that a person may read a repository.
	MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error)
}

// Config says what is shown. All fields are set, but Desk and Home.
type Config struct {
	Runs     Runs
	Forges   map[string]Visibility // by configured name; nil where the forge does not tell
	Readers  map[string]Readers    // likewise
	Desk     *signin.Desk          // nil: nobody signs in
	Waits    Waits
	Charts   Charts
	Steward  Steward // of whom IsAdmin may be nil: nobody is one
	Home     string  // where people reach the pages; may be empty
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
	cfg         Config
	words       *words
	views       map[string]*template.Template // by language
	turn        *semaphore.Weighted
	visible     *visible
	admins      *admins
	tested      *tested
	evaluations evaluations
	paces       paces
	own         *http.CrossOriginProtection // refuses what other sites have browsers send
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
	own := http.NewCrossOriginProtection()
	if at, err := url.Parse(cfg.Home); err == nil && at.Host != "" { // a proxy may tell another one
		if err := own.AddTrustedOrigin(at.Scheme + "://" + at.Host); err != nil {
			return nil, fmt.Errorf("public_url: %w", err)
		}
	}
	return &Pages{cfg: cfg, own: own, words: said, views: views, turn: semaphore.NewWeighted(atOnce), tested: newTested(),
		admins:      newAdmins(&cfg.Steward, cfg.Log, cfg.Now),
		evaluations: evaluations{runs: cfg.Runs, kept: turns.Kept[int64, gate.Shown]{Most: maxShown}},
		paces:       paces{runs: cfg.Runs, now: cfg.Now, kept: turns.Kept[pull.Repo, pace]{Most: maxPaces}},
		visible: &visible{forges: cfg.Forges, readers: cfg.Readers, log: cfg.Log, now: cfg.Now, known: map[question]known{},
			asked: map[signin.Person]int{}}}, nil
}

// Register adds the pages to the routes of a server.
func (p *Pages) Register(mux *http.ServeMux) {
	mux.Handle("GET /-/", secured(http.StripPrefix("/-/", files())))
	mux.Handle("GET /{forge}/{path...}", p.guarded(p.page))
	if p.cfg.Desk != nil {
		p.registerDesk(mux)
	}
}

// registerDesk adds what there is for who signs in.
func (p *Pages) registerDesk(mux *http.ServeMux) {
	mux.Handle("GET /-/signin", p.guarded(p.signIn))
	mux.Handle("GET /-/signin/{forge}", p.apart(p.begin))
	mux.Handle("GET /-/signin/{forge}/back", p.apart(p.finish))
	mux.Handle("GET /-/me", p.guarded(p.me))
	mux.Handle("GET /-/admin", p.guarded(p.admin))
	mux.Handle("POST /-/admin/retry", p.guarded(p.retry))
	mux.Handle("POST /-/signout", p.guarded(p.signOut))
}

// reader reads what is shown at an address.
type reader func(http.ResponseWriter, *http.Request, visitor) (page, error)

// guarded serves a page with all that holds for each, in turn.
func (p *Pages) guarded(read reader) http.Handler {
	return secured(p.own.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, read) })))
}

// apart is guarded for what may wait for a forge, and has bounds of its own: nobody's page waits
// for who signs in.
func (p *Pages) apart(read reader) http.Handler {
	return secured(p.own.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, p.visitor(r), read) })))
}

// errNoPage means that there is nothing to be seen, or not for everybody.
var errNoPage = errors.New("no such page")

// errBusy means that a page takes long to make, and others of its kind are made.
var errBusy = errors.New("busy")

// serve answers with a page, in turn.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request, read reader) {
	v := p.visitor(r)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	err := p.turn.Acquire(ctx, 1)
	cancel()
	if err != nil {
		p.fail(w, v, http.StatusServiceUnavailable, "busy")
		return
	}
	defer p.turn.Release(1)
	p.answer(w, r, v, read)
}

// answer answers with a page.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v visitor, read reader) {
	p.remember(w, v)
	var err error
	if p.cfg.Desk != nil {
		v.who, v.signed, err = p.cfg.Desk.Who(r)
		v.admin = v.signed && p.admins.seem(r.Context(), v.who)
	}
	var page page
	if err == nil {
		page, err = read(w, r, v)
	}
	refused, notIn := errors.AsType[*signin.Error](err)
	switch {
	case notIn && refused.Why != signin.Unknown:
		p.notSignedIn(w, r, v, refused)
	case errors.Is(err, errNoPage) || notIn:
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
func (p *Pages) page(_ http.ResponseWriter, r *http.Request, v visitor) (page, error) {
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

// known returns a repository as the gate writes it. It fails with errNoPage where the gate does
// not know it, or a visitor may not read it.
func (p *Pages) known(ctx context.Context, repo pull.Repo, v visitor) (pull.Repo, error) {
	all, err := p.cfg.Runs.Repos(ctx)
	if err != nil {
		return repo, err
	}
	at := slices.IndexFunc(all, func(o pull.Repo) bool { return folded(o) == folded(repo) })
	if at < 0 {
		return repo, errNoPage
	}
	return all[at], p.shown(ctx, all[at], v)
}

// shown fails with errNoPage where a visitor may not read a repository. It is asked last, of
// what the gate knows: the forge is.
func (p *Pages) shown(ctx context.Context, repo pull.Repo, v visitor) error {
	if !p.visible.may(ctx, repo, v.who) {
		return errNoPage
	}
	return nil
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
