package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Files implements seam.Source but for seam.Source.Sides: the list has both sides of each
// file and SameTree already, and what an id names does not move. Where there are several
// merge bases it is the list against one of them, and Capped.
func (m *Mirror) Files(ctx context.Context, look seam.Look) (c seam.Change, err error) {
	req := &look.Request
	if req.BaseTip == "" {
		return c, fmt.Errorf("list the files of %s: the base branch is gone; retarget the pull request", req.Ref)
	}
	err = m.with(ctx, req.Ref.Repo, func(s *session) error {
		if err := s.arrive(ctx, req); err != nil {
			return err
		}
		bases, err := s.git.MergeBases(ctx, req.BaseTip, req.Head)
		if err != nil {
			return err
		}
		if len(bases) == 0 {
			return errors.New("head and base branch have no history in common")
		}
		c.MergeBase, c.Capped = bases[0], len(bases) > 1
		contents, same, err := s.changes(ctx, bases[0], req.Head)
		if tooMany(err) {
			c.Incomplete, err = err.Error(), nil
		}
		c.SameTree, c.Files = same, make([]pull.File, len(contents))
		for i := range contents {
			c.Files[i].Content = contents[i]
		}
		return err
	})
	if errors.Is(err, pull.ErrNotFound) { // the pull request itself is there, so the server is behind
		return c, fmt.Errorf("list the files of %s: %v", req.Ref, err) //nolint:errorlint // not its kind
	}
	if err != nil {
		return c, fmt.Errorf("list the files of %s: %w", req.Ref, err)
	}
	return c, nil
}

// HeadAt implements seam.Archive. A commit that the server no longer gives, or that has not
// one merge base with the base, is a head that is not Complete. As by a forge's API, its
// Commits are not read.
func (m *Mirror) HeadAt(ctx context.Context, look seam.Look, commit string) (h pull.Head, err error) {
	h = pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch}
	ref := look.Request.Ref
	err = m.with(ctx, ref.Repo, func(s *session) error {
		err := s.commits(ctx, commit, look.Request.BaseTip)
		if errors.Is(err, errNotServed) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.keep(ctx, ref.Number, commit); err != nil {
			return err
		}
		bases, err := s.git.MergeBases(ctx, look.Request.BaseTip, commit)
		if err != nil || len(bases) != 1 {
			return err
		}
		h.MergeBase = bases[0]
		h.Files, _, err = s.changes(ctx, h.MergeBase, commit)
		h.Complete = err == nil
		if tooMany(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return h, fmt.Errorf("read what %s changed in %s: %w", commit, ref, err)
	}
	return h, nil
}

// arrive brings base and head of a request: by name, as every server gives them so, and by
// id what these names no longer lead to. The head is kept.
func (s *session) arrive(ctx context.Context, req *pull.Request) error {
	missing, err := s.git.Missing(ctx, []string{req.BaseTip, req.Head})
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		err := s.locked(ctx, func(ctx context.Context) error { return s.fetch(ctx, s.git, s.repo, wants{specs: s.names(req)}) })
		if err != nil && !errors.Is(err, errNotServed) {
			return err
		}
		if err := s.commits(ctx, req.BaseTip, req.Head); err != nil {
			return err
		}
	}
	return s.keep(ctx, req.Ref.Number, req.Head)
}

// names are the refspecs of a request's base branch and head. Branches get names of ours, so
// that one "a" and later one "a/b" do not get into each other's way.
func (s *session) names(req *pull.Request) []string {
	var specs []string
	if isBranch(req.BaseBranch) {
		sum := sha256.Sum256([]byte(req.BaseBranch))
		specs = append(specs, "+refs/heads/"+req.BaseBranch+":refs/reviewgate/heads/"+hex.EncodeToString(sum[:16]))
	}
	if s.cfg.RequestRef != nil {
		specs = append(specs, "+"+s.cfg.RequestRef(req.Ref.Number)+":"+kept(req.Ref.Number, "head"))
	}
	return specs
}

// isBranch reports whether a name is one that a refspec takes as it is (git-check-ref-format(1)).
func isBranch(name string) bool {
	return name != "" && !strings.ContainsAny(name, " ~^:?*[\\\x7f") && !strings.Contains(name, "..") && !strings.Contains(name, "@{") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
}

// pulls are our refs of the heads of pull requests.
const pulls = "refs/reviewgate/pulls/"

func kept(number int, name string) string { return pulls + strconv.Itoa(number) + "/" + name }

// keep gives a head that is judged, or that was reviewed, a ref of ours: so it stays
// although its branch moves on.
func (s *session) keep(ctx context.Context, number int, head string) error {
	ref := kept(number, head)
	if _, err := s.git.Run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref); !gitcmd.ExitedWith(err, 1) {
		return err
	}
	return s.locked(ctx, func(ctx context.Context) error {
		_, err := s.git.Run(ctx, "update-ref", "--end-of-options", ref, head)
		return err
	})
}

// maxFiles is how many files of one change are listed: with a page of text each that is
// what is kept of a head, 30 MB.
const maxFiles = 100_000

// maxTrees is how many directories of one change are looked into.
const maxTrees = 200_000

// errTooManyFiles means that a change has more files than are listed.
var errTooManyFiles = fmt.Errorf("more than the %d files that are listed are changed: %w", maxFiles, pull.ErrTooLarge)

// tooMany reports whether a change is not listed for what it has of files.
func tooMany(err error) bool {
	return errors.Is(err, errTooManyFiles) || errors.Is(err, gittree.ErrTooMany)
}

