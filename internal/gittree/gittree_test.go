package gittree

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// shelf holds trees and files by id.
type shelf struct {
	trees map[string][]Entry
	texts map[string]string
	read  int // trees that were read
}

func (s *shelf) reader() Reader {
	return Reader{
		Trees: func(ids []string) (map[string][]Entry, error) {
			out := map[string][]Entry{}
			for _, id := range ids {
				if entries, ok := s.trees[id]; ok {
					out[id] = entries
				}
			}
			s.read += len(out)
			return out, nil
		},
		Text: func(id string, most int) ([]byte, error) {
			if len(s.texts[id]) > most {
				return nil, pull.ErrTooLarge
			}
			return []byte(s.texts[id]), nil
		},
		Clean: func(base, ours, theirs, result string) (bool, error) { return result == base+ours+theirs, nil },
	}
}

// add stores the tree of some files, by path, and gives its id: equal trees have equal
// ones. A text that begins with "x" is of an executable, with "l" of a link.
func (s *shelf) add(files map[string]string) string {
	below := map[string]map[string]string{}
	var entries []Entry
	for path, id := range files {
		if dir, rest, ok := strings.Cut(path, "/"); ok {
			if below[dir] == nil {
				below[dir] = map[string]string{}
			}
			below[dir][rest] = id
			continue
		}
		mode := map[byte]pull.Mode{'x': pull.Executable, 'l': pull.Symlink}[id[0]]
		entries = append(entries, Entry{Name: path, Mode: cmp.Or(mode, pull.Regular), ID: id})
	}
	for dir, files := range below {
		entries = append(entries, Entry{Name: dir, Mode: pull.Directory, ID: s.add(files)})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	id := fmt.Sprint("tree of ", entries)
	s.trees[id] = entries
	return id
}

func newShelf() *shelf { return &shelf{trees: map[string][]Entry{}, texts: map[string]string{}} }

// some returns files in directories three deep; a path is never a file and a directory.
func some(r *rand.Rand) map[string]string {
	files := map[string]string{}
	for range r.IntN(12) {
		depth := r.IntN(3)
		path := strings.Repeat(fmt.Sprintf("d%d/", r.IntN(2)), depth) + fmt.Sprintf("f%d", r.IntN(3))
		files[path] = string("rxl"[r.IntN(3)]) + fmt.Sprint(r.IntN(2))
	}
	return files
}

// TestCompare holds comparisons against a list of all files, many at once and one by one.
func TestCompare(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's choice
	for range 500 {
		s, pairs, want := newShelf(), [][2]string{}, [][]string{}
		for range 1 + r.IntN(3) {
			a, b := some(r), some(r)
			var paths []string
			for path := range a {
				if a[path] != b[path] {
					paths = append(paths, path)
				}
			}
			for path := range b {
				if a[path] == "" {
					paths = append(paths, path)
				}
			}
			slices.Sort(paths)
			pairs, want = append(pairs, [2]string{s.add(a), s.add(b)}), append(want, paths)
		}
		got, err := s.reader().CompareMany(pairs)
		if err != nil {
			t.Fatal(err)
		}
		for i, changes := range got {
			var paths []string
			for _, c := range changes {
				paths = append(paths, c.Path)
				if c.A == c.B {
					t.Errorf("%s is the same on both sides", c.Path)
				}
			}
			if diff := gocmp.Diff(want[i], paths); diff != "" {
				t.Fatalf("%v (-want +got):\n%s", pairs[i], diff)
			}
		}
	}
}

// TestCompareReadsWhatDiffers holds that equal directories are not read.
func TestCompareReadsWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newShelf()
	files := map[string]string{"a/b/x": "r1", "a/c/x": "r1", "d/x": "r1"}
	a := s.add(files)
	files["a/b/x"] = "r2"
	changes, err := s.reader().Compare(a, s.add(files))
	if err != nil || len(changes) != 1 || s.read != 6 {
		t.Errorf("%v, %v: %d trees read, want those of two roots, a and a/b", changes, err, s.read)
	}
}

