package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestFilesInOrder holds that in the packages of which the order of files is written down, a
// file uses functions, types, variables and constants of those before it only, and of itself.
func TestFilesInOrder(t *testing.T) {
	t.Parallel()
	for dir, order := range ordered {
		loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, module+"/"+dir)
		if err != nil || len(loaded) != 1 || packages.PrintErrors(loaded) > 0 {
			t.Fatalf("%d packages: %v", len(loaded), err)
		}
		p, found, uses := loaded[0], map[string]bool{}, 0
		for _, file := range p.Syntax {
			name := fileOf(p, file)
			found[name] = true
			if !slices.Contains(order, name) {
				t.Errorf("%s/%s: has no place in the order of the package's files", dir, name)
			}
			for n := range ast.Preorder(file) {
				id, ok := n.(*ast.Ident)
				used := p.TypesInfo.Uses[id]
				if !ok || used == nil || !shared(p, used) {
					continue
				}
				uses++
				if from := fileOf(p, used); slices.Index(order, from) > slices.Index(order, name) {
					t.Errorf("%s: %s is of %s, which stands behind %s", p.Fset.Position(id.Pos()), id.Name, from, name)
				}
			}
		}
		for _, name := range order {
			if !found[name] {
				t.Errorf("%s/%s: no such file", dir, name)
			}
		}
		if uses < 50 {
			t.Errorf("%s: %d uses found: the walk sees nothing", dir, uses)
		}
	}
}

// fileOf is the name of the file that something stands in.
func fileOf(p *packages.Package, at interface{ Pos() token.Pos }) string {
	return filepath.Base(p.Fset.Position(at.Pos()).Filename)
}

// shared reports whether something is declared for all files of a package: its own
// functions, methods, types, variables and constants.
func shared(p *packages.Package, o types.Object) bool {
	f, ok := o.(*types.Func)
	return o.Pkg() == p.Types && (o.Parent() == p.Types.Scope() || ok && f.Signature().Recv() != nil)
}
