//go:build !nodemo

package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Acting is the path below the forge's address where people of the story can be played.
const Acting = "/-/play"

//go:embed acting.html choosing.html acting.css
var acting embed.FS

var pages = template.Must(template.ParseFS(acting, "*.html"))

// writePage writes one of the pages. A form on it may lead where policy says.
func writePage(w http.ResponseWriter, name, policy string, shown any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "+policy)
	h.Set("Cache-Control", "no-store")
	_ = pages.ExecuteTemplate(w, name, shown) // whoever asked may be gone
}

// Act is what a person of the story can be had do.
type Act string

// The acts.
const (
	ActApprove Act = "approve"
	ActObject  Act = "object"
	ActPush    Act = "push"
	ActRebase  Act = "rebase"
)

// Labels are the words of the page on which people are played.
type Labels struct {
	Language, Heading, Check, Page, Files, Said, Again, Who, Admin string
	Acts                                                           map[Act]string
}

// shownAct is one on the page: who does what, with the words for it.
type shownAct struct{ Who, Do, Text string }

// shownStage is what the page shows.
type shownStage struct {
	Labels  Labels
	Title   string
	Number  int
	Check   string
	Gate    string // address of the gate's page; empty if it has none
	Acts    []shownAct
	Changed []string
	Said    []fake.Comment
}

// plays serves the page on which people of the story act, and what they do there.
func (st *stage) plays() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Acting, st.showStage)
	mux.HandleFunc("POST "+Acting, st.act)
	mux.HandleFunc("GET "+Acting+"/acting.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, acting, "acting.css") })
	return http.NewCrossOriginProtection().Handler(mux)
}

// showStage writes the page.
func (st *stage) showStage(w http.ResponseWriter, _ *http.Request) {
	pr := st.current()
	if pr == nil {
		http.Error(w, "the story has not begun", http.StatusServiceUnavailable)
		return
	}
	out := shownStage{Labels: st.Scene.Labels, Title: st.Scene.Title, Number: pr.Number(), Gate: st.gatePage(pr), Acts: st.acts(),
		Said: pr.Comments()}
	for _, f := range pr.Files() {
		out.Changed = append(out.Changed, f.Path())
	}
	for _, run := range st.Forge.Checks(pr) {
		out.Check = st.mark(run) + " " + run.Name + ": " + run.Title
	}
	writePage(w, "acting.html", "style-src 'self'; form-action 'self'", out)
}

// acts are all that can be done: the contributor pushes, the others review.
func (st *stage) acts() (out []shownAct) {
	author := st.Scene.People[0]
	for _, do := range []Act{ActPush, ActRebase} {
		out = append(out, shownAct{author, string(do), st.Scene.Labels.Acts[do]})
	}
	for _, who := range st.Scene.People[1:] {
		for _, do := range []Act{ActApprove, ActObject} {
			out = append(out, shownAct{who, string(do), st.Scene.Labels.Acts[do]})
		}
	}
	return out
}

// act has somebody do something, and shows the page again.
func (st *stage) act(w http.ResponseWriter, r *http.Request) {
	pr := st.current()
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	who, do := r.PostFormValue("who"), Act(r.PostFormValue("do"))
	if pr == nil || !slices.Contains(st.acts(), shownAct{who, string(do), st.Scene.Labels.Acts[do]}) {
		http.Error(w, "nobody can do that here: go back, and take one of the buttons", http.StatusBadRequest)
		return
	}
	if err := st.perform(r.Context(), pr, who, do); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	http.Redirect(w, r, Acting, http.StatusSeeOther)
}

func (st *stage) perform(ctx context.Context, pr *fake.PullRequest, who string, do Act) error {
	switch do {
	case ActApprove:
		return st.Forge.Approve(ctx, pr, who)
	case ActObject:
		return st.Forge.Object(ctx, pr, who)
	case ActPush:
		return st.edit("change "+strconv.FormatInt(st.pushes.Add(1), 10), st.Scene.Changed[0])
	case ActRebase:
		return st.rebase(pr, who)
	}
	return fmt.Errorf("%s can't be done", do)
}

// rebase has the base branch move, and the pull request's commits be made again on top of it.
func (st *stage) rebase(pr *fake.PullRequest, who string) error {
	n := st.pushes.Add(1)
	base, err := st.repo.Commit(fake.Change{Author: st.Scene.Maintainers[0], Message: "More to read",
		Files: map[string]*fake.File{"README": {Content: fmt.Sprintf("A small kernel, edition %d.\n", n)}}})
	if err != nil {
		return err
	}
	files := map[string]*fake.File{}
	for _, f := range pr.Files() {
		text, ok := st.repo.Content(pr.Head(), f.Path())
		if !ok {
			return fmt.Errorf("%s can't be read", f.Path())
		}
		files[f.Path()] = &fake.File{Content: text}
	}
	// Its branch of a moment ends unseen: the forge tells of what pull requests have.
	aside := fmt.Sprint("rebased-", n)
	head, err := st.repo.Commit(fake.Change{Branch: aside, From: base, Author: who, Message: st.Scene.Title, Files: files})
	if err != nil {
		return err
	}
	return errors.Join(st.repo.SetBranch(pr.Branch(), head, who), st.repo.SetBranch(aside, "", who))
}

// current is the pull request; nil before it is opened.
func (st *stage) current() *fake.PullRequest { return st.played.Load() }

// gatePage is the address of the gate's page of a pull request.
func (st *stage) gatePage(pr *fake.PullRequest) string {
	if st.pages == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/%s/%d", st.pages, st.Scene.Kind, pr.Repo().FullName(), pr.Number())
}

// FreeAddress is one on which nobody listens: links to the pages name it before they are
// served.
func FreeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
