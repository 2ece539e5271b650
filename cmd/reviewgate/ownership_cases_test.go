package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

// TestOwnershipCases runs the commands on small files that were once read wrongly,
// of the shared test data. Those that need a commit are stories and scripts:
// owners-vendored and links.
func TestOwnershipCases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		files      string // of the case
		args       []string
		exit       int
		want, lack string
	}{
		{"01-owners-vendor/OWNERS 01-owners-vendor/vendor/k8s.io/x/OWNERS", []string{"owners", "--local", "DIR", "vendor/k8s.io/x/f.go"}, 0,
			"root", "stranger"},
		{"02-github-invalid-owner/CODEOWNERS", []string{"owners", "--local", "DIR", "src/a"}, 0, "security", "  mallory"},
		{"02-github-invalid-owner/CODEOWNERS", []string{"owners", "--local", "DIR", "src/a"}, 0, "CODEOWNERS:2: GitHub skips this line", ""},
		{"03-github-three-stars/CODEOWNERS", []string{"owners", "--local", "DIR", "a/b.rb"}, 0, "security", " monalisa  CODEOWNERS"},
		{"03-github-three-stars/CODEOWNERS", []string{"validate", "DIR/CODEOWNERS"}, 0, "CODEOWNERS:2: GitHub skips this line", ""},
		{"04-github-brackets/CODEOWNERS", []string{"validate", "DIR/CODEOWNERS"}, 0, `write \[ for the bracket itself`, ""},
		{"04-github-brackets/CODEOWNERS", []string{"owners", "--local", "DIR", "app/[slug]/a"}, 0, "root", " web  CODEOWNERS"},
		{"05-github-comment-block/CODEOWNERS", []string{"owners", "--local", "DIR", "README"}, 0, "nobody owns it", " carol "},
		{"05-github-comment-block/CODEOWNERS", []string{"owners", "--local", "DIR", "src/a"}, 0, "bob", " carol "},
		{"11-gitlab-header-dropped/.gitlab/CODEOWNERS", []string{"owners", "--local", "DIR", "--dialect", "gitlab", "a.md"}, 2,
			"CODEOWNERS:1: section \"Docs\": GitLab drops", "bob  "},
		{"16-gitee-validate-dialect/.gitee/CODEOWNERS", []string{"validate", "DIR/.gitee/CODEOWNERS"}, 0, "valid codeowners file", "GitHub"},
		{"17-gitee-required-reviewers/.gitee/CODEOWNERS", []string{"owners", "--local", "DIR", "--dialect", "gitee", "src/a.cpp"}, 2,
			"required_reviewers=2", "ann  "},
		{"18-gitee-block-comment/.gitee/CODEOWNERS", []string{"validate", "DIR/.gitee/CODEOWNERS"}, 1, "CODEOWNERS:1: a block comment", ""},
		{"19-owners-filter-unknown-key/OWNERS", []string{"validate", "DIR/OWNERS"}, 0, "OWNERS:4: the key emeritus_reviewers says nothing", ""},
		{"20-owners-aliases-flow-map/OWNERS 20-owners-aliases-flow-map/OWNERS_ALIASES", []string{"owners", "--local", "DIR", "a"}, 0,
			"ann, bob", "team"},
		{"20-owners-aliases-flow-map/OWNERS_ALIASES", []string{"validate", "DIR/OWNERS_ALIASES"}, 0, "valid", ""},
		{"21-owners-yaml-anchor/OWNERS", []string{"owners", "--local", "DIR", "a"}, 0, "ann, bob", ""},
		{"21-owners-yaml-anchor/OWNERS", []string{"validate", "DIR/OWNERS"}, 0, "valid", ""},
		{"24-ownersyaml-duplicate-key/owners.yaml", []string{"validate", "DIR/owners.yaml"}, 0, "owners.yaml:14: duplicate key \"mailingList\"",
			""},
		{"25-maintainers-lookbehind/MAINTAINERS", []string{"validate", "DIR/MAINTAINERS"}, 0, "valid", ""},
		{"25-maintainers-lookbehind/MAINTAINERS", []string{"owners", "--local", "DIR", "drivers/versal.c"}, 0, "VERSAL", "nobody"},
		{"25-maintainers-lookbehind/MAINTAINERS", []string{"owners", "--local", "DIR", "drivers/universal.c"}, 0, "nobody owns it", "VERSAL"},
		{"26-maintainers-underlined-titles/MAINTAINERS", []string{"owners", "--local", "DIR", "net/a"}, 0, "Networking Drivers", "----"},
	}
	for _, tt := range tests {
		name, _, _ := strings.Cut(tt.files, "/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file := range strings.FieldsSeq(tt.files) {
				_, inside, _ := strings.Cut(file, "/")
				at := filepath.Join(dir, filepath.FromSlash(inside))
				data := forgetest.Shared(t, "cases/ownership/"+file)
				if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := make([]string, len(tt.args))
			for i, a := range tt.args {
				args[i] = strings.Replace(a, "DIR", dir, 1)
			}
			var out strings.Builder
			exit := run(t.Context(), args, strings.NewReader(""), &out, &out)
			if exit != tt.exit || !strings.Contains(out.String(), tt.want) || tt.lack != "" && strings.Contains(out.String(), tt.lack) {
				t.Errorf("%v: exit %d, want %d with %q and without %q:\n%s", args, exit, tt.exit, tt.want, tt.lack, out.String())
			}
		})
	}
}
