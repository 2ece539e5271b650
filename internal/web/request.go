package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Request is the page of a pull request, as one evaluation saw it.
type Request struct {
	Ref        string       `json:"ref"` // forge:owner/name#12
	Number     int          `json:"number"`
	Repository string       `json:"repository"` // owner/name
	Title      string       `json:"title"`
	Author     string       `json:"author"`
	URL        string       `json:"url"`
	Head       string       `json:"head"` // commit id
	BaseBranch string       `json:"base_branch"`
	Run        int64        `json:"run"` // number of the evaluation
	Newest     bool         `json:"newest"`
	At         time.Time    `json:"at"`
	Gated      bool         `json:"gated"`
	Closed     string       `json:"closed,omitempty"` // merged or closed, where it was seen so
	Outcome    string       `json:"outcome"`          // success, pending, failure or error; empty where nothing gates
	Sentence   string       `json:"sentence"`
	Reviewed   int          `json:"reviewed"` // files
	Counted    int          `json:"counted"`  // files that need review
	Threshold  string       `json:"threshold"`
	Areas      []Area       `json:"areas"`
	Files      []File       `json:"files"` // those that match Filter, MaxFiles of them at most
	Matching   int          `json:"matching"`
	Filter     string       `json:"filter,omitempty"`
	Reviews    []Review     `json:"reviews"`
	Reasons    []Said       `json:"reasons"`
	Warnings   []Said       `json:"warnings"`
	Faults     []string     `json:"faults"`
	Asked      []Said       `json:"asked"`
	Changes    []Transition `json:"changes"`  // of files since the evaluation before
	Timeline   []Evaluation `json:"timeline"` // the newest first
	Suppose    *Supposition `json:"suppose,omitempty"`
	Unsupposed string       `json:"unsupposed,omitempty"` // why nothing can be supposed: too_many or not_kept
	Candidates []Candidate  `json:"candidates"`           // whose approval would help

	home  string // address of the repository's page
	page  string // address of this page
	since int64  // the newest run there is
}

// Area is a part of the tree that decides about changed files.
type Area struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Reviewed   int      `json:"reviewed"`
	Counted    int      `json:"counted"`
	Missing    int      `json:"missing"`
	Floor      string   `json:"floor,omitempty"` // that its own files need
	Holds      bool     `json:"holds"`           // the floor, if any
	Candidates []string `json:"candidates"`
	ApprovedBy []string `json:"approved_by"`
	Contact    string   `json:"contact,omitempty"`
}

// Percent is the share of reviewed files, rounded down, so that 100 means all.
func (a Area) Percent() int { return percent(a.Reviewed, a.Counted) }

// Percent is like that of an area.
func (r *Request) Percent() int { return percent(r.Reviewed, r.Counted) }

func percent(part, of int) int {
	if of == 0 {
		return 100
	}
	return part * 100 / of
}

// File is a changed file.
type File struct {
	Path       string   `json:"path"`
	OldPath    string   `json:"old_path,omitempty"`
	State      string   `json:"state"` // as in policy.State
	Areas      []string `json:"areas"`
	ApprovedBy []string `json:"approved_by"`
	Why        Said     `json:"why"`
}

// Review is a review that was read, and why it counts or not.
type Review struct {
	Who    string    `json:"who"` // login; empty where the account is gone
	State  string    `json:"state"`
	Commit string    `json:"commit,omitempty"`
	At     time.Time `json:"at"`
	Files  int       `json:"files"` // that it counts for
	Why    Said      `json:"why"`
}

// Transition is a file whose state changed.
type Transition struct {
	Path   string `json:"path"`
	Before string `json:"before,omitempty"` // state; empty where the file was not changed
	Now    string `json:"now,omitempty"`
}

// Evaluation is one of those that are kept.
type Evaluation struct {
	Run     int64     `json:"run"`
	At      time.Time `json:"at"`
	Head    string    `json:"head"`
	Outcome string    `json:"outcome"`
	Shown   bool      `json:"shown"`
}

