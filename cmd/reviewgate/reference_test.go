//go:build !nodemo

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

// TestReference holds what is generated of the documents to the code: everything between
// the comments "generated: NAME" and "end of NAME". After a change:
// go test ./cmd/reviewgate -run TestReference -update
func TestReference(t *testing.T) {
	t.Parallel()
	for _, part := range []struct{ file, name, text string }{
		{"config/README.md", "policy keys", schemaTable(schemaOf(policyfile.File{}, ""))},
		{"config/README.md", "map keys", schemaTable(schemaOf(yamlmap.File{}, ""))},
		{"config/README.md", "people keys", schemaTable(schemaOf(people.File{}, ""))},
		{"deploy/README.md", "configuration keys", configTable(t)},
		{"deploy/commands.md", "commands", commandReference(t)},
	} {
		file := filepath.Join("../..", part.file)
		old, err := os.ReadFile(file)
		check0(t, err)
		begin, end := "<!-- generated: "+part.name+" -->\n", "<!-- end of "+part.name+" -->"
		before, rest, ok := strings.Cut(string(old), begin)
		is, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Errorf("%s: no %q and %q", part.file, begin, end)
			continue
		}
		if updating() {
			check0(t, os.WriteFile(file, []byte(before+begin+"\n"+part.text+"\n"+end+after), 0o644)) //nolint:gosec // it is published
		} else if diff := gocmp.Diff("\n"+part.text+"\n", is); diff != "" {
			t.Errorf("%s, %s: write it anew with -update (-want +got):\n%s", part.file, part.name, diff)
		}
	}
}

// cell makes a text one cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}

// code is a text as code in a cell; empty if it is.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}

// schemaTable has a row for each key of a file format.
func schemaTable(s *jsonschema.Schema) string {
	var b strings.Builder
	b.WriteString("| key | value | default | says |\n| --- | --- | --- | --- |\n")
	schemaRows(&b, "", s)
	return b.String()
}

func schemaRows(b *strings.Builder, above string, s *jsonschema.Schema) {
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		key, v := above+p.Key, p.Value
		usual := ""
		switch {
		case v.Default != nil:
			usual = fmt.Sprint(v.Default)
		case v.Type == "boolean":
			usual = "false"
		}
		says := cmp.Or(v.Description, "as `"+p.Key+"`, for these branches")
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(key), valueOf(v), code(usual), cell(says))
		for _, below := range append([]*jsonschema.Schema{v, v.Items}, v.OneOf...) {
			if below != nil && below.Properties.Len() > 0 && !isPlace(below) {
				schemaRows(b, key+map[bool]string{true: "[].", false: "."}[below == v.Items], below)
			}
		}
	}
}

// isPlace reports whether a map says where a file is; such maps are the same everywhere.
func isPlace(s *jsonschema.Schema) bool {
	_, ok := s.Properties.Get("repo")
	return ok
}

// valueOf says what a key takes.
func valueOf(s *jsonschema.Schema) string {
	var words []string
	for _, v := range s.Enum {
		words = append(words, code(fmt.Sprint(v)))
	}
	if s.Const != nil && s.Const != false {
		words = append(words, code(fmt.Sprint(s.Const)))
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, ", ")
	case s.Items != nil:
		return "list"
	case s.Format != "":
		return s.Format
	case len(s.OneOf) > 0:
		for _, one := range s.OneOf {
			if v := valueOf(one); v != "" {
				words = append(words, v)
			}
		}
		return strings.Join(words, " or ")
	}
	return map[string]string{"object": "map", "string": "text", "integer": "number", "boolean": "`true`, `false`"}[s.Type]
}

// configTable has a row for each key of the service's configuration.
func configTable(t *testing.T) string {
	docs := map[string]string{}
	for _, dir := range []string{"../../internal/config", "../../internal/policy/policyfile"} {
		files, err := filepath.Glob(dir + "/*.go")
		check0(t, err)
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
			check0(t, err)
			fieldDocs(parsed, docs)
		}
	}
	var b strings.Builder
	b.WriteString("| key | environment | says |\n| --- | --- | --- |\n")
	configRows(t, &b, docs, reflect.ValueOf(config.Config{}.WithDefaults()), "", config.EnvPrefix)
	return b.String()
}

