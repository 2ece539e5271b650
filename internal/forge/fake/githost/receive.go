package githost

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// receive is git's name for the service that pushes go to.
const receive = "git-receive-pack"

// serveReceive takes a push: by git first, and then into the model, before it is answered.
func (h *Host) serveReceive(w http.ResponseWriter, r *http.Request, repo *fake.Repo, dir string) {
	_, password, _ := r.BasicAuth()
	login, may := "", false
	if h.Pushes != nil {
		login, may = h.Pushes(password, repo)
	}
	if !may {
		http.Error(w, "403 Forbidden", http.StatusForbidden)
		return
	}
	held := &heldAnswer{header: http.Header{}, status: http.StatusOK}
	h.backend.ServeHTTP(held, r)
	if r.Method == http.MethodPost {
		if err := h.take(r.Context(), login, repo, dir); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	for name, values := range held.header {
		w.Header()[name] = values
	}
	w.WriteHeader(held.status)
	_, _ = w.Write(held.body.Bytes()) // who pushed may be gone
}

// take has the model be as the repository on disk is after a push.
func (h *Host) take(ctx context.Context, login string, repo *fake.Repo, dir string) error {
	program, err := gitcmd.Program()
	if err != nil {
		return err
	}
	git := gitcmd.Git{Program: program, GitDir: dir, Dir: dir}
	refs, err := git.Run(ctx, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/")
	if err != nil {
		return err
	}
	branches := map[string]string{}
	for line := range strings.Lines(string(refs)) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		branches[strings.TrimPrefix(name, "refs/heads/")] = id
	}
	all, err := git.Run(ctx, "cat-file", "--batch-all-objects", "--batch", "--unordered")
	if err != nil {
		return err
	}
	h.mu.Lock()
	objects, err := h.unknown(dir, all)
	h.mu.Unlock()
	if err == nil {
		err = repo.Receive(login, objects, branches)
	}
	if err != nil {
		return err
	}
	heads := filepath.Join(dir, "refs", "heads") // what is loose comes before what the model has
	if err := os.RemoveAll(heads); err != nil {
		return err
	}
	if err := os.Mkdir(heads, 0o700); err != nil {
		return err
	}
	return h.write(repo, dir)
}

// unknown reads a batch of objects, and returns those that are new.
func (h *Host) unknown(dir string, batch []byte) (out []fake.Raw, err error) {
	for len(batch) > 0 {
		head, rest, _ := bytes.Cut(batch, []byte("\n"))
		fields := strings.Fields(string(head))
		if len(fields) != 3 {
			return nil, fmt.Errorf("git cat-file prints %q", head)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size >= len(rest) {
			return nil, fmt.Errorf("git cat-file prints %q", head)
		}
		if id := fields[0]; !h.known[dir+id] {
			h.known[dir+id] = true
			out = append(out, fake.Raw{Kind: fields[1], ID: id, Body: rest[:size]})
		}
		batch = rest[size+1:]
	}
	return out, nil
}

// heldAnswer is an answer that is kept until the model has what was pushed.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *heldAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *heldAnswer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *heldAnswer) Write(data []byte) (int, error) { return a.body.Write(data) }
