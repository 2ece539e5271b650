// Package githost serves a forge in memory as git, by git's own server: what its API tells of
// and what clones of it have is one.
package githost

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
)

// Host serves the repositories of a forge in memory as git, at /OWNER/NAME.git, to whoever
// shows a credential.
type Host struct {
	// Allows reports whether a password opens the repositories; nil: any does. It is set
	// before the first request.
	Allows func(password string) bool
	// Pushes returns who pushes to a repository with a password, and whether they may; nil: nobody
	// may. It is set before the first request.
	Pushes func(password string, repo *fake.Repo) (login string, may bool)

	forge      *fake.Forge
	requestRef func(number int) string
	root       string
	backend    http.Handler

	mu    sync.Mutex
	known map[string]bool // ids of objects, by folder of the repository
}

// New serves a forge from an empty folder, in which its repositories are written as they are
// asked for. requestRef names the ref of a request's head. git must be installed.
func New(root string, forge *fake.Forge, requestRef func(number int) string) *Host {
	return &Host{forge: forge, requestRef: requestRef, root: root, backend: Backend(root), known: map[string]bool{}}
}

// Backend is git's own server for the repositories below a folder.
func Backend(root string) http.Handler {
	return &cgi.Handler{
		Path: "/bin/sh", Args: []string{"-c", "exec git http-backend"}, Dir: root, Stderr: io.Discard,
		Env: append(gitcmd.Environment(root), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1"),
	}
}

// Serves reports whether a request is one of git.
func (h *Host) Serves(r *http.Request) bool { return strings.Contains(r.URL.Path, ".git/") }

// ServeHTTP implements http.Handler.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	slug, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	owner, name, _ := strings.Cut(slug, "/")
	repo := h.forge.Repo(owner, name)
	if repo == nil || !h.opens(r) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	sum := sha256.Sum256([]byte(strings.ToLower(slug)))
	dir := hex.EncodeToString(sum[:8])
	if rest == "info/refs" { // with which each fetch begins
		if err := h.write(repo, filepath.Join(h.root, dir)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	r.URL.Path = "/" + dir + "/" + rest
	if rest == receive || r.URL.Query().Get("service") == receive {
		h.serveReceive(w, r, repo, filepath.Join(h.root, dir))
		return
	}
	h.backend.ServeHTTP(w, r)
}

// opens reports whether a request's credential opens repositories.
func (h *Host) opens(r *http.Request) bool {
	if h.Allows == nil {
		return r.Header.Get("Authorization") != ""
	}
	_, password, ok := r.BasicAuth()
	return ok && h.Allows(password)
}

// Before has a server answer requests of git by this host, and others by itself.
func (h *Host) Before(server http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Serves(r) {
			h.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(w, r)
	})
}

// write brings a repository on disk up to date.
func (h *Host) write(repo *fake.Repo, dir string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	objects, refs, err := repo.Export(func(id string) bool { return h.known[dir+id] }, h.requestRef)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, "refs", "heads"), 0o700),
			replace(filepath.Join(dir, "config"), serving)); err != nil {
			return err
		}
	}
	for _, o := range objects {
		if err := writeObject(dir, o); err != nil {
			return err
		}
		h.known[dir+o.ID] = true
	}
	var names strings.Builder
	for _, r := range refs {
		fmt.Fprintf(&names, "%s %s\n", r.ID, r.Ref)
	}
	return errors.Join(replace(filepath.Join(dir, "packed-refs"), names.String()),
		replace(filepath.Join(dir, "HEAD"), "ref: refs/heads/"+repo.DefaultBranch+"\n"))
}

// serving is the configuration of what is served.
const serving = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n" +
	"[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n"

// replace writes a file in one step: git may be reading it.
func replace(path, text string) error {
	if err := os.WriteFile(path+".next", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".next", path)
}

// writeObject writes a loose object.
func writeObject(dir string, o fake.Raw) error {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	fmt.Fprintf(z, "%s %d\x00", o.Kind, len(o.Body))
	if _, err := z.Write(o.Body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	folder := filepath.Join(dir, "objects", o.ID[:2])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, o.ID[2:]), packed.Bytes(), 0o600)
}
