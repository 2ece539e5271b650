package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxObject is the largest object that is read, in bytes.
const maxObject = 100 << 20

// objects reads objects by id through one git process. It is safe for
// concurrent use.
type objects struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	trees map[string][]gittree.Entry
}

// openObjects starts the process; it ends with close, or with ctx.
func openObjects(ctx context.Context, g git) (*objects, error) {
	o := &objects{cmd: g.command(ctx, "cat-file", "--batch"), trees: map[string][]gittree.Entry{}}
	in, err := o.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.in, o.out = in, bufio.NewReader(out)
	return o, o.cmd.Start()
}

func (o *objects) close() error {
	return errors.Join(o.in.Close(), o.cmd.Wait())
}

// errMissing means that the repository does not have an object.
var errMissing = errors.New("the repository does not have it; fetch it first")

// read returns an object's type and content.
func (o *objects) read(id string) (kind string, data []byte, err error) {
	if !isID(id) {
		return "", nil, fmt.Errorf("object %q: want an object id", id)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	kind, data, err = o.ask(id)
	if err != nil {
		return "", nil, fmt.Errorf("read object %s: %w", id, err)
	}
	return kind, data, nil
}

// ask speaks the protocol of git-cat-file(1), "BATCH OUTPUT".
func (o *objects) ask(id string) (kind string, data []byte, err error) {
	if _, err := io.WriteString(o.in, id+"\n"); err != nil {
		return "", nil, err
	}
	line, err := o.out.ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("git cat-file ended: %w; if the clone is partial, fetch all of it first: git fetch --refetch --no-filter", err)
	}
	fields := strings.Fields(line)
	if len(fields) != 3 || fields[0] != id {
		if len(fields) == 2 && fields[1] == "missing" {
			return "", nil, errMissing
		}
		return "", nil, fmt.Errorf("git answers %q", strings.TrimSpace(line))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", nil, fmt.Errorf("git answers %q", strings.TrimSpace(line))
	}
	if size > maxObject {
		if _, err := io.CopyN(io.Discard, o.out, size+1); err != nil {
			return "", nil, err
		}
		return "", nil, fmt.Errorf("it has %d bytes, more than %d", size, int64(maxObject))
	}
	data = make([]byte, size+1) // a newline follows
	_, err = io.ReadFull(o.out, data)
	return fields[1], data[:size], err
}

// isID reports whether a text is a whole object id, of SHA-1 or SHA-256.
func isID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

func (o *objects) blob(id string) ([]byte, error) {
	kind, data, err := o.read(id)
	if err == nil && kind != "blob" {
		err = fmt.Errorf("object %s is a %s, not a file", id, kind)
	}
	return data, err
}

func (o *objects) commit(id string) (commit, error) {
	kind, data, err := o.read(id)
	if err != nil {
		return commit{}, err
	}
	if kind != "commit" {
		return commit{}, fmt.Errorf("object %s is a %s, not a commit", id, kind)
	}
	return parseCommit(id, data), nil
}

// tree returns the entries of a tree, or of a commit's root. Trees are kept.
func (o *objects) tree(id string) ([]gittree.Entry, error) {
	o.mu.Lock()
	entries, ok := o.trees[id]
	o.mu.Unlock()
	if ok {
		return entries, nil
	}
	kind, data, err := o.read(id)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "commit":
		entries, err = o.tree(parseCommit(id, data).tree)
	case "tree":
		entries, err = parseTree(data, len(id)/2)
	default:
		err = errors.New("it is a " + kind)
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	o.mu.Lock()
	o.trees[id] = entries
	o.mu.Unlock()
	return entries, nil
}

// parseTree reads a tree object: octal mode, space, name, NUL and the id in
// binary for each entry.
func parseTree(data []byte, idSize int) ([]gittree.Entry, error) {
	var out []gittree.Entry
	for len(data) > 0 {
		mode, rest, ok := bytes.Cut(data, []byte(" "))
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		bits, err := strconv.ParseUint(string(mode), 8, 32)
		if !ok || !ok2 || err != nil || len(name) == 0 || len(rest) < idSize {
			return nil, errors.New("it is malformed; see git fsck")
		}
		out = append(out, gittree.Entry{Name: string(name), Mode: modeOf(bits), ID: fmt.Sprintf("%x", rest[:idSize])})
		data = rest[idSize:]
	}
	return out, nil
}

// modeOf returns the mode that git shows for the bits in a tree: old trees have
// more kinds of regular files.
func modeOf(bits uint64) pull.Mode {
	switch bits & 0o170000 {
	case 0o040000:
		return pull.Directory
	case 0o120000:
		return pull.Symlink
	case 0o160000:
		return pull.Submodule
	}
	if bits&0o100 != 0 {
		return pull.Executable
	}
	return pull.Regular
}

// find looks a path up below a tree or a commit; the zero entry means that it
// has none.
func (o *objects) find(id, path string) (gittree.Entry, error) {
	for {
		name, rest, deeper := strings.Cut(path, "/")
		entries, err := o.tree(id)
		if err != nil {
			return gittree.Entry{}, err
		}
		var found gittree.Entry
		for _, e := range entries {
			if e.Name == name {
				found = e
			}
		}
		if !deeper || found.Mode != pull.Directory {
			if deeper {
				return gittree.Entry{}, nil
			}
			return found, nil
		}
		id, path = found.ID, rest
	}
}
