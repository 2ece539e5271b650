// Package gitcmd runs the git command on one repository, and reads what it prints: what
// two commits differ in, merge bases, trees, files and commits. A repository on disk and
// clones of forges' repositories share it.
//
// It promises that no configuration of the system, the user or the environment has a say,
// and none of the repository in what runs a program, hides a file or asks somebody; that
// nothing is fetched unless Git.Protocols allows it; and that what it reads as an object
// of an id is that object, by git's own id. Which repository, and whether it holds
// enough, is its caller's business.
package gitcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings override what the repository's own configuration may say. Some of it
// names programs to run, some changes what is listed.
var settings = []string{
	"core.askPass=",
	"core.attributesFile=" + os.DevNull,
	"core.bigFileThreshold=8m", // larger ones are written as they come, and not held in memory
	"core.commitGraph=false",   // a file that could tell other parents than the commits do
	"core.fsmonitor=false",
	"core.hooksPath=" + os.DevNull,
	"core.warnAmbiguousRefs=true",
	"credential.helper=",
	"diff.external=",
	"gc.auto=0",
	"http.followRedirects=false",
	"maintenance.auto=false",
	"protocol.allow=never",
	"submodule.recurse=false",
}

// Git runs the git command on one repository, named by its git directory so that nothing
// is searched for, and without a working tree.
type Git struct {
	Program string // path of the git command
	GitDir  string // absolute
	Dir     string // to run in
	// Objects is the folder that new objects go to, beside those of GitDir; empty for these.
	Objects string
	// Protocols that may be spoken, as in GIT_ALLOW_PROTOCOL; empty for none.
	Protocols string
	// Config is further configuration, keys and values in turn. It reaches git by the
	// environment, so that no argument, file or log has it.
	Config []string
}

// Program finds the git command.
func Program() (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", errors.New("there is no git command in PATH; install git")
	}
	return program, nil
}

// answersWithin is how long git may take to tell its version.
const answersWithin = 10 * time.Second

// Version finds the git command and its version; an error unless it is one that fetches as
// this package asks it to: configuration by the environment came with 2.31.
func Version() (program, version string, err error) {
	if program, err = Program(); err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answersWithin)
	defer cancel()
	out, err := Git{Program: program}.Run(ctx, "version")
	if err != nil {
		return program, "", err
	}
	version = strings.TrimPrefix(strings.TrimSpace(string(out)), "git version ")
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || major < 2 || major == 2 && minor < 31 {
		return program, version, fmt.Errorf("%s is git %s; install 2.31 or newer", program, version)
	}
	return program, version, nil
}

// Environment is all that git gets to see of ours, and home is the directory that it
// takes for the user's. There is no index and no graft file; what is missing is not
// fetched.
func Environment(home string) []string {
	nowhere := filepath.Join(filepath.Dir(os.DevNull), "no-such-file-of-reviewgate")
	env := []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + home,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=" + os.DevNull, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1",
		"GIT_GRAFT_FILE=" + nowhere, "GIT_INDEX_FILE=" + nowhere,
	}
	for _, name := range []string{"SYSTEMROOT", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// proxies are the variables by which Go's client finds a proxy, and git too.
var proxies = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}

func (g Git) environment() []string {
	env := append(Environment(g.GitDir), "GIT_ALLOW_PROTOCOL="+g.Protocols)
	if g.Protocols == "" {
		env[len(env)-1] += "none"
	} else {
		for _, name := range proxies {
			if v, ok := os.LookupEnv(name); ok {
				env = append(env, name+"="+v)
			}
		}
		if v, ok := os.LookupEnv("SSL_CERT_FILE"); ok { // as Go's client
			env = append(env, "GIT_SSL_CAINFO="+v)
		}
	}
	if g.Objects != "" {
		env = append(env, "GIT_OBJECT_DIRECTORY="+g.Objects, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+quoted(filepath.Join(g.GitDir, "objects")))
	}
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(g.Config)/2))
	for i := 0; i+1 < len(g.Config); i += 2 {
		n := strconv.Itoa(i / 2)
		env = append(env, "GIT_CONFIG_KEY_"+n+"="+g.Config[i], "GIT_CONFIG_VALUE_"+n+"="+g.Config[i+1])
	}
	return env
}

// quoted writes a path as one entry of a list of paths (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES).
func quoted(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
}

// patience is how long git's helpers may hold its output open after it ended.
const patience = 5 * time.Second

// Command makes a git command. It and all that it started are killed when ctx ends.
func (g Git) Command(ctx context.Context, args ...string) *exec.Cmd {
	full := []string{"--no-pager", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs", "--git-dir=" + g.GitDir, "--bare"}
	for _, s := range settings {
		full = append(full, "-c", s)
	}
	cmd := exec.CommandContext(ctx, g.Program, slices.Concat(full, args)...) //nolint:gosec // revisions stand behind --end-of-options
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.Dir, g.environment(), patience
	killAll(cmd)
	return cmd
}

// Run returns what git prints. What it warns of is an error where the answer
// depends on it.
func (g Git) Run(ctx context.Context, args ...string) ([]byte, error) {
	return g.Feed(ctx, nil, args...)
}

// Feed is Run with an input.
func (g Git) Feed(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	cmd := g.Command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &stderr
	out, err := cmd.Output()
	said := strings.TrimSpace(stderr.String())
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, &Error{Command: args[0], Said: said, Err: err}
	}
	if strings.HasPrefix(said, "error: ") || strings.Contains(said, "\nerror: ") { // of what it could not read and left out
		return nil, &Error{Command: args[0], Said: said, Err: ErrBroken}
	}
	if strings.Contains(said, "is ambiguous") {
		return nil, errors.New(said + "\nhint: write it in full, like refs/heads/main")
	}
	return out, nil
}

// Error is a git command that failed.
type Error struct {
	Command string
	Said    string // on its standard error
	Err     error
}

func (e *Error) Error() string {
	if e.Said == "" {
		return fmt.Sprintf("git %s: %v", e.Command, e.Err)
	}
	return fmt.Sprintf("git %s: %s", e.Command, e.Said)
}

func (e *Error) Unwrap() error { return e.Err }

// ExitedWith reports whether git ended with an exit code and nothing to say.
func ExitedWith(err error, code int) bool {
	failed, ok := errors.AsType[*Error](err)
	exit, exited := errors.AsType[*exec.ExitError](err)
	return ok && exited && failed.Said == "" && exit.ExitCode() == code
}
