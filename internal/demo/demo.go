//go:build !nodemo

// Package demo plays a pull request's story: a small repository, the people around it, and
// what they do one after the other, each step with the check that follows from it.
//
// It promises that forge and service speak HTTP with each other, and nothing else. Which
// forge serves the model, and how a service is opened on it, is handed in.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Config is what a demo is played with.
type Config struct {
	Out   io.Writer
	Scene Scene
	Model *fake.Forge // on which people act
	Forge Forge       // serves the model
	// Open opens a service that watches the forge at an address, signs its webhooks by a
	// secret, and keeps its files in a directory.
	Open func(ctx context.Context, dir, api, secret string) (Service, error)
	// Exit ends the demo after the story; else it stays up until ctx is done.
	Exit bool
	// Via gives the address under which one side reaches the other; a test puts
	// a recorder in between.
	Via func(url string) (string, error)
}

// Forge serves the model of a forge.
type Forge interface {
	http.Handler
	Introducer
	Reviewing
	// Checks are those of a pull request's head as the forge shows them now.
	Checks(p *fake.PullRequest) []fake.CheckRun
}

// Reviewing is what reviewers do on a forge.
type Reviewing interface {
	// Approve has somebody approve a pull request, and Object keep it from being merged.
	Approve(ctx context.Context, p *fake.PullRequest, login string) error
	Object(ctx context.Context, p *fake.PullRequest, login string) error
}

// Introducer makes a forge and the gate known to each other.
type Introducer interface {
	// SetURL sets the base of all links.
	SetURL(url string)
	// Introduce lets the gate in: it sets where webhooks go to and what signs them.
	Introduce(repo *fake.Repo, url, secret string) error
}

// Scene is where the story plays, and in whose words.
type Scene struct {
	Kind        string // of the forge, which is also what the service calls it
	Owner, Name string
	People      []string // all of them, the contributor first
	Maintainers []string // who may write, the owner of the organisation first
	Team        fake.Team
	Files       map[string]string // of the repository, besides Changed
	Changed     []string          // the seven files that the pull request changes; the first is changed once more
	Title       string
	Steps       []Step
	Marks       [3]string // a check that passes, fails and waits
	// Invite says what can be done with a running demo: the base of the forge's API, the
	// pull request's number and head, where webhooks go, and the service's directory.
	Invite func(api string, number int, head, hooks, dir string) string
	Labels Labels
	// Look says where people can be played, and where the gate's page is.
	Look string
}

// Step is what somebody does, in words, and how the check's title begins afterwards.
type Step struct {
	Text, Want string
	Do         Deed
	Who        string // who approves, where somebody does
}

// Deed is a kind of act.
type Deed int

// The deeds.
const (
	Open Deed = iota
	Push
	Approve
	Speak // approves by a comment that names the head
)

// Service is the gate's.
type Service interface {
	// Public is the address that takes webhooks.
	Public() string
	Run(ctx context.Context) error
}

// patience is how long the story waits for one check: where a forge takes few calls in a
// minute, that is more than one.
const patience = 150 * time.Second

// stage is the forge and the service of a demo.
type stage struct {
	Config
	repo   *fake.Repo
	pr     *fake.PullRequest
	played atomic.Pointer[fake.PullRequest] // pr, for those who look at the page meanwhile
	pushes atomic.Int64
	apiURL string
	hooks  string // the webhooks' address
	pages  string // where the gate's pages are
	calls  chan struct{}
	shown  string // last check shown
	stop   []func() error
}

// Play sets the stage, plays the story and stays up.
func Play(ctx context.Context, cfg Config) (err error) {
	dir, err := os.MkdirTemp("", "reviewgate-demo-")
	if err != nil {
		return err
	}
	st := &stage{Config: cfg, calls: make(chan struct{}, 1)}
	defer func() {
		for i := len(st.stop) - 1; i >= 0; i-- {
			err = errors.Join(err, st.stop[i]())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := st.set(ctx, dir); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	if err := st.play(ctx); err != nil {
		return fmt.Errorf("play the demo: %w", err)
	}
	if st.Exit {
		return nil
	}
	terminal.Fprintf(st.Out, "\n"+st.Scene.Look, strings.TrimSuffix(st.apiURL, "/")+Acting, st.gatePage(st.pr))
	terminal.Fprintf(st.Out, "\n%s", terminal.Safe(st.Scene.Invite(st.apiURL, st.pr.Number(), st.pr.Head(), st.hooks, dir)))
	<-ctx.Done()
	return nil
}

// set starts the forge, then the service, and introduces them.
func (st *stage) set(ctx context.Context, dir string) error {
	if err := st.listen(ctx); err != nil {
		return err
	}
	if err := st.people(); err != nil {
		return err
	}
	secret := rand.Text()
	api, err := st.Via(st.apiURL)
	if err != nil {
		return err
	}
	svc, err := st.Open(ctx, dir, api, secret)
	for range 4 { // another program may have taken the address meanwhile
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
		svc, err = st.Open(ctx, dir, api, secret)
	}
	if err != nil {
		return err
	}
	st.run(ctx, svc)
	st.pages = "http://" + svc.Public()
	st.hooks = st.pages + "/webhooks/" + st.Scene.Kind
	hooks, err := st.Via(st.hooks)
	if err != nil {
		return err
	}
	return st.Forge.Introduce(st.repo, hooks, secret)
}

// listen serves the forge, and notices when a check was written.
func (st *stage) listen(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	plays := st.plays()
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, Acting) {
			plays.ServeHTTP(w, r)
			return
		}
		st.Forge.ServeHTTP(w, r)
		if r.Method != http.MethodGet {
			select {
			case st.calls <- struct{}{}:
			default:
			}
		}
	})}
	go server.Serve(l) //nolint:errcheck // ends with Close
	st.stop = append(st.stop, server.Close)
	st.apiURL = "http://" + l.Addr().String() + "/"
	st.Forge.SetURL(st.apiURL)
	return nil
}

