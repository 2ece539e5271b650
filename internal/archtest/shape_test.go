package archtest

import (
	"bufio"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSizes holds files, functions and interfaces to their bounds. A package
// for tests may ask for the whole of what it tests in one interface.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, s := range tree(t) {
		if s.lines > maxFile && excepted[s.path] == "" {
			t.Errorf("%s: %d lines, more than %d; split it by topic", s.path, s.lines, maxFile)
		}
		if s.test {
			continue
		}
		for n := range ast.Preorder(s.ast) {
			switch n := n.(type) {
			case *ast.FuncDecl:
				lines := s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
				if lines > maxFunction && excepted[s.dir+"."+n.Name.Name] == "" {
					t.Errorf("%s: %s has %d lines, more than %d", s.at(n), n.Name.Name, lines, maxFunction)
				}
				if n.Recv == nil && n.Name.Name == "init" && excepted[s.dir+".init"] == "" {
					t.Errorf("%s: no init functions; do it where it is needed, or in main", s.at(n))
				}
			case *ast.TypeSpec:
				if i, ok := n.Type.(*ast.InterfaceType); ok && methods(i) > maxInterface && !isTestHelp(s.dir) &&
					excepted[s.dir+"."+n.Name.Name] == "" {
					t.Errorf("%s: %s has %d methods, more than %d; split it by who uses what", s.at(n), n.Name.Name, methods(i), maxInterface)
				}
			}
		}
	}
}

// TestPackageSizes holds packages to their bound, and the list of the large ones to those
// that are.
func TestPackageSizes(t *testing.T) {
	t.Parallel()
	lines := map[string]int{}
	for _, s := range tree(t) {
		if !s.test {
			lines[s.dir] += s.lines
		}
	}
	for dir, n := range lines {
		if most := max(maxPackage, largePackages[dir]); n > most {
			t.Errorf("%s: %d lines, more than %d; part it by topic", dir, n, most)
		}
	}
	for dir := range largePackages {
		if lines[dir] <= maxPackage {
			t.Errorf("%s has %d lines and needs no exception", dir, lines[dir])
		}
	}
}

// methods counts the methods and embedded interfaces of an interface.
func methods(i *ast.InterfaceType) int {
	n := 0
	for _, f := range i.Methods.List {
		n += max(1, len(f.Names))
	}
	return n
}

// TestExceptionsAreNeeded drops exceptions that nothing uses any longer.
func TestExceptionsAreNeeded(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range tree(t) {
		names[s.path] = true
		for n := range ast.Preorder(s.ast) {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[s.dir+"."+n.Name.Name] = true
			case *ast.TypeSpec:
				names[s.dir+"."+n.Name.Name] = true
			}
		}
	}
	for name, reason := range excepted {
		if !names[name] || reason == "" {
			t.Errorf("exception %s (%q): nothing of that name is left, or its reason is missing", name, reason)
		}
	}
}

// TestTopLevel keeps the root to the entries agreed on. What .gitignore names
// is no part of the tree.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	top := root(t)
	ignored := ignorePatterns(t, filepath.Join(top, ".gitignore"))
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		skip := slices.ContainsFunc(ignored, func(pattern string) bool {
			ok, err := path.Match(pattern, e.Name())
			return ok && err == nil
		})
		if !skip && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s: not an entry of the top level; it belongs into %s", e.Name(), strings.Join(topLevel[:4], ", "))
		}
	}
}

func ignorePatterns(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var patterns []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := strings.Trim(lines.Text(), "/ "); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return patterns
}