// TestContent holds what a change is called.
func TestContent(t *testing.T) {
	t.Parallel()
	r, x := Entry{"f", pull.Regular, "1"}, Entry{"f", pull.Executable, "1"}
	other := Entry{"f", pull.Regular, "2"}
	for want, c := range map[pull.FileStatus]Change{
		pull.Added: {B: r}, pull.Removed: {A: r}, pull.Changed: {A: r, B: x}, pull.Modified: {A: r, B: other},
	} {
		if got := c.Content(); got.Status != want || got.OldID != c.A.ID || got.ID != c.B.ID || got.OldMode != c.A.Mode || got.Mode != c.B.Mode {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// TestTreeLeftOut holds that a tree that is not given is an error, and not an empty one.
func TestTreeLeftOut(t *testing.T) {
	t.Parallel()
	if _, err := newShelf().reader().Compare("gone", ""); err == nil || !strings.Contains(err.Error(), "left out") {
		t.Errorf("%v", err)
	}
}

// TestUnexplained holds at which paths a merge is not that of its parents.
func TestUnexplained(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ base, ours, theirs, merged, want string }{
		"one side":              {"r1", "r1", "r2", "r2", ""},
		"the other side":        {"r1", "r2", "r1", "r2", ""},
		"both the same":         {"r1", "r2", "r2", "r2", ""},
		"neither":               {"r1", "r1", "r1", "r2", "d/f"},
		"not what one side has": {"r1", "r1", "r2", "r1", "d/f"},
		"a clean merge":         {"r1", "r2", "r3", "r1r2r3", ""},
		"no clean merge":        {"r1", "r2", "r3", "r4", "d/f"},
		"of a link":             {"l1", "l2", "l3", "l1l2l3", "d/f"},
		"taken away by one":     {"r1", "", "r1", "", ""},
		"kept in spite of it":   {"r1", "", "r1", "r1", "d/f"},
		"mode of one side":      {"r1", "x1", "r2", "x1x1r2", "d/f"},
	} {
		s := newShelf()
		tree := func(id string) string {
			files := map[string]string{"d/other": "r9"}
			if id != "" {
				files["d/f"] = id
			}
			return s.add(files)
		}
		got, err := s.reader().Unexplained(tree(tt.base), tree(tt.ours), tree(tt.theirs), tree(tt.merged))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, %v, want %q", name, got, err, tt.want)
		}
	}
}

// TestLongLinks holds that a symbolic link of more bytes than a path may have leads
// nowhere.
func TestLongLinks(t *testing.T) {
	t.Parallel()
	way := func(n int) string { return "d" + strings.Repeat("/", n-1) }
	s := &shelf{
		trees: map[string][]Entry{
			"tip": {{Name: "d", Mode: pull.Directory, ID: "d"}, {Name: "long", Mode: pull.Symlink, ID: "l"},
				{Name: "longer", Mode: pull.Symlink, ID: "m"}},
			"d": {{Name: "x", Mode: pull.Regular, ID: "x"}},
		},
		texts: map[string]string{"l": way(maxLink), "m": way(maxLink + 1)},
	}
	s.wantDirectories(t, []string{"long"}, "long", "longer")
}

// TestDirectories holds which names are directories.
func TestDirectories(t *testing.T) {
	t.Parallel()
	s := &shelf{
		trees: map[string][]Entry{
			"tip": {
				{Name: "sub", Mode: pull.Submodule, ID: "c"}, {Name: "d", Mode: pull.Directory, ID: "d"}, {Name: "f", Mode: pull.Regular, ID: "f"},
				{Name: "link", Mode: pull.Symlink, ID: "l"}, {Name: "lost", Mode: pull.Symlink, ID: "n"}, {Name: "out", Mode: pull.Symlink, ID: "o"},
			},
			"d": {{Name: "e", Mode: pull.Directory, ID: "e"}, {Name: "up", Mode: pull.Symlink, ID: "u"}},
			"e": {{Name: "x", Mode: pull.Regular, ID: "x"}},
		},
		texts: map[string]string{"l": "d/e", "n": "nowhere", "o": "../../etc", "u": "../d/e"},
	}
	s.wantDirectories(t, []string{"d", "d/e", "d/up", "link", "sub"}, "d", "d/e", "d/up", "f", "gone", "gone/x", "link", "lost", "out", "sub")
	lost := errors.New("lost")
	r := s.reader()
	r.Text = func(string, int) ([]byte, error) { return nil, lost }
	if _, err := r.Directories("tip", []string{"link"}); !errors.Is(err, lost) {
		t.Errorf("a link that can't be read: %v", err)
	}
}

func (s *shelf) wantDirectories(t *testing.T, want []string, names ...string) {
	t.Helper()
	got, err := s.reader().Directories("tip", names)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestIs holds lists to ids that git itself gives.
func TestIs(t *testing.T) {
	t.Parallel()
	const blob = "ce013625030ba8dba906f756967f9e9ca394464a" // hello
	file, dir := Object{"100644", "a.c", blob}, Object{"40000", "a", "0976950c1fdbcb52435a433913017bf044b3a58f"}
	const tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	for name, tt := range map[string]struct {
		id   string
		list []Object
		want bool
	}{
		"the empty tree": {tree, nil, true},
		"one of a file":  {"0976950c1fdbcb52435a433913017bf044b3a58f", []Object{{"100644", "a", blob}}, true},
		"another name":   {"0976950c1fdbcb52435a433913017bf044b3a58f", []Object{{"100644", "b", blob}}, false},
		"cut":            {"0976950c1fdbcb52435a433913017bf044b3a58f", nil, false},
		"no id":          {tree, []Object{{"100644", "a", "zz"}}, false},
		"a.c before a":   {"cfbbc9b898c4a7003d387764c07b30ccd8e6fbf5", []Object{dir, file}, true},
		"in order":       {"cfbbc9b898c4a7003d387764c07b30ccd8e6fbf5", []Object{file, dir}, true},
	} {
		if got := Is(tt.id, tt.list); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
