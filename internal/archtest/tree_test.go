package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/reviewgate/reviewgate"

// source is one Go file of the tree.
type source struct {
	dir     string // of its package, from the root, with slashes
	path    string
	test    bool // a _test.go file
	fset    *token.FileSet
	ast     *ast.File
	text    string
	lines   int
	imports []string
}

// at returns "file:line" of a node.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// root finds the directory of go.mod above the test.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// tree returns every Go file as the go command would find it: nothing below
// testdata or names that start with a dot or an underscore. All tests share it, and
// change nothing in it.
func tree(t *testing.T) []*source {
	t.Helper()
	parsed.Do(func() { parsed.sources, parsed.err = parseAll(root(t)) })
	if parsed.err != nil {
		t.Fatal(parsed.err)
	}
	return slices.Clone(parsed.sources)
}

var parsed struct {
	sync.Once
	sources []*source
	err     error
}

func parseAll(top string) ([]*source, error) {
	var sources []*source
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		hidden := strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
		if d.IsDir() {
			if name != top && (hidden || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if hidden || filepath.Ext(base) != ".go" {
			return nil
		}
		s, err := parse(top, name)
		sources = append(sources, s)
		return err
	})
	if err == nil && len(sources) < 50 {
		err = fmt.Errorf("only %d files found below %s", len(sources), top)
	}
	return sources, err
}

func parse(top, name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(top, name)
	if err != nil {
		return nil, err
	}
	rel = filepath.ToSlash(rel)
	s := &source{
		dir: path.Dir(rel), path: rel, test: strings.HasSuffix(rel, "_test.go"),
		fset: token.NewFileSet(), text: string(text), lines: strings.Count(string(text), "\n"),
	}
	if s.ast, err = parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	for _, spec := range s.ast.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

// below reports whether an import path is another or lies below it.
func below(imported, parent string) bool {
	rest, ok := strings.CutPrefix(imported, parent)
	return ok && (rest == "" || rest[0] == '/')
}

// isTestHelp reports whether a directory is a package for tests.
func isTestHelp(dir string) bool { return strings.HasSuffix(dir, "test") }