// Candidate is somebody who may approve what is missing.
type Candidate struct {
	Login    string `json:"login"`
	Files    int    `json:"files"` // that miss their approval
	Supposed bool   `json:"supposed"`
	// Hours is how long they take from a request to the first review, the median of the last 30
	// days; -1 where there was none, or nobody signed in.
	Hours float64 `json:"median_hours"`
}

// Answers reports whether it is known how soon they answer.
func (c Candidate) Answers() bool { return c.Hours >= 0 }

// Supposition is what would be shown if some people approved this head.
type Supposition struct {
	People   []string `json:"people"`
	Outcome  string   `json:"outcome"`
	Sentence string   `json:"sentence"`
}

const (
	maxFiles   = 500 // that one page lists
	maxSuppose = 20  // people
	maxFilter  = 200 // characters
)

// Why nothing can be supposed.
const (
	tooMany = "too_many" // more than maxSuppose people
	notKept = "not_kept" // a file that the evaluation went by is not kept any more
)

// unchanged is an address that shows nothing newer than was seen.
type unchanged struct{}

func (unchanged) write(w http.ResponseWriter, _ *Pages, _ visitor) {
	w.WriteHeader(http.StatusNoContent)
}

// request reads the page of a pull request: its last evaluation, the last of ?head=, or ?run=.
func (p *Pages) request(r *http.Request, ref pull.Ref, v visitor) (page, error) {
	ctx, query := r.Context(), r.URL.Query()
	runs, err := p.cfg.Runs.RunsOf(ctx, ref)
	if err != nil {
		return nil, err
	}
	at := pick(runs, query.Get("run"), query.Get("head"))
	if at < 0 {
		return nil, errNoPage
	}
	if err := p.shown(ctx, ref.Repo, v); err != nil {
		return nil, err
	}
	if query.Get("since") == strconv.FormatInt(runs[0].ID, 10) {
		return unchanged{}, nil
	}
	shown, found, err := p.evaluations.read(ctx, runs[at].ID)
	if err != nil || !found {
		return nil, cmp.Or(err, errNoPage)
	}
	newest, closed := at == 0, closedAs(&shown)
	if closed != "" && query.Get("run") == "" { // nothing was judged any more: how it was before says more
		if at, shown, err = p.judged(ctx, runs, at, shown, query.Get("head")); err != nil {
			return nil, err
		}
	}
	if folded(shown.Ref.Repo) != folded(ref.Repo) { // it had another name when it was judged
		shown.Ref = ref
	}
	out := p.fill(&shown, v, strings.ToLower(query.Get("q")))
	out.Run, out.Newest, out.Closed, out.since = runs[at].ID, newest, closed, runs[0].ID
	for i, run := range runs {
		out.Timeline = append(out.Timeline, Evaluation{run.ID, run.At, run.Head, run.Outcome, i == at})
	}
	if out.Changes, err = p.changes(ctx, runs, at, &shown.Verdict); err != nil {
		return nil, err
	}
	if err := p.pace(ctx, ref.Repo, out.Candidates, v); err != nil {
		return nil, err
	}
	return out, p.suppose(ctx, ref.Repo, out, query["if"], v)
}

// pick finds the evaluation that is asked for; -1 if there is none.
func pick(runs []history.RunSummary, id, head string) int {
	return slices.IndexFunc(runs, func(run history.RunSummary) bool {
		return (id == "" || strconv.FormatInt(run.ID, 10) == id) && (head == "" || run.Head == head)
	})
}

// closedAs says how a pull request was closed when a run saw it so and judged nothing; empty where
// it did not.
func closedAs(shown *gate.Shown) string {
	switch {
	case !shown.Gated || shown.Verdict.Outcome != "" || shown.Request.Open:
		return ""
	case shown.Request.Merged:
		return "merged"
	}
	return "closed"
}

