package deploy_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write THIRD-PARTY-NOTICES.txt anew")

const notices = "THIRD-PARTY-NOTICES.txt"

// legal are the names of files that a licence asks to be handed on.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents)([._-].*)?$`)

// TestNotices holds the licences that are delivered to the modules that are in the binaries,
// whichever system they are for. After a change of modules: go test ./deploy -run Notices
// -update.
func TestNotices(t *testing.T) {
	t.Parallel()
	dirs := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "nodemo", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/reviewgate")
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("list the modules for %s: %v", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				dirs[name] = dir
			}
		}
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs["Go, its library and runtime"] = strings.TrimSpace(string(root))
	var b strings.Builder
	b.WriteString("What the reviewgate program is made of besides its own code, and the terms of each.\n")
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		fmt.Fprintf(&b, "\n%s\n%s\n", strings.Repeat("=", 78), name)
		terms(t, &b, name, dirs[name])
	}
	if *update {
		if err := os.WriteFile(notices, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, notices) != b.String() {
		t.Errorf("%s is not of the modules of go.mod; write it anew: go test ./deploy -run Notices -update", notices)
	}
}

// terms writes the legal files of a module.
func terms(t *testing.T, b *strings.Builder, name, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		found++
		text := strings.TrimSpace(strings.ReplaceAll(read(t, filepath.Join(dir, e.Name())), "\r\n", "\n"))
		fmt.Fprintf(b, "\n--- %s\n\n%s\n", e.Name(), text)
	}
	if found == 0 {
		t.Errorf("%s has no licence", name)
	}
}
