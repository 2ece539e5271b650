package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// version is the server that is built; tool/go.mod pins it.
const version = "1.26.0"

// password is everybody's.
const password = "password"

// server is a Gitea on this machine.
type server struct {
	url   string // http://127.0.0.1:PORT
	dir   string
	http  *http.Client
	kept  map[string]bool // accounts that are as a story's cast has them
	ready atomic.Int64    // by when it has begun to deal with the last act, in nanoseconds
}

// servers are all that run, and those that no test has at the moment.
var servers struct {
	sync.Mutex
	free  []*server
	stops []func()
}

// TestMain ends the servers after all tests. What they and the tests write stays in memory,
// where the machine offers that: each commit of a database waits for a disk otherwise.
func TestMain(m *testing.M) {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", memory)
	}
	code := m.Run()
	for _, stop := range servers.stops {
		stop()
	}
	os.Exit(code)
}

// needServers skips a test where nobody asked for a real Gitea.
func needServers(t *testing.T) {
	t.Helper()
	if os.Getenv("REVIEWGATE_GITEA") != "1" {
		t.Skip("a real Gitea is built and started with REVIEWGATE_GITEA=1 only")
	}
}

// aServer gives a test a server until it ends: one of those that others had, or a new one.
func aServer(t *testing.T) *server {
	t.Helper()
	needServers(t)
	servers.Lock()
	defer servers.Unlock()
	if len(servers.free) == 0 {
		s, err := start()
		check(t, err)
		servers.free = append(servers.free, s)
	}
	s := servers.free[0]
	servers.free = servers.free[1:]
	t.Cleanup(func() {
		servers.Lock()
		defer servers.Unlock()
		servers.free = append(servers.free, s)
	})
	return s
}

// build makes the server's program, unless it is there.
func build() (string, error) {
	if program := os.Getenv("REVIEWGATE_GITEA_PROGRAM"); program != "" {
		return program, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, "reviewgate", "gitea-"+version)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.Command("go", "build", "-p", "2", "-tags", "sqlite sqlite_unlock_notify",
		"-ldflags", "-s -w -X main.Version="+version, "-o", program, "code.gitea.io/gitea")
	cmd.Dir = "tool"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Gitea %s: %w: %s", version, err, out)
	}
	return program, nil
}

// assets is the server's own module, which has its texts and templates.
func assets() (string, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea")
	cmd.Dir = "tool"
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// configuration is app.ini: on the loopback only, with nothing that asks anybody else.
const configuration = `APP_NAME = double
RUN_USER = %[1]s
RUN_MODE = prod
WORK_PATH = %[2]s
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[3]d
ROOT_URL = http://127.0.0.1:%[3]d/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = %[4]s
[database]
DB_TYPE = sqlite3
PATH = %[2]s/gitea.db
SQLITE_JOURNAL_MODE = WAL
[repository]
ROOT = %[2]s/repos
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = loopback-only
INTERNAL_TOKEN = %[5]s
PASSWORD_COMPLEXITY = off
MIN_PASSWORD_LENGTH = 6
PASSWORD_HASH_ALGO = pbkdf2$1$50
[oauth2]
JWT_SECRET = %[6]s
[service]
DISABLE_REGISTRATION = true
ENABLE_NOTIFY_MAIL = false
[mailer]
ENABLED = false
[webhook]
ALLOWED_HOST_LIST = loopback
DELIVER_TIMEOUT = 5
[indexer]
ISSUE_INDEXER_TYPE = db
REPO_INDEXER_ENABLED = false
[actions]
ENABLED = false
[cron]
ENABLED = false
[log]
LEVEL = Warn
ROOT_PATH = %[2]s/log
MODE = file
[session]
PROVIDER = memory
[queue]
TYPE = channel
`

func start() (*server, error) {
	program, err := build()
	if err != nil {
		return nil, err
	}
	static, err := assets()
	if err != nil {
		return nil, fmt.Errorf("find Gitea's module: %w", err)
	}
	dir, err := os.MkdirTemp("", "gitea")
	if err != nil {
		return nil, err
	}
	run := func(args ...string) (string, error) {
		cmd := exec.Command(program, args...) //nolint:gosec // the server that was built
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("gitea %s: %w: %s", args[0], err, out)
		}
		return strings.TrimSpace(string(out)), nil
	}
	internal, err := run("generate", "secret", "INTERNAL_TOKEN")
	if err != nil {
		return nil, err
	}
	jwt, err := run("generate", "secret", "JWT_SECRET")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	user := os.Getenv("USER")
	if os.Getuid() == 0 {
		user = "root"
	}
	ini := filepath.Join(dir, "app.ini")
	if err := os.WriteFile(ini, fmt.Appendf(nil, configuration, user, dir, port, static, internal, jwt), 0o600); err != nil {
		return nil, err
	}
	if _, err := run("-c", ini, "migrate"); err != nil {
		return nil, err
	}
	if _, err := run("-c", ini, "admin", "user", "create", "--admin", "--username", "root", "--password", password,
		"--email", "root@example.org", "--must-change-password=false"); err != nil {
		return nil, err
	}
	web := exec.Command(program, "-c", ini, "web") //nolint:gosec // likewise
	web.Dir = dir
	if err := web.Start(); err != nil {
		return nil, err
	}
	servers.stops = append(servers.stops, func() {
		_ = web.Process.Kill()
		_ = web.Wait()
		_ = os.RemoveAll(dir)
	})
	s := &server{url: fmt.Sprintf("http://127.0.0.1:%d", port), dir: dir, http: &http.Client{Timeout: 30 * time.Second},
		kept: map[string]bool{}}
	return s, s.wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// wait waits until the server answers.
func (s *server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := s.as("root").get("version", nil); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("the server does not answer within a minute; see its log in " + s.dir)
		}
	}
}

// How long a server may take from an act, or a push, to the first trace of what it does about
// it later: it gathers work for a tenth of a second each time.
const (
	putOff     = 250 * time.Millisecond
	pushPutOff = 600 * time.Millisecond
)

// act notes that somebody did something.
func (s *server) act(takes time.Duration) { s.ready.Store(time.Now().Add(takes).UnixNano()) }

// thinks reports whether the server may not have begun to deal with the last act.
func (s *server) thinks() bool { return time.Now().UnixNano() < s.ready.Load() }

// caller calls the API as one account.
type caller struct {
	*server
	login string
}

func (s *server) as(login string) caller { return caller{s, login} }

func (c caller) get(path string, out any) error { return c.call(http.MethodGet, path, nil, out) }

func (c caller) post(path string, body, out any) error {
	return c.call(http.MethodPost, path, body, out)
}

// apiError is an answer that is no success.
type apiError struct {
	status int
	text   string
}

func (e *apiError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.status, e.text) }

// statusOf returns the status of an answer that is no success; 0 for anything else.
func statusOf(err error) int {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.status
	}
	return 0
}

// call does something as the account.
func (c caller) call(method, path string, body, out any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(method, c.url+"/api/v1/"+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.SetBasicAuth(c.login, password)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if method != http.MethodGet {
		c.act(putOff)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s as %s: %w", method, path, c.login, &apiError{res.StatusCode, string(answer)})
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, out)
}