// judged finds the last evaluation that judged something before a run, of a head where one is asked
// for; that run itself where none is kept.
func (p *Pages) judged(ctx context.Context, runs []history.RunSummary, at int, shown gate.Shown, head string) (int, gate.Shown, error) {
	for i := at + 1; i < len(runs); i++ {
		if runs[i].Outcome == "" || head != "" && runs[i].Head != head {
			continue
		}
		before, found, err := p.evaluations.read(ctx, runs[i].ID)
		if err != nil || found {
			return i, before, err
		}
	}
	return at, shown, nil
}

// fill says what an evaluation said.
func (p *Pages) fill(shown *gate.Shown, v visitor, filter string) *Request {
	verdict, req := &shown.Verdict, &shown.Request
	verdict.Language = v.language
	say := p.cfg.Messages.Leading(shown.Links)
	out := &Request{Ref: shown.Ref.String(), Number: shown.Ref.Number, Repository: shown.Ref.Repo.Slug(), Title: req.Title,
		Author: req.Author.Login, URL: req.URL, Head: shown.Head, BaseBranch: req.BaseBranch, At: shown.At, Gated: shown.Gated,
		Outcome: string(verdict.Outcome), Reviewed: verdict.Ratio.Reviewed, Counted: verdict.Ratio.Counted,
		Threshold: thresholdOf(verdict.Threshold), Filter: clip(filter), Areas: []Area{}, Files: []File{}, Reviews: []Review{},
		home: Address(pull.Ref{Repo: shown.Ref.Repo}), page: Address(shown.Ref)}
	if shown.Gated && verdict.Outcome != "" {
		out.Sentence = say.Title(*verdict)
	}
	for _, f := range verdict.Faults {
		out.Faults = append(out.Faults, f.String())
	}
	out.areas(verdict, v.language)
	out.files(say, verdict)
	for _, r := range verdict.Reviews {
		line := Review{Who: r.Who, State: string(r.State), Commit: r.Commit, At: r.At, Files: r.Files}
		if r.Why != "" {
			line.Why = Said{say.Note(v.language, r.Note())}
		}
		out.Reviews = append(out.Reviews, line)
	}
	out.Reasons, out.Warnings = notes(say, v, verdict.Reasons), notes(say, v, verdict.Warnings)
	for _, a := range verdict.Asked {
		if !v.signed { // how much people have to do, and know, is not for everybody
			a.Load, a.Knows = 0, 0
		}
		out.Asked = append(out.Asked, Said{say.Asked(v.language, a)})
	}
	return out
}

func thresholdOf(t share.Threshold) string {
	if !t.Set() {
		return ""
	}
	return t.String()
}

func notes(say *publish.Messages, v visitor, list []policy.Note) []Said {
	out := []Said{}
	for _, n := range list {
		out = append(out, Said{say.Note(v.language, n)})
	}
	return out
}

// clip bounds what a visitor typed.
func clip(s string) string { return s[:min(len(s), maxFilter)] }

func (r *Request) areas(v *policy.Verdict, language string) {
	helps := map[string]int{}
	for _, s := range v.Subsystems {
		r.Areas = append(r.Areas, Area{Name: s.Name, Title: cmp.Or(s.Titles[language], s.Title, s.Name), Reviewed: s.Ratio.Reviewed,
			Counted: s.Ratio.Counted,
			Missing: s.Missing, Floor: thresholdOf(s.Floor), Holds: s.Holds, Candidates: s.Candidates, ApprovedBy: s.ApprovedBy,
			Contact: s.Contact})
	}
	for _, f := range v.Files {
		seen := map[string]bool{}
		for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
			for _, login := range n.Candidates {
				if !seen[login] {
					seen[login] = true
					helps[login]++
				}
			}
		}
	}
	for login, files := range helps {
		r.Candidates = append(r.Candidates, Candidate{Login: login, Files: files, Hours: unknownHours})
	}
	slices.SortFunc(r.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Files, a.Files), cmp.Compare(a.Login, b.Login))
	})
}

