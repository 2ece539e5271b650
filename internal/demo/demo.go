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
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Config is what a demo is played with.
type Config struct {
	Out   io.Writer
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
	// SetURL sets the base of all links.
	SetURL(url string)
	// SetWebhook sets where webhooks go to and what signs them.
	SetWebhook(url, secret string)
	// Install installs the gate in an account.
	Install(account string, repos ...string) (int64, error)
}

// Service is the gate's.
type Service interface {
	// Public is the address that takes webhooks.
	Public() string
	Run(ctx context.Context) error
}

// patience is how long the story waits for one check.
const patience = 30 * time.Second

// Policy is the repository's.
const Policy = `version: 1
threshold: 90%
contact: https://example.org/review
ownership:
  - subsystems: .github/subsystems.yml
`

// Map is the repository's subsystems.
const Map = `version: 1
subsystems:
  - name: mm
    title: {en: Memory management, zh-CN: 内存}
    paths: ["mm/**", "include/linux/mm*.h"]
    maintainers: [alice, "@acme/mm"]
    threshold: 100%
    contact: mm@example.org
  - name: fs
    title: {en: Filesystems, zh-CN: 文件系统}
    paths: ["fs/**"]
    maintainers: [bob]
    contact: fs@example.org
  - {name: core, fallback: true, maintainers: [carol]}
`

// stage is the forge and the service of a demo.
type stage struct {
	Config
	repo   *fake.Repo
	pr     *fake.PullRequest
	apiURL string
	hooks  string // the webhooks' address
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
	st.invite(dir)
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
	if err != nil {
		return err
	}
	st.run(ctx, svc)
	st.hooks = "http://" + svc.Public() + "/webhooks/github"
	hooks, err := st.Via(st.hooks)
	if err != nil {
		return err
	}
	st.Forge.SetWebhook(hooks, secret)
	return nil
}

// listen serves the forge, and notices when a check was written.
func (st *stage) listen(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st.Forge.ServeHTTP(w, r)
		if strings.Contains(r.URL.Path, "/check-runs") && r.Method != http.MethodGet {
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
	if err := st.Model.AddUsers("alice", "bob", "carol", "dave", "erin"); err != nil {
		return err
	}
	if err := st.Model.AddOrg("acme", []string{"carol"}, []string{"alice", "bob", "erin"}); err != nil {
		return err
	}
	if err := st.Model.AddTeam(fake.Team{Org: "acme", Slug: "mm", Name: "mm", Members: []string{"erin"}}); err != nil {
		return err
	}
	repo, err := st.Model.AddRepo(fake.RepoOptions{Owner: "acme", Name: "linux"})
	if err != nil {
		return err
	}
	st.repo = repo
	for _, login := range []string{"alice", "bob", "carol", "erin"} {
		if err := repo.SetCollaborator(login, "write"); err != nil {
			return err
		}
	}
	files := map[string]*fake.File{
		".github/review-gate.yml": {Content: Policy}, ".github/subsystems.yml": {Content: Map},
		"README": {Content: "A small kernel.\n"},
	}
	for _, path := range kernel {
		files[path] = &fake.File{Content: "/* " + path + " */\n\nint one(void)\n{\n\treturn 1;\n}\n"}
	}
	if _, err := repo.Commit(fake.Change{Author: "carol", Message: "A small kernel", Files: files}); err != nil {
		return err
	}
	_, err = st.Forge.Install("acme")
	return err
}

// kernel are the files that the story changes.
var kernel = []string{"mm/slab.c", "mm/vmscan.c", "mm/swap.c", "include/linux/mm.h", "fs/inode.c", "fs/super.c", "kernel/fork.c"}

// play tells the story: each step, then the check that follows from it.
func (st *stage) play(ctx context.Context) error {
	steps := []struct {
		text, want string
		act        func() error
	}{
		{"dave opens a pull request that changes seven files", "0 of 7", st.open},
		{"alice, a maintainer of mm, approves", "4 of 7", func() error { return st.approve("alice") }},
		{"dave pushes a change to mm/slab.c, one of hers", "3 of 7", st.push},
		{"alice approves again", "4 of 7", func() error { return st.approve("alice") }},
		{"bob, the maintainer of fs, approves", "6 of 7", func() error { return st.approve("bob") }},
		{"carol, the fallback maintainer, approves: the gate opens", "7 of 7", func() error { return st.approve("carol") }},
	}
	for i, step := range steps {
		terminal.Fprintf(st.Out, "%d. %s\n", i+1, step.text)
		if err := step.act(); err != nil {
			return err
		}
		if err := st.await(ctx, step.want); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) open() (err error) {
	if err = st.edit("dave: make it two", kernel...); err != nil {
		return err
	}
	st.pr, err = st.repo.Open(fake.Opening{Author: "dave", Head: "two", Title: "Make it two"})
	return err
}

func (st *stage) push() error { return st.edit("dave: and a bit more", "mm/slab.c") }

func (st *stage) edit(message string, paths ...string) error {
	files := map[string]*fake.File{}
	for _, path := range paths {
		files[path] = &fake.File{Content: "/* " + path + " */\n\nint two(void)\n{\n\treturn 2; /* " + message + " */\n}\n"}
	}
	_, err := st.repo.Commit(fake.Change{Branch: "two", Author: "dave", Message: message, Files: files})
	return err
}

func (st *stage) approve(login string) error {
	_, err := st.pr.Review(fake.Review{By: login, State: fake.Approved})
	return err
}

// await prints the checks as they land on the forge, until one says what the
// story expects.
func (st *stage) await(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for _, run := range st.repo.CheckRuns(st.pr.Head()) {
			line := fmt.Sprintf("   %-7s %s %s", mark(run), run.Name, run.Title)
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
func mark(run fake.CheckRun) string {
	switch {
	case run.Conclusion == fake.Success:
		return "pass"
	case run.Status == fake.Completed:
		return "fail"
	}
	return "wait"
}

// invite says what can be done with a running demo.
func (st *stage) invite(dir string) {
	terminal.Fprintf(st.Out, `
Both stay up until Ctrl-C. In another terminal, for example:

  GITHUB_TOKEN=token-carol go run ./cmd/reviewgate check --api-url %[1]s --repo acme/linux --pr %[2]d

  curl -H 'Authorization: Bearer token-bob' -X POST %[1]srepos/acme/linux/pulls/%[2]d/reviews \
    -d '{"event": "REQUEST_CHANGES", "body": "please split this"}'

  curl %[1]srepos/acme/linux/commits/%[3]s/check-runs -H 'Authorization: Bearer token-dave'

  go run ./cmd/reviewgate report load --repo acme/linux --database sqlite:%[5]s/reviewgate.db

Everybody's token is token-LOGIN: alice, bob, carol, dave, erin.
Webhooks go to %[4]s; the database is in %[5]s.
`, st.apiURL, st.pr.Number(), st.pr.Head(), st.hooks, dir)
}
