package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestServiceConfigurationLoads(t *testing.T) {
	t.Parallel()
	c, err := config.Load("reviewgate.example.yml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Forges) != 3 || c.Forges[0].App.ID == 0 || c.Forges[1].TokenFile == "" {
		t.Errorf("want an example of an app and one of a token, got %+v", c.Forges)
	}
	for _, name := range []string{c.DefaultPolicy, c.DefaultSubsystems} {
		if _, err := os.Stat(c.Path(name)); err != nil {
			t.Errorf("the example names a file that is not there: %v", err)
		}
	}
}

// TestExamplesHaveEveryKey fails when a key is added to a format and not to
// its example.
func TestExamplesHaveEveryKey(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"reviewgate.example.yml": config.Config{},
		"policies/full.yml":      policyfile.File{},
		"owners/cloud-kernel.yml": struct {
			Version    int                 `yaml:"version"`
			Subsystems []yamlmap.Subsystem `yaml:"subsystems"`
		}{},
		"owners/kernel-fork.yml": struct {
			Overlays []yamlmap.Overlay `yaml:"overlays"`
		}{},
		"owners/people.yml": people.File{},
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal(read(t, name), &doc); err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		keysOf(&doc, "", have)
		for _, key := range keysFor(reflect.TypeOf(v), "") {
			if !have[key] {
				t.Errorf("%s: the key %s is missing; show and explain it", name, key)
			}
		}
	}
}

// keysOf collects the paths of all keys of a document; lists do not count.
func keysOf(n *yaml.Node, at string, into map[string]bool) {
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			keysOf(child, at, into)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := at + "." + n.Content[i].Value
		into[key] = true
		keysOf(n.Content[i+1], key, into)
	}
}

// keysFor gives the same of a struct, by its yaml tags.
func keysFor(t reflect.Type, at string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[policyfile.Place]() { // a path, most often
		return nil
	}
	var keys []string
	for f := range t.Fields() {
		if tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); tag != "" && tag != "-" {
			keys = append(keys, at+"."+tag)
			keys = append(keys, keysFor(f.Type, at+"."+tag)...)
		}
	}
	return keys
}

func parsePolicy(t *testing.T, name string) policy.Policy {
	t.Helper()
	p, err := policyfile.Parse(name, read(t, filepath.Join("policies", name)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPolicies holds each example to what its comments promise.
func TestPolicies(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	after := before.AddDate(2, 0, 0)
	tests := map[string][]struct{ branch, want string }{
		"full.yml": {
			{"main", "review-gate 100%, 1 approval, cap 10, warn then enforce"},
			{"release/1.0", "review-gate/release 100%, 2 approvals, cap 0, warn then enforce"},
			{"other", "not gated"},
		},
		"cloud-kernel.yml": {
			{"devel-6.6", "review-gate 80%, 1 approval, cap 20, enforce then enforce"},
			{"release-6.6", "review-gate/release 100%, 1 approval, cap 0, enforce then enforce"},
			{"lts-5.10", "review-gate/lts 100%, 2 approvals, cap 0, enforce then enforce"},
			{"personal/x", "not gated"},
		},
		"cloud-kernel-gitee.yml": {
			{"devel-6.6", "review-gate 80%, 1 approval, cap 20, enforce then enforce"},
			{"release-6.6", "review-gate/release 100%, 1 approval, cap 0, enforce then enforce"},
			{"lts-5.10", "review-gate/lts 100%, 2 approvals, cap 0, enforce then enforce"},
			{"personal/x", "not gated"},
		},
		"gentle-start.yml": {
			{"main", "review-gate 50%, 1 approval, cap -1, warn then enforce"},
			{"master", "review-gate 50%, 1 approval, cap -1, warn then enforce"},
			{"experimental/a/b", "review-gate/experimental 50%, 1 approval, cap -1, warn then warn"},
		},
	}
	files, err := filepath.Glob("policies/*")
	if err != nil || len(files) != len(tests) {
		t.Errorf("%d policies, %d tested (%v)", len(files), len(tests), err)
	}
	for name, branches := range tests {
		p := parsePolicy(t, name)
		for _, b := range branches {
			got := "not gated"
			defaultBranch := "main"
			if b.branch == "master" { // of a repository of that kind
				defaultBranch = b.branch
			}
			if r, gated := p.For(b.branch, defaultBranch); gated {
				plural := strings.Repeat("s", min(r.MinApprovals-1, 1))
				got = fmt.Sprintf("%s %s, %d approval%s, cap %d, %s then %s", r.Check, r.Threshold, r.MinApprovals, plural, r.MaxUnreviewed,
					r.ModeAt(before), r.ModeAt(after))
			}
			if diff := cmp.Diff(b.want, got); diff != "" {
				t.Errorf("%s on %s (-want +got):\n%s", name, b.branch, diff)
			}
		}
	}
}

// TestFullShowsDefaults holds full.yml to its promise that its values are the
// defaults, but for those that it says are not.
func TestFullShowsDefaults(t *testing.T) {
	t.Parallel()
	bare, err := policyfile.Parse("bare.yml", []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	full := parsePolicy(t, "full.yml").Base
	want, got := reflect.ValueOf(bare.Base), reflect.ValueOf(full)
	var differ []string
	for i := range want.NumField() {
		if !reflect.DeepEqual(want.Field(i).Interface(), got.Field(i).Interface()) {
			differ = append(differ, want.Type().Field(i).Name)
		}
	}
	shown := []string{"EnforceFrom", "Since", "MaxUnreviewed", "Ignore", "Protected", "Override", "Contact"}
	if diff := cmp.Diff(shown, differ); diff != "" {
		t.Errorf("values other than the default (-want +got):\n%s", diff)
	}
}

// TestEveryFileIsTested fails for an example that no test loads.
func TestEveryFileIsTested(t *testing.T) {
	t.Parallel()
	var got []string
	err := filepath.WalkDir(".", func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(name) != ".go" {
			got = append(got, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"README.md", "owners/cloud-kernel-gitee.yml", "owners/cloud-kernel.yml", "owners/gitee-people.yml",
		"owners/kernel-fork.yml", "owners/people.yml", "policies/cloud-kernel-gitee.yml", "policies/cloud-kernel.yml",
		"policies/full.yml", "policies/gentle-start.yml", "reviewgate.example.yml",
		"workflows/review-gate-wake.yml", "workflows/review-gate.yml"} // these two by the tests of deploy and cmd/reviewgate
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
