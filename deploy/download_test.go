package deploy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestDownload runs the action's download with a stand-in for curl, which serves the
// files of a release as deploy/.goreleaser.yaml names them.
func TestDownload(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("no bash: %v", err)
	}
	var release struct {
		ProjectName string `yaml:"project_name"`
		Archives    []struct {
			Name string `yaml:"name_template"`
		}
		Checksum struct {
			Name string `yaml:"name_template"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, ".goreleaser.yaml")), &release); err != nil {
		t.Fatal(err)
	}
	archive := strings.NewReplacer("{{ .ProjectName }}", release.ProjectName, "{{ .Version }}", "1.2.3", "{{ .Os }}", "linux", "{{ .Arch }}",
		"amd64").Replace(release.Archives[0].Name) + ".tar.gz"
	tests := map[string]struct {
		ref, arch string
		spoil     string // what is served instead of a file
		found     bool
		fails     string
	}{
		"a release":           {ref: "v1.2.3", found: true},
		"another content":     {ref: "v1.2.3", spoil: archive, fails: "the checksum of " + archive},
		"no checksum":         {ref: "v1.2.3", spoil: release.Checksum.Name, fails: "the checksum of " + archive},
		"no such release":     {ref: "v9.9.9", fails: "failed; run the job again"},
		"a branch":            {ref: "main"},
		"a commit":            {ref: strings.Repeat("0123abcd", 5)},
		"a hostile ref":       {ref: "v1.2.3/../../../x; touch x"},
		"no release for that": {ref: "v1.2.3", arch: "RISCV64"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			serve(t, dir, archive, release.Checksum.Name, tt.spoil)
			if tt.arch == "" {
				tt.arch = "X64"
			}
			cmd := exec.CommandContext(t.Context(), bash, "download.sh")
			cmd.Env = []string{"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "SERVED=" + dir, "RUNNER_TEMP=" + dir + "/temp", "RUNNER_OS=Linux",
				"RUNNER_ARCH=" + tt.arch,
				"REF=" + tt.ref, "REPOSITORY=reviewgate/reviewgate", "GITHUB_OUTPUT=" + dir + "/output"}
			out, err := cmd.CombinedOutput()
			if (err != nil) != (tt.fails != "") || !strings.Contains(string(out), tt.fails) {
				t.Errorf("%v\n%s", err, out)
			}
			told, _ := os.ReadFile(dir + "/output") // none where it is built from source
			if got := string(told) == "found=true\n"; got != tt.found {
				t.Errorf("output %q", told)
			}
			if _, err := os.Stat(dir + "/temp/reviewgate"); (err == nil) != tt.found {
				t.Errorf("the binary: %v", err)
			}
		})
	}
}

// serve makes the files of release v1.2.3, and a curl that serves them.
func serve(t *testing.T, dir, archive, sums, spoil string) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	at := filepath.Join(dir, "releases", "download", "v1.2.3")
	for _, d := range []string{at, dir + "/bin", dir + "/temp", dir + "/made"} {
		must(os.MkdirAll(d, 0o700))
	}
	must(os.WriteFile(dir+"/made/reviewgate", []byte("a binary"), 0o700))
	must(exec.CommandContext(t.Context(), "tar", "-czf", filepath.Join(at, archive), "-C", dir+"/made", "reviewgate").Run())
	content, err := os.ReadFile(filepath.Join(at, archive))
	must(err)
	sum := sha256.Sum256(content)
	must(os.WriteFile(filepath.Join(at, sums), []byte("00  other.tar.gz\n"+hex.EncodeToString(sum[:])+"  "+archive+"\n"), 0o600))
	if spoil != "" {
		must(os.WriteFile(filepath.Join(at, spoil), []byte("something else"), 0o600))
	}
	const curl = `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in -o) to="$2"; shift ;; https://github.com/reviewgate/reviewgate/*) from="${1#https://github.com/reviewgate/reviewgate/}" ;; esac
  shift
done
cp "$SERVED/$from" "$to"
`
	must(os.WriteFile(dir+"/bin/curl", []byte(curl), 0o700))
}