// run runs the service until the demo ends.
func (st *stage) run(ctx context.Context, s Service) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	st.stop = append(st.stop, func() error { cancel(); return <-done })
}

// people fills the forge with a small kernel-like repository.
func (st *stage) people() error {
	sc := &st.Scene
	if err := st.Model.AddUsers(sc.People...); err != nil {
		return err
	}
	if err := st.Model.AddOrg(sc.Owner, sc.Maintainers[:1], sc.Maintainers[1:]); err != nil {
		return err
	}
	if sc.Team.Slug != "" {
		if err := st.Model.AddTeam(sc.Team); err != nil {
			return err
		}
	}
	repo, err := st.Model.AddRepo(fake.RepoOptions{Owner: sc.Owner, Name: sc.Name})
	if err != nil {
		return err
	}
	st.repo = repo
	for _, login := range sc.Maintainers {
		if err := repo.SetCollaborator(login, "write"); err != nil {
			return err
		}
	}
	files := map[string]*fake.File{}
	for path, text := range sc.Files {
		files[path] = &fake.File{Content: text}
	}
	for _, path := range sc.Changed {
		files[path] = &fake.File{Content: "/* " + path + " */\n\nint one(void)\n{\n\treturn 1;\n}\n"}
	}
	_, err = repo.Commit(fake.Change{Author: sc.Maintainers[0], Message: "A small kernel", Files: files})
	return err
}

// play tells the story: each step, then the check that follows from it.
func (st *stage) play(ctx context.Context) error {
	for i, step := range st.Scene.Steps {
		terminal.Fprintf(st.Out, "%d. %s\n", i+1, step.Text)
		if err := st.do(ctx, step); err != nil {
			return err
		}
		if err := st.await(ctx, step.Want); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) do(ctx context.Context, step Step) error {
	switch step.Do {
	case Open:
		return st.open()
	case Push:
		return st.edit("and a bit more", st.Scene.Changed[0])
	case Approve:
		return st.Forge.Approve(ctx, st.pr, step.Who)
	case Speak:
		_, err := st.pr.Comment(step.Who, "/approve "+st.pr.Head())
		return err
	}
	return fmt.Errorf("step %q: nothing is done", step.Text)
}

func (st *stage) open() (err error) {
	if err = st.edit("make it two", st.Scene.Changed...); err != nil {
		return err
	}
	if st.pr, err = st.repo.Open(fake.Opening{Author: st.Scene.People[0], Head: "two", Title: st.Scene.Title}); err == nil {
		st.played.Store(st.pr)
	}
	return err
}

func (st *stage) edit(message string, paths ...string) error {
	files := map[string]*fake.File{}
	for _, path := range paths {
		files[path] = &fake.File{Content: "/* " + path + " */\n\nint two(void)\n{\n\treturn 2; /* " + message + " */\n}\n"}
	}
	_, err := st.repo.Commit(fake.Change{Branch: "two", Author: st.Scene.People[0], Message: message, Files: files})
	return err
}

// await prints the checks as they land on the forge, until one says what the
// story expects.
func (st *stage) await(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for _, run := range st.Forge.Checks(st.pr) {
			line := fmt.Sprintf("   %s %s %s", st.mark(run), run.Name, run.Title)
			if line != st.shown {
				st.shown = line
				terminal.Fprintf(st.Out, "%s\n", line)
			}
			if strings.HasPrefix(run.Title, want) {
				return nil
			}
		}
		select {
		case <-st.calls:
		case <-ctx.Done():
			return fmt.Errorf("no check that says %q", want)
		}
	}
}

// mark shows a check's state as a forge would colour it.
func (st *stage) mark(run fake.CheckRun) string {
	switch {
	case run.Conclusion == fake.Success:
		return st.Scene.Marks[0]
	case run.Status == fake.Completed:
		return st.Scene.Marks[1]
	}
	return st.Scene.Marks[2]
}
