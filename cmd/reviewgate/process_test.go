package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts this binary on the PATH as reviewgate; under that name it runs
// main.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"reviewgate": main})
}

// process is a service in a process of its own, on a world's database.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	log    *logBuffer
	public string // address of the webhooks and probes
	admin  string // address of the metrics
	exited chan struct{}
	err    error // how it exited
}

// configure writes the service's configuration and its secrets to a directory
// and gives the configuration's path.
func (w *world) configure(dir string) string {
	w.t.Helper()
	key, err := w.AppKey()
	check0(w.t, err)
	file := filepath.Join(dir, "reviewgate.yml")
	check0(w.t, os.WriteFile(filepath.Join(dir, "app.pem"), key, 0o600),
		os.WriteFile(filepath.Join(dir, "secret"), []byte(testSecret+"\n"), 0o600),
		os.WriteFile(file, fmt.Appendf(nil, `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
%sdatabase: %s
forges:
  - name: github
    kind: github
    api_url: %s
    writes_per_minute: %d
    app: {id: 1, private_key_file: %s}
    webhook_secret_file: %s
`, w.keys, or(w.database, "sqlite:"+filepath.Join(dir, "gate.db")), w.server.URL, cmp.Or(w.writes, 100000), filepath.Join(dir, "app.pem"),
			filepath.Join(dir, "secret")), 0o600))
	return file
}

// spawn starts a program as the service and returns once it listens.
func (w *world) spawn(program string) *process {
	w.t.Helper()
	p := &process{t: w.t, log: &logBuffer{}, exited: make(chan struct{})}
	p.cmd = exec.Command(program, "serve", "--config", w.configure(w.dir)) //nolint:gosec // our own binary
	w.log = p.log
	p.begin()
	w.until("the process listens", p.listens)
	return p
}

// begin starts the process, which is killed when its test ends.
func (p *process) begin() {
	p.t.Helper()
	p.cmd.Stderr = p.log
	check0(p.t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	p.t.Cleanup(p.kill)
}

// listens reports whether the process does, and learns where.
func (p *process) listens() bool {
	if p.dead() {
		p.t.Fatalf("the process ended: %v\n%s", p.err, p.log)
	}
	for _, line := range p.log.lines("serving") {
		p.public, _ = line["listen"].(string)
		p.admin, _ = line["admin_listen"].(string)
	}
	return p.public != ""
}

// kill ends the process without a warning and returns when it is gone.
func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("kill: %v", err)
	}
	<-p.exited
}

func (p *process) terminate() error { return p.cmd.Process.Signal(syscall.SIGTERM) }

func (p *process) dead() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// idle tells whether the process has no work left, apart from a sweep that a
// test has refused and that is tried again.
func (p *process) idle() bool {
	status, body := get(p.t, "http://"+p.admin+"/metrics")
	return status == http.StatusOK && strings.Contains(body, "reviewgate_queue"+"_size") && !busy.MatchString(body)
}

var busy = regexp.MustCompile("reviewgate_queue" + `_size\{state="((waiting|running)"\} [^0]|retrying"\} [^01])`)

// get reads an address; the status is 0 if nobody answers.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	check0(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(body)
}

// delivery is a webhook of a test's own.
type delivery struct {
	kind, id string
	body     []byte
	sign     string // the secret that signs it
}

// pullDelivery is a signed event of a pull request of acme/linux.
func pullDelivery(id string, number int) delivery {
	body := fmt.Appendf(nil, `{"action":"synchronize","number":%d,"repository":{"name":"linux","full_name":"acme/linux","default_branch":"main"}}`, number)
	return delivery{"pull_request", id, body, testSecret}
}

// post delivers a webhook and gives the status of the answer, 0 if there was
// none.
func (d delivery) post(t testing.TB, address string) int {
	t.Helper()
	return d.postBy(t, http.DefaultClient, address)
}

func (d delivery) postBy(t testing.TB, client *http.Client, address string) int {
	t.Helper()
	return d.postTo(t, client, address, "github")
}

// postTo is post for another forge.
func (d delivery) postTo(t testing.TB, client *http.Client, address, forge string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+address+"/webhooks/"+forge,
		bytes.NewReader(d.body))
	check0(t, err)
	req.Header.Set("X-Hub-Signature-256", signedBy(d.sign, d.body))
	req.Header.Set("X-GitHub-Event", d.kind)
	req.Header.Set("X-GitHub-Delivery", d.id)
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

// signedBy is the signature that a forge sends with a body.
func signedBy(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body) // never fails
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// postAll delivers webhooks at once and fails the test if one is not accepted.
func postAll(t testing.TB, address string, all []delivery) {
	t.Helper()
	var wg sync.WaitGroup
	for _, d := range all {
		wg.Go(func() {
			if status := d.post(t, address); status != http.StatusAccepted {
				t.Errorf("delivery %s: status %d", d.id, status)
			}
		})
	}
	wg.Wait()
}

// lines gives the log's lines with a message, decoded.
func (l *logBuffer) lines(message string) []map[string]any {
	var out []map[string]any
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message {
			out = append(out, line)
		}
	}
	return out
}
