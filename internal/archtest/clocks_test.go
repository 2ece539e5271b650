package archtest

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// oursClock and forgesClock are the times by each clock, as types and their fields
// or methods.
var (
	oursClock = []string{
		"pull.Head.SeenAt", "policy.Snapshot.Now", "gate.Run.At", "history.RunRecord.At", "history.CheckRecord.At", "requests.Requested.At",
		"history.PullHistory.ToldAt",
		"history.PullState.DueAt", "gate.Config.Now", "webhook.Delivery.ReceivedAt", "pull.Told.ReceivedAt", "time.Now",
	}
	forgesClock = []string{
		"pull.Request.UpdatedAt", "pull.Request.OpenedAt", "pull.Review.At", "pull.Review.Begun", "pull.Comment.At", "pull.BaseMove.At",
		"pull.HeadMove.At",
		"pull.Sighting.At", "pull.Proof.At", "pull.ReviewRequest.At", "policy.Cancel.At", "seam.Look.At", "seam.Listed.UpdatedAt",
		"history.PullState.UpdatedAt", "history.PullHistory.ToldNew",
	}
)

// TestClocksDoNotMeet holds that no time of ours is compared with a forge's: theirs is
// seconds off, or more (package policy, §3). It follows fields, and variables of the same
// function that were set from them.
func TestClocksDoNotMeet(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(
		&packages.Config{Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps},
		module+"/internal/policy", module+"/internal/policy/rule", module+"/internal/policy/sight", module+"/internal/gate",
		module+"/internal/effects", module+"/internal/history", module+"/internal/snapshot", module+"/internal/store",
		module+"/internal/store/tables", module+"/internal/webhook", module+"/internal/forge/github", module+"/cmd/reviewgate")
	if err != nil || len(loaded) != 12 || packages.PrintErrors(loaded) > 0 {
		t.Fatalf("%d packages: %v", len(loaded), err)
	}
	compared, known := 0, map[string]*types.Package{}
	for _, p := range loaded {
		for _, of := range append(p.Types.Imports(), p.Types) {
			known[of.Name()] = of
		}
	}
	for _, name := range slices.Concat(oursClock, forgesClock) {
		if !declared(known, name) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, p := range loaded {
		for _, file := range p.Syntax {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
					compared += holdClocks(t, p, f)
				}
			}
		}
	}
	if compared < 20 {
		t.Errorf("%d comparisons of times found: the walk sees nothing", compared)
	}
}

// declared reports whether there is "package.Type.Field", or "package.Function".
func declared(known map[string]*types.Package, name string) bool {
	parts := strings.Split(name, ".")
	of := known[parts[0]]
	if of == nil || of.Scope().Lookup(parts[1]) == nil {
		return false
	}
	if len(parts) < 3 {
		return true
	}
	field, _, _ := types.LookupFieldOrMethod(of.Scope().Lookup(parts[1]).Type(), true, of, parts[2])
	return field != nil
}

// holdClocks returns the number of comparisons of times in a function.
func holdClocks(t *testing.T, p *packages.Package, f *ast.FuncDecl) (compared int) {
	t.Helper()
	c := clockReader{info: p.TypesInfo, set: map[types.Object][]ast.Expr{}}
	c.assignments(f.Body)
	for n := range ast.Preorder(f.Body) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			continue
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Before", "After", "Equal", "Compare", "Sub"}, sel.Sel.Name) || !isTime(p.TypesInfo.TypeOf(sel.X)) {
			continue
		}
		compared++
		a, b := c.clocks(sel.X, 0), c.clocks(call.Args[0], 0)
		meet := slices.Contains(a, "ours") && slices.Contains(b, "the forge's") || slices.Contains(a, "the forge's") && slices.Contains(b, "ours")
		if meet {
			t.Errorf("%s: %s compares a time of ours with one of the forge's", p.Fset.Position(call.Pos()), f.Name.Name)
		}
	}
	return compared
}

func isTime(t types.Type) bool { return t != nil && t.String() == "time.Time" }

// clockReader finds out by which clock an expression is.
type clockReader struct {
	info *types.Info
	set  map[types.Object][]ast.Expr // what variables were set to
}

func (c *clockReader) assignments(body ast.Node) {
	note := func(to ast.Expr, from ast.Expr) {
		if id, ok := to.(*ast.Ident); ok {
			if obj := c.info.ObjectOf(id); obj != nil {
				c.set[obj] = append(c.set[obj], from)
			}
		}
	}
	for n := range ast.Preorder(body) {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if len(s.Lhs) == len(s.Rhs) {
				for i := range s.Lhs {
					note(s.Lhs[i], s.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i := range min(len(s.Names), len(s.Values)) {
				note(s.Names[i], s.Values[i])
			}
		}
	}
}

// clocks are those of all times that an expression speaks of.
func (c *clockReader) clocks(e ast.Expr, depth int) []string {
	var out []string
	for n := range ast.Preorder(e) {
		switch x := n.(type) {
		case *ast.SelectorExpr:
			name := c.selected(x)
			if slices.Contains(oursClock, name) {
				out = append(out, "ours")
			}
			if slices.Contains(forgesClock, name) {
				out = append(out, "the forge's")
			}
		case *ast.Ident:
			if obj := c.info.ObjectOf(x); depth < 4 && obj != nil && isTime(obj.Type()) {
				for _, from := range c.set[obj] {
					out = append(out, c.clocks(from, depth+1)...)
				}
			}
		}
	}
	return out
}

// selected names what a selector selects: "package.Type.Field", or "package.Function".
func (c *clockReader) selected(x *ast.SelectorExpr) string {
	if s := c.info.Selections[x]; s != nil {
		recv := s.Recv()
		// A promoted field belongs to the type that declares it.
		for _, i := range s.Index()[:len(s.Index())-1] {
			recv = fieldType(recv, i)
		}
		name := types.TypeString(deref(recv), func(p *types.Package) string { return p.Name() })
		return strings.TrimPrefix(name, "*") + "." + x.Sel.Name
	}
	if obj := c.info.Uses[x.Sel]; obj != nil && obj.Pkg() != nil {
		return obj.Pkg().Name() + "." + obj.Name()
	}
	return ""
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func fieldType(t types.Type, i int) types.Type {
	if s, ok := deref(t).Underlying().(*types.Struct); ok {
		return s.Field(i).Type()
	}
	return t
}
