package main

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
	"github.com/reviewgate/reviewgate/internal/web"
)

// updating reports whether what is generated is to be written anew: by -update, which
// package storetest defines.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// TestSchemasAreOfTheFormats holds that the schemas are those of the formats that are
// read. After a change: go test ./cmd/reviewgate -run TestSchemasAreOfTheFormats -update
func TestSchemasAreOfTheFormats(t *testing.T) {
	t.Parallel()
	for format, file := range map[string]any{"policy": policyfile.File{}, "subsystems": yamlmap.File{}, "people": people.File{}} {
		var want bytes.Buffer
		check0(t, printJSON(&want, schemaOf(file, "Review gate "+format)))
		if updating() {
			check0(t, os.WriteFile("schemas/"+format+".json", want.Bytes(), 0o644)) //nolint:gosec // it is published
			continue
		}
		if diff := cmp.Diff(want.String(), string(schemaText(t, format))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}

// TestSchemasAreOfThePages is the same of what pages are as JSON, in the words of the types' own
// comments.
func TestSchemasAreOfThePages(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]any{
		"request": web.Request{}, "repository": web.Repository{}, "thresholds": web.Thresholds{}, "me": web.Me{},
	} {
		r := &jsonschema.Reflector{DoNotReference: true, Anonymous: true, AllowAdditionalProperties: true, Mapper: saidSchema}
		for _, dir := range []string{"../../internal/web", "../../internal/coverage"} {
			check0(t, r.AddGoComments("github.com/reviewgate/reviewgate/cmd/reviewgate", dir))
		}
		s := r.Reflect(page)
		s.Title = "Review gate page of " + name
		var want bytes.Buffer
		check0(t, printJSON(&want, s))
		file := "schemas/page-" + name + ".json"
		if updating() {
			check0(t, os.WriteFile(file, want.Bytes(), 0o644)) //nolint:gosec // it is published
			continue
		}
		text, err := schemas.ReadFile(file)
		check0(t, err)
		if diff := cmp.Diff(want.String(), string(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// saidSchema is that of sentences and thresholds, which are texts.
func saidSchema(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[web.Said]() || t == reflect.TypeFor[share.Threshold]() {
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

// schemaOf describes a file format. Types that read themselves from YAML are
// described here.
func schemaOf(file any, title string) *jsonschema.Schema {
	r := &jsonschema.Reflector{
		DoNotReference:             true,
		RequiredFromJSONSchemaTags: false,
		Anonymous:                  true,
		Mapper:                     scalarSchema,
	}
	s := r.Reflect(file)
	s.Title = title
	if sources, ok := s.Properties.Get("ownership"); ok { // each names one format
		one := uint64(1)
		sources.Items.MinProperties, sources.Items.MaxProperties = &one, &one
	}
	return s
}

func scalarSchema(t reflect.Type) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: pattern} }
	percent := func() *jsonschema.Schema {
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{text(`^(> *)?[0-9]{1,3}(\.[0-9]{1,6})? *%?$`),
			{Type: "integer", Minimum: "0", Maximum: "100"}}}
	}
	owner := func() *jsonschema.Schema { return text(`^@?[A-Za-z0-9]`) }
	switch t {
	case reflect.TypeFor[policyfile.Date]():
		return &jsonschema.Schema{Type: "string", Format: "date"}
	case reflect.TypeFor[policyfile.Threshold](), reflect.TypeFor[yamlmap.Threshold]():
		return percent()
	case reflect.TypeFor[policyfile.Glob](), reflect.TypeFor[yamlmap.Path]():
		return text(`^.+$`)
	case reflect.TypeFor[policyfile.Owner]():
		return owner()
	case reflect.TypeFor[yamlmap.Owner]():
		bot := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{"login"},
			AdditionalProperties: jsonschema.FalseSchema}
		bot.Properties.Set("login", owner())
		bot.Properties.Set("bot", &jsonschema.Schema{Type: "boolean"})
		bot.Properties.Set("id", &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: "1"}, text(`^[0-9a-fA-F]{24}$`)}})
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{owner(), bot}}
	case reflect.TypeFor[policyfile.Place]():
		return place("dialect", &jsonschema.Schema{Enum: []any{"github", "gitlab", "gitee", "gitcode", "gitea"}},
			"ignore", &jsonschema.Schema{Type: "array", Items: text(`^.+$`)})
	case reflect.TypeFor[policyfile.PeopleFiles]():
		one := place("format", &jsonschema.Schema{Enum: []any{"people", "sig-info", "committers"}})
		return &jsonschema.Schema{OneOf: append(one.OneOf, &jsonschema.Schema{Type: "array", Items: one})}
	case reflect.TypeFor[policyfile.Assign]():
		type long policyfile.Assign
		return orOff(long{})
	case reflect.TypeFor[policyfile.LabelsFile]():
		type long policyfile.LabelsFile
		return orOff(long{})
	case reflect.TypeFor[strictyaml.After]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Const: "off"}, {Const: false}, text(`^[1-9][0-9]{0,3}[hdw]$`)}}
	}
	return nil
}

// place describes where a file is: a path, or a map with further keys and their values.
func place(further ...any) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: pattern} }
	elsewhere := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	elsewhere.Properties.Set("repo", text(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+$`))
	elsewhere.Properties.Set("ref", text(`^.+$`))
	elsewhere.Properties.Set("path", text(`^.+$`))
	for i := 0; i+1 < len(further); i += 2 {
		elsewhere.Properties.Set(further[i].(string), further[i+1].(*jsonschema.Schema))
	}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{text(`^.+$`), elsewhere}}
}

// orOff describes a key that is a struct or off.
func orOff(long any) *jsonschema.Schema {
	r := &jsonschema.Reflector{DoNotReference: true, Anonymous: true, Mapper: scalarSchema}
	s := r.Reflect(long)
	s.Version = ""
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Const: "off"}, {Const: false}, s}}
}
