package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHealthByPolicy holds that an area of reviewers lacks people only where their approvals do not
// count, by the policy that stands beside the map.
func TestHealthByPolicy(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{
		"version: 1\n": exitFail, "version: 1\nreviewers_count: true\n": exitPass, "version: 7\n": exitError} {
		dir := t.TempDir()
		for name, text := range map[string]string{".github/review-gate.yml": policy, "mm/a.c": "",
			"MAINTAINERS": "Maintainers\n-----------\n\nMM\nR:\tAnn <ann@example.org> [@ann]\nS:\tMaintained\nF:\tmm/\n"} {
			at := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		args := []string{"health", "--local", dir, "--source", "maintainers:" + filepath.Join(dir, "MAINTAINERS"), "--strict=unstaffed"}
		if code := run(t.Context(), args, strings.NewReader(""), &out, &out); code != want {
			t.Errorf("%q: %d\n%s", policy, code, out.String())
		}
	}
}