// fieldDocs adds the comments of a file's struct fields, by TYPE.FIELD.
func fieldDocs(file *ast.File, docs map[string]string) {
	for n := range ast.Preorder(file) {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			continue
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					docs[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
	}
}

func configRows(t *testing.T, b *strings.Builder, docs map[string]string, v reflect.Value, above, prefix string) {
	for f, value := range v.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		env, below := strings.TrimPrefix(f.Tag.Get("env"), "-"), f.Tag.Get("envPrefix")
		if kind := f.Type; kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct && kind.Elem().Field(0).Tag.Get("yaml") != "" {
			key, below, value = key+"[]", below+"_0_", reflect.Zero(kind.Elem())
		}
		says := regexp.MustCompile(`^`+f.Name+` ((is|are) )?`).ReplaceAllString(docs[v.Type().Name()+"."+f.Name], "")
		if says == "" && v.Type() == reflect.TypeFor[policyfile.Minimum]() {
			says = "the weakest value that a policy may give to its key of this name."
		} else if says == "" {
			t.Fatalf("%s%s: the field %s.%s has no comment", above, key, v.Type().Name(), f.Name)
		}
		says = strings.ToUpper(says[:1]) + says[1:]
		if value.Kind() == reflect.String && !value.IsZero() {
			says += " Default " + value.String() + "."
		}
		path, variable := above+key, ""
		if key == "-" {
			path = ""
		}
		if env != "" {
			variable = prefix + env
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(path), code(variable), cell(says))
		if value.Kind() == reflect.Struct && env == "" {
			configRows(t, b, docs, value, path+".", prefix+below)
		}
	}
}

// commandReference is the help of every command.
func commandReference(t *testing.T) string {
	var b strings.Builder
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Runnable() && cmd.Name() != "completion" && cmd.Name() != "help" {
			var out bytes.Buffer
			args := strings.Fields(cmd.CommandPath() + " --help")[1:]
			if code := run(t.Context(), args, nil, &out, &out); code != exitPass {
				t.Errorf("%v: exit %d", args, code)
			}
			fmt.Fprintf(&b, "## %s\n\n```text\n%s\n```\n\n", cmd.CommandPath(), strings.TrimSpace(out.String()))
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(newRoot())
	return strings.TrimSuffix(b.String(), "\n")
}

// TestDemoPicture holds that the README shows what the demo prints. After a change:
// go test ./cmd/reviewgate -run TestDemoPicture -update
func TestDemoPicture(t *testing.T) {
	t.Parallel()
	const file = "../../.github/demo.svg"
	var out bytes.Buffer
	check0(t, playDemo(t.Context(), &out, "github", true, func(address string) (string, error) { return address, nil }))
	want := picture(out.String())
	if updating() {
		check0(t, os.WriteFile(file, []byte(want), 0o644)) //nolint:gosec // it is published
		return
	}
	is, err := os.ReadFile(file)
	check0(t, err)
	if diff := gocmp.Diff(want, string(is)); diff != "" {
		t.Errorf("write it anew with -update, and look at it (-want +got):\n%s", diff)
	}
}

// picture draws the lines of a terminal; those of checks begin with their state.
func picture(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	const high, wide = 22, 860
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" role="img" aria-label="The life of a pull request, as the demo prints it">
  <rect width="100%%" height="100%%" rx="6" fill="#0d1117"/>
`, wide, high*(len(lines)+1))
	colours := map[string]string{"pass": "#3fb950", "wait": "#d29922", "fail": "#f85149"}
	for i, line := range lines {
		y := high * (i + 1)
		state, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if colour := colours[state]; colour != "" {
			fmt.Fprintf(&b, "  <text x=\"40\" y=\"%d\" fill=\"%s\">%s</text><text x=\"84\" y=\"%d\" fill=\"#c9d1d9\">%s</text>\n", y, colour,
				state, y, html.EscapeString(strings.TrimSpace(rest)))
		} else {
			fmt.Fprintf(&b, "  <text x=\"16\" y=\"%d\" fill=\"#8b949e\">%s</text>\n", y, html.EscapeString(line))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}
