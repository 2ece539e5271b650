package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

// schemaTests are documents which the schema of a format must judge as its
// parser does.
var schemaTests = map[string]map[string]bool{
	"policy": {
		testPolicy:    true,
		commentPolicy: true,
		"version: 1\nthreshold: \"> 66.67%\"\nmax_unreviewed: 0\nassign: {max: 15}\n": true,
		"version: 1\nthreshold: 80\nenforce_from: 2027-01-31\n":                       true,
		"version: 1\nbranches: [{match: \"release/**\", check: strict}]\n":            true,
		"version: 1\noverride: {allowed: [carol, \"@acme/release\"]}\n":               true,
		"version: 1\ntreshold: 80%\n":                                                 false,
		"threshold: 80%\n":                                                            false,
		"version: 2\n":                                                                false,
		"version: 1\nthreshold: most\n":                                               false,
		"version: 1\nthreshold: 101\n":                                                false,
		"version: 1\nmode: strict\n":                                                  false,
		"version: 1\nmin_approvals: 0\n":                                              false,
		"version: 1\nmax_unreviewed: -1\n":                                            false,
		"version: 1\nassign: {max: 16}\n":                                             false,
		"version: 1\nassign: {most: 5}\n":                                             false,
		"version: 1\nignore: docs\n":                                                  false,
		"version: 1\nbranches: [{check: strict}]\n":                                   false,
		"version: 1\nbranches: [{match: main, checks: strict}]\n":                     false,
		"version: 1\nownership: [{map: .github/subsystems.yml}]\n":                    false,
		"version: 1\nownership: [{}]\n":                                               false,
		"version: 1\nownership: [{maintainers: M, owners: OWNERS}]\n":                 false,
		"version: 1\nownership: [{codeowners: {dialect: gogs}}]\n":                    false,
		"version: 1\nownership: [{codeowners: {dialect: gitlab}}, {owners: OWNERS}]\npeople: .github/people.yml\n": true,
		"version: 1\nlanguage: de\n": false,
		"version: 1\nownership: [{committers: C.md}]\npeople: [p.yml, {repo: a/b, path: s.yaml, format: sig-info}]\n": true,
		"version: 1\npeople: [{path: p.yml, format: subsystems}]\n":                                                   false,
		"version: 1\npeople: [{path: p.yml, dialect: gitee}]\n":                                                       false,
		"version: 1\nownership: [{subsystems: {path: m.yml, format: people}}]\n":                                      false,
	},
	"subsystems": {
		testMap: true,
		"version: 1\nsubsystems: [{name: ci, paths: [\"ci/**\"], maintainers: [{login: robot, bot: true}]}]\n": true,
		"version: 1\nsubsystems: [{name: ci, path: [\"ci/**\"], maintainers: [alice]}]\n":                      false,
		"version: 1\nsubsystems: [{paths: [\"ci/**\"], maintainers: [alice]}]\n":                               false,
		"version: 1\nsubsystems: [{name: ci, paths: \"ci/**\", maintainers: [alice]}]\n":                       false,
		"version: 1\nsubsystems: [{name: ci, paths: [\"ci/**\"], maintainers: [{bot: true}]}]\n":               false,
		"version: 1\nsubsystems: ci\n": false,
	},
}

func TestSchemasJudgeAsParsersDo(t *testing.T) {
	t.Parallel()
	parsers := map[string]func(string, []byte) error{
		"policy":     func(path string, data []byte) error { _, err := policyfile.Parse(path, data); return err },
		"subsystems": func(path string, data []byte) error { _, _, err := yamlmap.Parse(path, data); return err },
	}
	for format, docs := range schemaTests {
		schema := compileSchema(t, format)
		for doc, valid := range docs {
			if err := parsers[format]("doc.yml", []byte(doc)); (err == nil) != valid {
				t.Errorf("%s %q: parser says %v", format, doc, err)
			}
			if err := schema.Validate(instance(t, []byte(doc))); (err == nil) != valid {
				t.Errorf("%s %q: schema says %v", format, doc, err)
			}
		}
	}
}

// TestSchemasAcceptTheExamples holds what we hand out against the schemas.
func TestSchemasAcceptTheExamples(t *testing.T) {
	t.Parallel()
	for format, pattern := range map[string]string{"policy": "policies/*", "subsystems": "owners/*kernel*", "people": "owners/*people"} {
		schema := compileSchema(t, format)
		files, err := filepath.Glob("../../config/" + pattern + ".yml")
		check0(t, err)
		if len(files) == 0 {
			t.Errorf("no examples of %s", format)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			check0(t, err)
			if err := schema.Validate(instance(t, data)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// TestSchemaDescriptionsAreWhole fails when a comma in a struct tag has cut a
// description off.
func TestSchemaDescriptionsAreWhole(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"policy", "subsystems", "people"} {
		var doc any
		check0(t, json.Unmarshal(schemaText(t, format), &doc))
		walk(doc, func(key string, value any) {
			if text, ok := value.(string); ok && key == "description" && !strings.HasSuffix(text, ".") {
				t.Errorf("schema %s: description %q ends early", format, text)
			}
		})
	}
}

// walk visits each key of a document.
func walk(doc any, visit func(key string, value any)) {
	switch doc := doc.(type) {
	case map[string]any:
		for key, value := range doc {
			visit(key, value)
			walk(value, visit)
		}
	case []any:
		for _, value := range doc {
			walk(value, visit)
		}
	}
}

func schemaText(t *testing.T, format string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"schema", format}, strings.NewReader(""), &out, &errs); code != exitPass {
		t.Fatalf("schema %s: exit code %d: %s", format, code, &errs)
	}
	return out.Bytes()
}

func compileSchema(t *testing.T, format string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText(t, format)))
	check0(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	check0(t, c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	check0(t, err)
	return schema
}

// instance reads YAML as an editor does: a date is a string.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	var doc yaml.Node
	check0(t, yaml.Unmarshal(data, &doc))
	datesAsText(&doc)
	var v any
	check0(t, doc.Decode(&v))
	text, err := json.Marshal(v)
	check0(t, err)
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(text))
	check0(t, err)
	return v
}

func datesAsText(n *yaml.Node) {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, child := range n.Content {
		datesAsText(child)
	}
}
