package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestEveryPackageHasItsRoom fails for a package that the table does not know.
func TestEveryPackageHasItsRoom(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, s := range tree(t) {
		r, known := rooms[s.dir]
		if !known && s.dir != mayEverything {
			t.Errorf("%s: package %s is not in the table of rules_test.go; decide what it may import and add it", s.path, s.dir)
		}
		if r.testOnly && !s.test && !strings.HasSuffix(s.path, "/doc.go") {
			t.Errorf("%s: %s has tests only", s.path, s.dir)
		}
		documented[s.dir] = documented[s.dir] || r.testOnly || s.ast.Doc != nil && !s.test
	}
	for dir, yes := range documented {
		if !yes {
			t.Errorf("%s: no file has a package comment; say what the package does, promises and leaves to others", dir)
		}
	}
}

// TestImports holds each file to what its package may import.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, s := range tree(t) {
		for _, imported := range s.imports {
			if dir, ours := strings.CutPrefix(imported, module+"/"); ours && !mayImport(s, dir) {
				t.Errorf("%s: %s must not import %s; move the code inwards, or take an interface", s.path, s.dir, dir)
			}
			if !s.test && imported == "testing" && !isTestHelp(s.dir) {
				t.Errorf("%s: testing is for _test.go files and packages whose name ends in test", s.path)
			}
			for library, in := range confined {
				if !s.test && below(imported, library) && !slices.Contains(in, s.dir) {
					t.Errorf("%s: %s is for %s only", s.path, library, strings.Join(in, ", "))
				}
			}
		}
	}
}

// mayImport reports whether a file may import a package of this module. Tests
// may also use their own package, pure packages, the doubles of forges and packages made
// for tests.
func mayImport(s *source, dir string) bool {
	if s.dir == mayEverything || slices.Contains(rooms[s.dir].may, dir) {
		return true
	}
	return s.test && (dir == s.dir || rooms[dir].pure || isTestHelp(dir) || strings.HasPrefix(dir, "internal/forge/fake/"))
}

// TestTableIsSound holds the table itself to the direction of imports.
func TestTableIsSound(t *testing.T) {
	t.Parallel()
	for dir, r := range rooms {
		for _, other := range r.may {
			o, known := rooms[other]
			switch {
			case !known:
				t.Errorf("%s may import %s, which is not in the table", dir, other)
			case r.pure && !o.pure:
				t.Errorf("%s is pure and may import %s, which is not", dir, other)
			case o.adapter && !isTestHelp(dir) && !r.testOnly && !r.wires:
				t.Errorf("%s may import the adapter %s; only %s wires adapters", dir, other, mayEverything)
			case slices.Contains(o.may, dir) && dir != other:
				t.Errorf("%s and %s may import each other", dir, other)
			}
		}
	}
}

// TestPurePackages keeps I/O, clocks and logs out of the pure packages.
func TestPurePackages(t *testing.T) {
	t.Parallel()
	for _, s := range tree(t) {
		if s.test || !rooms[s.dir].pure {
			continue
		}
		for _, imported := range s.imports {
			if slices.Contains(impureExcept, imported) {
				continue
			}
			for _, bad := range impure {
				if below(imported, bad) {
					t.Errorf("%s: %s is pure and must not import %s; take the value as an argument", s.path, s.dir, imported)
				}
			}
		}
		for n := range ast.Preorder(s.ast) {
			if call, ok := n.(*ast.SelectorExpr); ok && isPackage(call.X, "time") && slices.Contains(clocks, call.Sel.Name) {
				t.Errorf("%s: %s is pure and must not use time.%s; take the time as an argument", s.at(n), s.dir, call.Sel.Name)
			}
		}
	}
}

func isPackage(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}
