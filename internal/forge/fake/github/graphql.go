package github

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed schema.graphql
var schemaText string

// GitHub's limits on a query (docs.github.com, "Rate limits and node limits
// for the GraphQL API").
const (
	maxNodes = 500_000
	maxFirst = 100
)

// graph executes GraphQL queries against the forge. A value's type is that of
// its field, or where that is abstract what typeName says.
type graph struct {
	server *Server
	schema *ast.Schema
	fields map[string]map[string]resolver
}

// args are a field's arguments with their defaults.
type args map[string]any

// resolver gives a field of a value.
type resolver func(q *query, on any, a args) (any, error)

func newGraph(s *Server) (*graph, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
	if err != nil {
		return nil, fmt.Errorf("load GraphQL schema: %w", err)
	}
	return &graph{server: s, schema: schema, fields: resolvers(s)}, nil
}

// query is one query while it is executed.
type query struct {
	*graph
	call   *call
	doc    *ast.QueryDocument
	vars   map[string]any
	cost   int
	nodes  int
	spent  int // fields that were answered
	errors []any
}

// errNull says that a value that may not be null is; the error itself has been
// noted.
var errNull = errors.New("null where the schema forbids it")

func serveGraphQL(c *call) (any, error) {
	var in struct {
		Query         string
		OperationName string
		Variables     map[string]any
	}
	if err := c.decode(&in); err != nil || in.Query == "" {
		return nil, &failure{status: http.StatusBadRequest, message: "A query attribute must be specified and must be a string."}
	}
	g := c.s.graph
	doc, errs := gqlparser.LoadQueryWithRules(g.schema, in.Query, rules.NewDefaultRules())
	if len(errs) > 0 {
		return obj{"errors": validationErrors(errs)}, nil
	}
	op := doc.Operations.ForName(in.OperationName)
	if op == nil {
		return obj{"errors": []any{obj{"message": "No operation named \"" + in.OperationName + "\""}}}, nil
	}
	vars, err := validator.VariableValues(g.schema, op, in.Variables)
	if err != nil {
		return obj{"errors": []any{obj{"message": err.Error()}}}, nil //nolint:nilerr // GraphQL answers 200 and lists the errors
	}
	q := &query{graph: g, call: c, doc: doc, vars: vars}
	if problem := q.price(op.SelectionSet); problem != nil {
		return obj{"errors": []any{problem}}, nil
	}
	c.points, c.op = q.cost, op.Name
	root := "Query"
	if op.Operation == ast.Mutation {
		root = "Mutation"
		if problem := c.s.mutatesTooFast(); problem != nil {
			return obj{"data": nil, "errors": []any{problem}}, nil
		}
	}
	data, err := q.object(root, nil, []ast.SelectionSet{op.SelectionSet}, nil)
	out := obj{"data": data}
	if err != nil {
		out["data"] = nil
	}
	if len(q.errors) > 0 {
		out["errors"] = q.errors
	}
	return out, nil
}

func validationErrors(errs gqlerror.List) []any {
	out := []any{}
	for _, e := range errs {
		out = append(out, obj{"message": e.Message, "locations": e.Locations, "extensions": obj{"code": e.Rule}})
	}
	return out
}

// price works out a query's cost by GitHub's formula: the requests that its
// connections stand for, divided by a hundred and rounded, at least one.
func (q *query) price(set ast.SelectionSet) (problem obj) {
	requests := 0
	problem = q.count(set, 1, &requests)
	q.cost = max(1, int(math.Round(float64(requests)/100)))
	if problem == nil && q.nodes > maxNodes {
		problem = obj{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": fmt.Sprintf(
			"This query requests up to %d possible nodes which exceeds the maximum limit of %d.", q.nodes, maxNodes)}
	}
	return problem
}

func (q *query) count(set ast.SelectionSet, times int, requests *int) (problem obj) {
	for _, sel := range set {
		below, n := ast.SelectionSet(nil), times
		switch s := sel.(type) {
		case *ast.InlineFragment:
			below = s.SelectionSet
		case *ast.FragmentSpread:
			below = s.Definition.SelectionSet
		case *ast.Field:
			below = s.SelectionSet
			if strings.HasSuffix(s.Definition.Type.Name(), "Connection") {
				size, problem := q.pageSize(s)
				if problem != nil {
					return problem
				}
				*requests += times
				n = times * size
				q.nodes += n
			}
		}
		if problem := q.count(below, n, requests); problem != nil {
			return problem
		}
	}
	return nil
}

// pageSize is what a connection is asked for; GitHub wants to be told.
func (q *query) pageSize(field *ast.Field) (size int, problem obj) {
	a := args(field.ArgumentMap(q.vars))
	for _, name := range []string{"first", "last"} {
		n, ok := a.int(name)
		if !ok {
			continue
		}
		if n > maxFirst || n < 0 {
			return 0, obj{"type": "EXCESSIVE_PAGINATION", "path": []any{"query", field.Alias}, "message": fmt.Sprintf(
				"Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.",
				n, field.Name, name, maxFirst)}
		}
		return n, nil
	}
	return 0, obj{"type": "MISSING_PAGINATION_BOUNDARIES", "path": []any{"query", field.Alias}, "message": fmt.Sprintf(
		"You must provide a `first` or `last` value to properly paginate the `%s` connection.", field.Name)}
}

