package gitcmd

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

const (
	// maxTree is the largest tree that is read, in bytes: one of a million files has some
	// 40 MB.
	maxTree = 48 << 20
	// maxCommit is the largest commit that is read, in bytes.
	maxCommit = 1 << 20
)

// maxKept is how many entries the trees have that are kept: some 130 MB.
const maxKept = 1_000_000

// Objects reads objects by id through one git process. It is safe for
// concurrent use.
type Objects struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	trees map[string][]gittree.Entry
	kept  int // entries that these have
}

// OpenObjects starts the process; it ends with Close, or with ctx.
func (g Git) OpenObjects(ctx context.Context) (*Objects, error) {
	o := &Objects{cmd: g.Command(ctx, "cat-file", "--batch"), trees: map[string][]gittree.Entry{}}
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

// Close ends the process.
func (o *Objects) Close() error {
	return errors.Join(o.in.Close(), o.cmd.Wait())
}

// ErrMissing means that the repository does not have an object.
var ErrMissing = errors.New("the repository does not have it; fetch it first")

// ErrBroken means that git could not read what the repository should have.
var ErrBroken = errors.New("git can't read the repository")

// MissingError is the ErrMissing of one object.
type MissingError struct{ ID string }

func (*MissingError) Error() string { return ErrMissing.Error() }

func (*MissingError) Unwrap() error { return ErrMissing }

// read returns an object's type and content. One of more bytes than most is
// pull.ErrTooLarge.
func (o *Objects) read(id string, most int) (kind string, data []byte, err error) {
	if !pull.IsID(id) {
		return "", nil, fmt.Errorf("object %q: want an object id", id)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	kind, data, err = o.ask(id, int64(most))
	if err == nil && pull.ObjectID(kind, data, len(id)) != id {
		err = fmt.Errorf("%w: it gives something else, by its own id; see git fsck", ErrBroken)
	}
	if err != nil {
		return "", nil, fmt.Errorf("read object %s: %w", id, err)
	}
	return kind, data, nil
}

// ask speaks the protocol of git-cat-file(1), "BATCH OUTPUT".
func (o *Objects) ask(id string, most int64) (kind string, data []byte, err error) {
	if _, err := io.WriteString(o.in, id+"\n"); err != nil {
		return "", nil, err
	}
	line, err := o.out.ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("%w: git cat-file ended: %w; if the clone is partial, fetch all of it first: git fetch --refetch --no-filter",
			ErrBroken, err)
	}
	fields := strings.Fields(line)
	if len(fields) != 3 || fields[0] != id {
		if len(fields) == 2 && fields[1] == "missing" {
			return "", nil, &MissingError{id}
		}
		return "", nil, fmt.Errorf("git answers %q", strings.TrimSpace(line))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", nil, fmt.Errorf("git answers %q", strings.TrimSpace(line))
	}
	if size > most {
		if _, err := io.CopyN(io.Discard, o.out, size+1); err != nil {
			return "", nil, err
		}
		return "", nil, fmt.Errorf("it has %d bytes, more than %d: %w", size, most, pull.ErrTooLarge)
	}
	data = make([]byte, size+1) // a newline follows
	if _, err = io.ReadFull(o.out, data); err != nil {
		return "", nil, fmt.Errorf("%w: git cat-file ended: %w", ErrBroken, err)
	}
	return fields[1], data[:size], nil
}

// Blob returns a file; one of more bytes than most is pull.ErrTooLarge, and not kept in
// memory.
func (o *Objects) Blob(id string, most int) ([]byte, error) {
	kind, data, err := o.read(id, most)
	if err == nil && kind != "blob" {
		err = fmt.Errorf("object %s is a %s, not a file", id, kind)
	}
	return data, err
}

// Commit returns a commit. One of more bytes than people write is pull.ErrTooLarge.
func (o *Objects) Commit(id string) (Commit, error) {
	kind, data, err := o.read(id, maxCommit)
	if err != nil {
		return Commit{}, err
	}
	if kind != "commit" {
		return Commit{}, fmt.Errorf("object %s is a %s, not a commit", id, kind)
	}
	return parseCommit(id, data), nil
}

// Tree returns the entries of a tree, or of a commit's root. Trees are kept.
func (o *Objects) Tree(id string) ([]gittree.Entry, error) {
	o.mu.Lock()
	entries, ok := o.trees[id]
	o.mu.Unlock()
	if ok {
		return entries, nil
	}
	kind, data, err := o.read(id, maxTree)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "commit":
		entries, err = o.Tree(treeOf(data))
	case "tree":
		entries, err = parseTree(data, len(id)/2)
	default:
		err = errors.New("it is a " + kind)
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	o.keep(id, entries)
	return entries, nil
}

// keep keeps a tree; where all have too many entries, the others are forgotten.
func (o *Objects) keep(id string, entries []gittree.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kept += len(entries); o.kept > maxKept {
		clear(o.trees)
		o.kept = len(entries)
	}
	o.trees[id] = entries
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
		e := gittree.Entry{Name: string(name), Mode: modeOf(bits), ID: fmt.Sprintf("%x", rest[:idSize])}
		if e.Mode == "" || bytes.ContainsRune(name, '/') || len(out) > 0 && !before(out[len(out)-1], e) {
			return nil, fmt.Errorf("its entry %q has no place there; see git fsck", e.Name)
		}
		out = append(out, e)
		data = rest[idSize:]
	}
	names := make(map[string]bool, len(out))
	for _, e := range out { // a file and a directory of one name need not stand beside each other
		if names[e.Name] {
			return nil, fmt.Errorf("it has two entries %q; see git fsck", e.Name)
		}
		names[e.Name] = true
	}
	return out, nil
}

// before reports whether one entry stands before another one in git's order: a directory as
// if its name ended in a slash.
func before(a, b gittree.Entry) bool {
	full := func(e gittree.Entry) string {
		if e.Mode == pull.Directory {
			return e.Name + "/"
		}
		return e.Name
	}
	return full(a) < full(b)
}

// modeOf returns the mode that git shows for the bits in a tree: old trees have
// more kinds of regular files. It is empty for bits that git takes for something else.
func modeOf(bits uint64) pull.Mode {
	switch bits & 0o170000 {
	case 0o040000:
		return pull.Directory
	case 0o120000:
		return pull.Symlink
	case 0o160000:
		return pull.Submodule
	case 0o100000:
	default:
		return ""
	}
	if bits&0o100 != 0 {
		return pull.Executable
	}
	return pull.Regular
}

// Find looks a path up below a tree or a commit; the zero entry means that it
// has none.
func (o *Objects) Find(id, path string) (gittree.Entry, error) {
	for {
		name, rest, deeper := strings.Cut(path, "/")
		entries, err := o.Tree(id)
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
