package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

type worldKey struct{}

// TestScripts runs the stories of the command line. Each has a forge of its
// own, with the repository acme/linux, whose API is $GITHUB_API_URL; in
// $WORK/service is a service's configuration for it.
//
// Besides the commands of testscript there are:
//
//	exits CODE ARG...      runs reviewgate and wants that exit code
//	open BRANCH PATH...    dave opens a pull request that changes the paths
//	approve NUMBER LOGIN   somebody approves a pull request
//	commit PATH FILE       carol commits a file of the script to main
//	shown NUMBER           prints what the forge shows on a pull request
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			w := newWorld(env.T().(testing.TB), worldOptions{idle: true, policy: commentPolicy}) //nolint:forcetypeassert // promised by testscript
			env.Values[worldKey{}] = w
			env.Setenv("GITHUB_API_URL", w.server.URL+"/")
			env.Setenv("GITHUB_TOKEN", "token-alice")
			service := filepath.Join(env.WorkDir, "service")
			if err := os.Mkdir(service, 0o700); err != nil {
				return err
			}
			w.configure(service)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "open": openCmd, "approve": approveCmd, "commit": commitCmd, "shown": shownCmd,
		},
	})
}

// exits runs reviewgate and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("reviewgate", args[1:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func usage(ts *testscript.TestScript, ok bool) {
	if !ok {
		ts.Fatalf("wrong use of a command; see TestScripts")
	}
}

func worldOf(ts *testscript.TestScript) *world {
	return ts.Value(worldKey{}).(*world) //nolint:forcetypeassert // set by Setup
}

func pullOf(ts *testscript.TestScript, number string) *fake.PullRequest {
	n, err := strconv.Atoi(number)
	ts.Check(err)
	pr := worldOf(ts).repo.PullRequest(n)
	if pr == nil {
		ts.Fatalf("no pull request %d", n)
	}
	return pr
}

func openCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2)
	pr := worldOf(ts).open(args[0], args[1:]...)
	ts.Logf("#%d", pr.Number())
}

func approveCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2)
	worldOf(ts).later() // or nothing would prove which head was approved
	_, err := pullOf(ts, args[0]).Review(fake.Review{By: args[1], State: fake.Approved})
	ts.Check(err)
}

func commitCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2)
	files := map[string]*fake.File{args[0]: {Content: ts.ReadFile(args[1])}}
	_, err := worldOf(ts).repo.Commit(fake.Change{Author: "carol", Message: "change " + args[0], Files: files})
	ts.Check(err)
}

// shownCmd prints statuses, checks, requested people and comments.
func shownCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1)
	pr, repo, out := pullOf(ts, args[0]), worldOf(ts).repo, ts.Stdout()
	for _, s := range repo.Statuses(pr.Head()) {
		fmt.Fprintf(out, "status %s %s by %s: %s\n", s.Context, s.State, s.Creator, s.Description)
	}
	for _, c := range repo.CheckRuns(pr.Head()) {
		fmt.Fprintf(out, "check %s %s: %s\n", c.Name, conclusion(c), c.Title)
	}
	people, _ := pr.Requested()
	for _, login := range people {
		fmt.Fprintf(out, "asked %s\n", login)
	}
	for _, c := range pr.Comments() {
		fmt.Fprintf(out, "comment by %s\n", c.Author)
	}
	_, err := io.WriteString(out, "end\n")
	ts.Check(err)
}
