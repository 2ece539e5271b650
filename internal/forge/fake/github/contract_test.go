package github_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/githubtest"
)

// contract checks calls against GitHub's description of its API.
type contract struct{ *githubtest.Contract }

func newContract(t *testing.T) *contract {
	t.Helper()
	return &contract{githubtest.NewContract(t)}
}

// check validates one call.
func (c *contract) check(req *http.Request, body []byte, a answer) {
	c.Check(req, body, a.status, a.header, a.body)
}

func TestSchemaIsPartOfGitHubs(t *testing.T) {
	t.Parallel()
	theirs, err := gqlparser.LoadSchema(&ast.Source{Input: string(forgetest.Shared(t, "github/schema.graphql.gz"))})
	check(t, err)
	ours, err := gqlparser.LoadSchema(&ast.Source{Input: string(must(os.ReadFile("schema.graphql"))(t))})
	check(t, err)
	for name, mine := range ours.Types {
		their := theirs.Types[name]
		switch {
		case their == nil || their.Kind != mine.Kind:
			t.Errorf("type %s: GitHub has none such", name)
			continue
		case strings.HasPrefix(name, "__"):
			continue
		}
		for _, member := range mine.Types {
			if !slices.Contains(their.Types, member) {
				t.Errorf("union %s: GitHub's has no %s", name, member)
			}
		}
		for _, iface := range mine.Interfaces {
			if !slices.Contains(their.Interfaces, iface) {
				t.Errorf("type %s: GitHub's does not implement %s", name, iface)
			}
		}
		for _, value := range mine.EnumValues {
			if their.EnumValues.ForName(value.Name) == nil {
				t.Errorf("enum %s: GitHub's has no %s", name, value.Name)
			}
		}
		sameFields(t, mine, their)
	}
}

func sameFields(t *testing.T, mine, their *ast.Definition) {
	t.Helper()
	for _, field := range mine.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		theirs := their.Fields.ForName(field.Name)
		if theirs == nil || theirs.Type.String() != field.Type.String() {
			t.Errorf("%s.%s: GitHub has none of type %s", mine.Name, field.Name, field.Type)
			continue
		}
		for _, arg := range field.Arguments {
			other := theirs.Arguments.ForName(arg.Name)
			if other == nil || other.Type.String() != arg.Type.String() || other.DefaultValue.String() != arg.DefaultValue.String() {
				t.Errorf("%s.%s(%s): GitHub has none such", mine.Name, field.Name, arg.Name)
			}
		}
	}
}

// TestEveryFieldIsAnswered keeps the schema from promising a field that
// nothing answers.
func TestEveryFieldIsAnswered(t *testing.T) {
	t.Parallel()
	for _, name := range github.Unanswered(must(github.New(fake.New(time.Now), github.Options{}))(t)) {
		t.Errorf("%s is in the schema, but nothing answers it", name)
	}
}