// changes lists what differs between two commits, with renames, and reports whether they
// have one tree. What git has to read for it is fetched before, all at once.
func (s *session) changes(ctx context.Context, from, to string) (contents []pull.Content, same bool, err error) {
	list, err := s.compare(ctx, from, to)
	if err != nil || from == to || s.sameTree(from, to) {
		return nil, err == nil, err
	}
	how, err := s.renames(ctx, list)
	if err != nil {
		return nil, false, err
	}
	contents, err = s.git.Changes(ctx, from, to, how)
	if err == nil {
		err = agree(contents, list)
	}
	return contents, false, err
}

// agree fails unless git lists the files that the trees have: both read what strangers wrote,
// by rules of their own.
func agree(contents []pull.Content, list []gittree.Change) error {
	left := make(map[string]bool, len(list))
	for _, c := range list {
		left[c.Path] = true
	}
	for i := range contents {
		for _, p := range contents[i].Paths() {
			if !left[p] {
				return fmt.Errorf("git lists %q, which the trees do not have; look at the commits with git fsck", p)
			}
			delete(left, p)
		}
	}
	for _, c := range list {
		if left[c.Path] {
			return fmt.Errorf("git does not list %q, which the trees have; look at the commits with git fsck", c.Path)
		}
	}
	return nil
}

// sameTree reports whether two commits have one tree. An empty directory is a difference
// although no file is; so are bits of a mode that say nothing.
func (s *session) sameTree(from, to string) bool {
	a, err := s.objects.Commit(from)
	b, errB := s.objects.Commit(to)
	return err == nil && errB == nil && a.Tree == b.Tree
}

// compare lists what differs between two commits by their trees.
func (s *session) compare(ctx context.Context, from, to string) ([]gittree.Change, error) {
	read := 0
	trees := gittree.Reader{AtOnce: maxWants, Trees: func(ids []string) (map[string][]gittree.Entry, error) {
		if read += len(ids); read > maxTrees {
			return nil, errTooManyFiles
		}
		return s.read(ctx, ids)
	}}
	list, err := trees.Compare(from, to)
	if err == nil && len(list) > maxFiles {
		err = errTooManyFiles
	}
	return list, err
}

// maxPatched is of how many files a patch shows the text: each takes two files to be fetched.
const maxPatched = 300

// Patch implements seam.Patches. One of files that are too large for it is pull.ErrTooLarge.
func (m *Mirror) Patch(ctx context.Context, look seam.Look, most int) (text []byte, err error) {
	req := &look.Request
	err = m.with(ctx, req.Ref.Repo, func(s *session) error {
		if err := s.arrive(ctx, req); err != nil {
			return err
		}
		bases, err := s.git.MergeBases(ctx, req.BaseTip, req.Head)
		if err != nil || len(bases) == 0 {
			return err
		}
		list, err := s.compare(ctx, bases[0], req.Head)
		if err != nil || len(list) == 0 {
			return err
		}
		how := gitcmd.SomeRenames
		if len(list) > maxPatched {
			how, list = gitcmd.NoRenames, list[:maxPatched]
		}
		var ids, paths []string
		for _, c := range list {
			paths = append(paths, c.Path)
			for _, e := range []gittree.Entry{c.A, c.B} {
				if e.ID != "" && e.Mode != pull.Submodule {
					ids = append(ids, e.ID)
				}
			}
		}
		if err := s.fetchAside(ctx, ids, s.aside()); err != nil {
			return err
		}
		text, err = s.git.Patch(ctx, bases[0], req.Head, how, paths, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the patch of %s: %w", req.Ref, err)
	}
	return text, nil
}

// maxRenames is up to how many files on each side git compares their texts to find renames
// (diff.renameLimit, which GitHub has, too).
const maxRenames = 1000

// maxCompared is up to how many bytes files have together whose texts are compared, or shown:
// git holds them in memory.
const maxCompared = 128 << 20

// file is a file as git pairs those that moved as they are: a link is none of a regular one.
type file struct {
	id   string
	link bool
}

func fileOf(e gittree.Entry) file { return file{e.ID, e.Mode == pull.Symlink} }

// renames tells how renames are to be looked for, and brings the files that git reads for
// it: those that are only on one side, less those that moved as they are. Where these are
// too large, a file that moved and changed is one that goes and one that comes.
func (s *session) renames(ctx context.Context, list []gittree.Change) (gitcmd.Renames, error) {
	gone, come := map[file]int{}, map[file]int{}
	for _, c := range list {
		switch {
		case c.B.ID == "" && c.A.Mode != pull.Submodule:
			gone[fileOf(c.A)]++
		case c.A.ID == "" && c.B.Mode != pull.Submodule:
			come[fileOf(c.B)]++
		}
	}
	var ids []string
	left := func(of, other map[file]int) (n int) {
		for _, c := range list { // in order
			for _, e := range []gittree.Entry{c.A, c.B} {
				f := fileOf(e)
				if more := of[f] - other[f]; more > 0 {
					n, ids = n+more, append(ids, f.id)
					of[f] = other[f]
				}
			}
		}
		return n
	}
	a, b := left(gone, come), left(come, gone)
	if a == 0 || b == 0 || a*b > maxRenames*maxRenames {
		return gitcmd.ExactRenames, nil
	}
	most := s.aside()
	if err := s.fetchAside(ctx, ids, most); err != nil {
		if errors.Is(err, errTooMuch) {
			return gitcmd.ExactRenames, nil
		}
		return nil, err
	}
	size, err := s.git.Size(ctx, ids)
	if size > most.bytes {
		return gitcmd.ExactRenames, err
	}
	return gitcmd.SomeRenames, err
}
