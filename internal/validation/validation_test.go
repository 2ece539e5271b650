package validation

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestKinds holds what a file is taken for.
func TestKinds(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"a/MAINTAINERS.kernel": "maintainers", "a/CODEOWNERS": "codeowners", "OWNERS_ALIASES": "owners", "owners.yaml": "owners-yaml",
		".mailmap": "mailmap", "sig/Kernel/sig-info.yaml": "sig-info", "docs/MAINTAINERS.md": "committers",
		"people: [a.yml]": kindPolicy, "people: [{path: a}]": kindPolicy, "people: [{key: a}]": "people", "people: [alice]": "people",
		"subsystems: []": kindMap, "overlays: []": kindMap, "people: []": "people", "people: x.yml": kindPolicy, "database: x": kindConfig,
		"": kindPolicy, "- a": kindPolicy,
	} {
		name, text := file, ""
		if strings.ContainsAny(file, ": ") || file == "" {
			name, text = "x.yml", file
		}
		if got := kindOf(name, []byte(text)); got != want {
			t.Errorf("%q is taken for %s, want %s", file, got, want)
		}
	}
}

// TestNamedByPolicy holds that what a policy in its place names is checked with it, each
// file once, with its own faults and advice under its own name.
func TestNamedByPolicy(t *testing.T) {
	t.Parallel()
	const one = "version: 1\nsubsystems:\n  - {name: gate, paths: [.github/**], maintainers: [alice], threshold: 100%}\n  - {name: core, " +
		"fallback: true, maintainers: [alice, bob]}\n"
	dir := tree(t, map[string]string{".github/review-gate.yml": "version: 1\n", ".github/subsystems.yml": one,
		".github/more.yml": "version: 1\noverlays:\n  - {name: none, contact: x}\n"})
	read := func(names ...string) func(string, string) ([]formats.Source, error) {
		return func(root, policy string) (list []formats.Source, err error) {
			if root != dir || policy != policyPaths[0] {
				t.Errorf("asked for %s in %s", policy, root)
			}
			for _, name := range names {
				data, err := os.ReadFile(filepath.Join(root, name))
				if err != nil {
					return nil, err
				}
				list = append(list, formats.Source{Format: formats.Subsystems, Path: name, Files: []ownership.File{{Path: name, Data: data}}})
			}
			return list, nil
		}
	}
	text := func(c Checker) string {
		files, err := c.Check([]string{dir, filepath.Join(dir, ".github/subsystems.yml")})
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(Text(files), filepath.ToSlash(dir), "D")
	}
	const policyOK, single = "D/.github/review-gate.yml: valid policy\n",
		"  advice: D/.github/subsystems.yml:3: subsystem gate has a single maintainer, who can't approve own changes\n"
	for want, names := range map[string][]string{
		policyOK + "D/.github/subsystems.yml: valid subsystem map\n" +
			single: {".github/subsystems.yml"},
		policyOK + "D/.github/subsystems.yml: valid subsystem map\n" + single +
			"D/.github/more.yml:3: FAULT\n": {".github/subsystems.yml", ".github/more.yml"},
		policyOK + "  advice: there is no D/.github/gone.yml, where the policy has the owners; write it, or name another file under " +
			"ownership\nD/.github/subsystems.yml: valid subsystem map\n" + single: {".github/gone.yml"},
	} {
		got := text(Checker{Sources: read(names...)})
		if at := strings.Index(got, "more.yml:3: "); at >= 0 {
			got = got[:at] + "more.yml:3: FAULT\n"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", names, diff)
		}
	}
}

// TestOwnedElsewhere holds that nothing is looked for in the tree of a policy that has all its owners in
// other repositories, and that what one has here is.
func TestOwnedElsewhere(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]bool{
		"": true, "ownership: [{subsystems: {repo: acme/owners, path: m.yml}}]\n": false,
		"ownership: [{subsystems: {repo: acme/owners, path: m.yml}}, {subsystems: m.yml}]\n": true,
	} {
		dir, asked := tree(t, map[string]string{".github/review-gate.yml": "version: 1\n" + policy}), false
		c := Checker{Sources: func(string, string) ([]formats.Source, error) {
			asked = true
			return nil, nil
		}}
		if _, err := c.Check([]string{dir}); err != nil || asked != want {
			t.Errorf("%q: asked %t; %v", policy, asked, err)
		}
	}
}