// selected is a field of the answer: the selections of one name, merged.
type selected struct {
	field *ast.Field
	sets  []ast.SelectionSet
}

// object answers the selections on a value of an object type.
func (q *query) object(typ string, on any, sets []ast.SelectionSet, path []any) (any, error) {
	var order []string
	byAlias := map[string]*selected{}
	for _, set := range sets {
		q.collect(typ, set, &order, byAlias)
	}
	out := make(obj, len(order))
	for _, alias := range order {
		s := byAlias[alias]
		value, err := q.field(typ, on, s, append(path[:len(path):len(path)], alias))
		if err != nil {
			return nil, err
		}
		out[alias] = value
	}
	return out, nil
}

// collect gathers the fields that apply to a type, fragments included.
func (q *query) collect(typ string, set ast.SelectionSet, order *[]string, into map[string]*selected) {
	for _, sel := range set {
		switch s := sel.(type) {
		case *ast.Field:
			if !q.included(s.Directives) {
				continue
			}
			if into[s.Alias] == nil {
				into[s.Alias] = &selected{field: s}
				*order = append(*order, s.Alias)
			}
			into[s.Alias].sets = append(into[s.Alias].sets, s.SelectionSet)
		case *ast.InlineFragment:
			if q.included(s.Directives) && q.applies(s.TypeCondition, typ) {
				q.collect(typ, s.SelectionSet, order, into)
			}
		case *ast.FragmentSpread:
			if q.included(s.Directives) && q.applies(s.Definition.TypeCondition, typ) {
				q.collect(typ, s.Definition.SelectionSet, order, into)
			}
		}
	}
}

func (q *query) included(directives ast.DirectiveList) bool {
	for name, wanted := range map[string]bool{"include": true, "skip": false} {
		if d := directives.ForName(name); d != nil {
			if on, _ := d.ArgumentMap(q.vars)["if"].(bool); on != wanted {
				return false
			}
		}
	}
	return true
}

func (q *query) applies(condition, typ string) bool {
	if condition == "" || condition == typ {
		return true
	}
	for _, possible := range q.schema.PossibleTypes[condition] {
		if possible.Name == typ {
			return true
		}
	}
	return false
}

// field answers one field. An error makes it null, or what is around it where
// it may not be null.
func (q *query) field(typ string, on any, s *selected, path []any) (any, error) {
	if s.field.Name == "__typename" {
		return typ, nil
	}
	if q.spend() {
		q.exhausted(path)
		return q.complete(s.field.Definition.Type, nil, s, path, true)
	}
	resolve := q.fields[typ][s.field.Name]
	if resolve == nil && strings.HasSuffix(typ, "Connection") {
		resolve = q.fields["Connection"][s.field.Name]
	}
	value, err := any(nil), error(nil)
	if resolve == nil {
		err = fmt.Errorf("the double does not answer %s.%s", typ, s.field.Name)
	} else {
		value, err = resolve(q, on, s.field.ArgumentMap(q.vars))
	}
	if err != nil {
		q.note(err, s.field, path)
		value = nil
	}
	return q.complete(s.field.Definition.Type, value, s, path, err != nil)
}

// note adds an error to the answer.
func (q *query) note(err error, field *ast.Field, path []any) {
	e := obj{"message": err.Error(), "path": path}
	if field.Position != nil {
		e["locations"] = []any{obj{"line": field.Position.Line, "column": field.Position.Column}}
	}
	if refused, ok := refusal(err); ok {
		e["type"] = map[int]string{http.StatusNotFound: "NOT_FOUND", http.StatusForbidden: "FORBIDDEN"}[refused.status]
	}
	q.errors = append(q.errors, e)
}

// complete answers the selections below a value of a field.
func (q *query) complete(typ *ast.Type, value any, s *selected, path []any, noted bool) (any, error) {
	if isNull(value) {
		if !typ.NonNull {
			return nil, nil
		}
		if !noted {
			q.note(fmt.Errorf("cannot return null for non-nullable field %s", s.field.Name), s.field, path)
		}
		return nil, errNull
	}
	if typ.Elem != nil {
		return q.list(typ, value, s, path)
	}
	def := q.schema.Types[typ.NamedType]
	if !def.IsCompositeType() {
		return value, nil
	}
	name := typ.NamedType
	if def.IsAbstractType() {
		name = typeName(value)
	}
	out, err := q.object(name, value, s.sets, path)
	if errors.Is(err, errNull) && !typ.NonNull {
		return nil, nil
	}
	return out, err
}

func (q *query) list(typ *ast.Type, value any, s *selected, path []any) (any, error) {
	items, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("field %s: not a list", s.field.Name)
	}
	out := make([]any, len(items))
	for i, item := range items {
		answer, err := q.complete(typ.Elem, item, s, append(path[:len(path):len(path)], i), false)
		if errors.Is(err, errNull) && !typ.NonNull {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		out[i] = answer
	}
	return out, nil
}

// int reads a number among the arguments.
func (a args) int(name string) (int, bool) {
	switch n := a[name].(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	}
	return 0, false
}

func (a args) text(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a args) texts(name string) []string {
	list, _ := a[name].([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