// files lists those that match the filter, what is missing first.
func (r *Request) files(say *publish.Messages, v *policy.Verdict) {
	var matching []*policy.FileVerdict
	for i := range v.Files {
		if f := &v.Files[i]; r.matches(f) {
			matching = append(matching, f)
		}
	}
	r.Matching = len(matching)
	slices.SortStableFunc(matching, func(a, b *policy.FileVerdict) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	for _, f := range matching[:min(len(matching), maxFiles)] {
		r.Files = append(r.Files, File{Path: f.Path, OldPath: f.OldPath, State: string(f.State), Areas: f.Subsystems,
			ApprovedBy: f.ApprovedBy, Why: Said{say.File(v.Language, *f)}})
	}
}

// matches reports whether a filter, in lower case, is part of a file's path, state or areas.
func (r *Request) matches(f *policy.FileVerdict) bool {
	return r.Filter == "" || strings.Contains(strings.ToLower(f.Path), r.Filter) || strings.EqualFold(string(f.State), r.Filter) ||
		slices.ContainsFunc(f.Subsystems, func(s string) bool { return strings.EqualFold(s, r.Filter) })
}

// rank orders states: what is missing, what is reviewed, what does not count.
func rank(s policy.State) int {
	switch {
	case s == policy.Reviewed:
		return 1
	case !s.Counted():
		return 2
	}
	return 0
}

// changes tells which files have another state than at the evaluation before that judged something.
func (p *Pages) changes(ctx context.Context, runs []history.RunSummary, at int, now *policy.Verdict) ([]Transition, error) {
	out := []Transition{}
	before := slices.IndexFunc(runs[at+1:], func(run history.RunSummary) bool { return run.Outcome != "" })
	if before < 0 || now.Outcome == "" {
		return out, nil
	}
	was, found, err := p.evaluations.read(ctx, runs[at+1+before].ID)
	if err != nil {
		return nil, fmt.Errorf("read the evaluation before: %w", err)
	}
	if !found {
		return out, nil
	}
	states := map[string]policy.State{}
	for _, f := range was.Verdict.Files {
		states[f.Path] = f.State
	}
	for _, f := range now.Files {
		if states[f.Path] != f.State {
			out = append(out, Transition{f.Path, string(states[f.Path]), string(f.State)})
		}
		delete(states, f.Path)
	}
	for path, state := range states {
		out = append(out, Transition{path, string(state), ""})
	}
	slices.SortFunc(out, func(a, b Transition) int { return cmp.Compare(a.Path, b.Path) })
	return out, nil
}

// suppose says what would be shown if some of the candidates approved.
func (p *Pages) suppose(ctx context.Context, repo pull.Repo, out *Request, people []string, v visitor) error {
	var who []string
	for i := range out.Candidates {
		c := &out.Candidates[i]
		if c.Supposed = slices.ContainsFunc(people, func(login string) bool { return pull.SameLogin(login, c.Login) }); c.Supposed {
			who = append(who, c.Login)
		}
	}
	if len(who) == 0 {
		return nil
	}
	if len(who) > maxSuppose {
		out.Unsupposed = tooMany
		return nil
	}
	record, found, err := p.cfg.Runs.Run(ctx, out.Run)
	if err != nil || !found {
		return cmp.Or(err, errNoPage)
	}
	verdict, err := gate.Suppose(p.cfg.Messages, record.Body, p.texts(ctx, repo), who)
	if errors.Is(err, errNotKept) {
		out.Unsupposed = notKept
		return nil
	}
	if err != nil {
		return err
	}
	verdict.Language = v.language
	out.Suppose = &Supposition{People: who, Outcome: string(verdict.Outcome), Sentence: p.cfg.Messages.Title(verdict)}
	return nil
}

func (r *Request) write(w http.ResponseWriter, p *Pages, v visitor) {
	f := frame{Title: fmt.Sprintf("%s#%d", r.Repository, r.Number), Body: r}
	if r.Newest {
		f.Again = fmt.Sprintf("%s?since=%d", r.page, r.since)
	}
	p.show(w, v, http.StatusOK, "request.html", f)
}

// Home is the address of the repository's page.
func (r *Request) Home() string { return r.home }

// Page is the address of this page.
func (r *Request) Page() string { return r.page }
