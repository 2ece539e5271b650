//go:build !nodemo

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newDemo() *cobra.Command {
	var exit bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a pull request's story: a small forge in memory, and the real service",
		Long: `Play a pull request's story on a small forge in memory, with the real service on
SQLite in a temporary directory. They speak HTTP with each other, and nothing else.
Afterwards both stay up for your own commands until Ctrl-C, unless --exit is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), demoOptions{exit: exit, via: func(u string) (string, error) { return u, nil }})
		},
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "end after the story")
	return cmd
}

type demoOptions struct {
	exit bool
	// via gives the address under which one side reaches the other; a test puts
	// a recorder in between.
	via func(url string) (string, error)
}

// demoPatience is how long the story waits for one check.
const demoPatience = 30 * time.Second

const demoPolicy = `version: 1
threshold: 90%
contact: https://example.org/review
ownership:
  - subsystems: .github/subsystems.yml
`

const demoMap = `version: 1
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
	out    io.Writer
	hub    *fakegithub.Server
	repo   *fake.Repo
	pr     *fake.PullRequest
	apiURL string
	hooks  string // the webhooks' address
	calls  chan struct{}
	shown  string // last check shown
	stop   []func() error
}

// demo sets the stage, plays the story and stays up.
func demo(ctx context.Context, out io.Writer, o demoOptions) (err error) {
	dir, err := os.MkdirTemp("", "reviewgate-demo-")
	if err != nil {
		return err
	}
	st := &stage{out: out, calls: make(chan struct{}, 1)}
	defer func() {
		for i := len(st.stop) - 1; i >= 0; i-- {
			err = errors.Join(err, st.stop[i]())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := st.set(ctx, dir, o); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	if err := st.play(ctx); err != nil {
		return fmt.Errorf("play the demo: %w", err)
	}
	if o.exit {
		return nil
	}
	st.invite(dir)
	<-ctx.Done()
	return nil
}

// set starts the forge, then the service, and introduces them.
func (st *stage) set(ctx context.Context, dir string, o demoOptions) error {
	hub, err := fakegithub.New(fake.New(time.Now), fakegithub.Options{})
	if err != nil {
		return err
	}
	st.hub = hub
	st.stop = append(st.stop, func() error { hub.Close(); return nil })
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: hub, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l) //nolint:errcheck // ends with Close
	st.stop = append(st.stop, server.Close)
	st.apiURL = "http://" + l.Addr().String() + "/"
	hub.SetURL(st.apiURL)
	if err := st.people(); err != nil {
		return err
	}
	secret := rand.Text()
	api, err := o.via(st.apiURL)
	if err != nil {
		return err
	}
	svc, err := st.service(ctx, dir, api, secret)
	if err != nil {
		return err
	}
	st.hooks = "http://" + svc.Public() + "/webhooks/github"
	hooks, err := o.via(st.hooks)
	if err != nil {
		return err
	}
	hub.SetWebhook(hooks, secret)
	hub.OnRequest(func(c fakegithub.Call) {
		if strings.Contains(c.Path, "/check-runs") && c.Method != http.MethodGet {
			select {
			case st.calls <- struct{}{}:
			default:
			}
		}
	})
	return nil
}

// service starts the real service as an app of the forge.
func (st *stage) service(ctx context.Context, dir, api, secret string) (*service.Service, error) {
	key, err := st.hub.AppKey()
	if err != nil {
		return nil, err
	}
	cfg := config.Config{
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(dir, "reviewgate.db"),
		Forges: []config.Forge{{Name: "github", Kind: "github", APIURL: api, WebhookSecret: secret,
			App: config.App{ID: 1, PrivateKey: string(key)}}},
	}
	s, err := openService(ctx, cfg, slog.New(slog.DiscardHandler), outside{})
	if err != nil {
		return nil, err
	}
	runCtx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(runCtx) }()
	st.stop = append(st.stop, func() error { cancel(); return <-done })
	return s, nil
}

// people fills the forge with a small kernel-like repository.
func (st *stage) people() error {
	if err := st.hub.AddUsers("alice", "bob", "carol", "dave", "erin"); err != nil {
		return err
	}
	if err := st.hub.AddOrg("acme", []string{"carol"}, []string{"alice", "bob", "erin"}); err != nil {
		return err
	}
	if err := st.hub.AddTeam(fake.Team{Org: "acme", Slug: "mm", Name: "mm", Members: []string{"erin"}}); err != nil {
		return err
	}
	repo, err := st.hub.AddRepo(fake.RepoOptions{Owner: "acme", Name: "linux"})
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
		".github/review-gate.yml": {Content: demoPolicy}, ".github/subsystems.yml": {Content: demoMap},
		"README": {Content: "A small kernel.\n"},
	}
	for _, path := range demoFiles {
		files[path] = &fake.File{Content: "/* " + path + " */\n\nint one(void)\n{\n\treturn 1;\n}\n"}
	}
	if _, err := repo.Commit(fake.Change{Author: "carol", Message: "A small kernel", Files: files}); err != nil {
		return err
	}
	_, err = st.hub.Install("acme")
	return err
}

var demoFiles = []string{"mm/slab.c", "mm/vmscan.c", "mm/swap.c", "include/linux/mm.h", "fs/inode.c", "fs/super.c", "kernel/fork.c"}

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
		terminal.Fprintf(st.out, "%d. %s\n", i+1, step.text)
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
	if err = st.edit("dave: make it two", demoFiles...); err != nil {
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
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	for {
		for _, run := range st.repo.CheckRuns(st.pr.Head()) {
			line := fmt.Sprintf("   %-7s %s %s", mark(run), run.Name, run.Title)
			if line != st.shown {
				st.shown = line
				terminal.Fprintf(st.out, "%s\n", line)
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
	terminal.Fprintf(st.out, `
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
