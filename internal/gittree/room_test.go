package gittree

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// bomb stores a tree that has the one below it ten times, and so on; at the bottom is a file.
// It returns the ids of two such trees that have other files.
func (s *shelf) bomb(depth int) (a, b string) {
	ids := [2]string{}
	for i := range ids {
		ids[i] = s.add(map[string]string{"f": fmt.Sprint("f", i)})
		for d := range depth {
			files := make([]Entry, 10)
			for k := range files {
				files[k] = Entry{Name: fmt.Sprint(k), Mode: pull.Directory, ID: ids[i]}
			}
			ids[i] = fmt.Sprintf("bomb %d of %d", d, i)
			s.trees[ids[i]] = files
		}
	}
	return ids[0], ids[1]
}

// chain stores directories in each other.
func (s *shelf) chain(name string, depth int, file string) string {
	return s.add(map[string]string{strings.Repeat(name+"/", depth) + "f": file})
}

// TestTooMany holds that a few trees that stand for any number of files, and paths that nobody
// can have, are an error soon, and that as much as anybody has is read.
func TestTooMany(t *testing.T) {
	t.Parallel()
	s := &shelf{trees: map[string][]Entry{}}
	a, b := s.bomb(20)
	few, more := s.bomb(4)
	for name, pair := range map[string][2]string{"a bomb": {a, b}, "a bomb that is new": {"", b},
		"deep": {s.chain("d", 101, "f1"), s.chain("d", 101, "f2")}, "long": {"", s.chain(strings.Repeat("n", 5000), 1, "f")}} {
		if list, err := s.reader().Compare(pair[0], pair[1]); !errors.Is(err, ErrTooMany) {
			t.Errorf("%s: %d files, %v", name, len(list), err)
		}
	}
	if list, err := s.reader().Compare(few, more); err != nil || len(list) != 10_000 {
		t.Errorf("many: %d files, %v", len(list), err)
	}
	if list, err := s.reader().Compare("", s.chain("d", 100, "f")); err != nil || len(list) != 1 {
		t.Errorf("rather deep: %d files, %v", len(list), err)
	}
	if list, err := s.reader().Unexplained("", a, a, b); !errors.Is(err, ErrTooMany) {
		t.Errorf("a merge that is a bomb: %d paths, %v", len(list), err)
	}
	if list, err := s.reader().Unexplained("", few, few, more); err != nil || len(list) != 10_000 {
		t.Errorf("a merge of many: %d paths, %v", len(list), err)
	}
}
