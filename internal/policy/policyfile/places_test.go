package policyfile

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// TestIsBranchAgainstGit holds that git takes every name that is taken here.
func TestIsBranchAgainstGit(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not here")
	}
	r := rand.New(rand.NewPCG(3, 3))
	taken := 0
	for range 600 {
		var b strings.Builder
		for range 1 + r.IntN(5) {
			pieces := []string{"a", "main", "/", ".", "..", ".lock", "-", "HEAD", "é", "x", "v1.2", "{", "}", "$", "\x7f", "+", "_", "//", "refs/"}
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		if name := b.String(); isBranch(name) {
			taken++
			if err := exec.CommandContext(t.Context(), git, "check-ref-format", "refs/heads/"+name).Run(); err != nil {
				t.Errorf("git takes no %q: %v", name, err)
			}
			if err := exec.CommandContext(t.Context(), git, "check-ref-format", "--branch", name).Run(); err != nil {
				t.Errorf("git takes no branch %q: %v", name, err)
			}
		}
	}
	if taken < 100 {
		t.Errorf("only %d names were taken", taken)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"main": true, "release/6.6": true, "a.b": true, "a-": true, "": false, ".": false, "..": false, "a..b": false, "a/../b": false,
		"./a":  false,
		"a/.b": false, "a//b": false, "/a": false, "a/": false, "a.": false, "a.lock": false, "a.lock/b": false, "-a": false, "HEAD": false,
		"@":     false,
		"a@{1}": false, "a b": false, "a~1": false, "a^": false, "a:b": false, "a?": false, "a*": false, "a[": false, `a\`: false, "a\x7f": false,
	} {
		if got := isBranch(name); got != want {
			t.Errorf("branch %q: %v", name, got)
		}
	}
	for name, want := range map[string]bool{
		"acme/linux": true, "acme/.github": true, "acme/..": false, "acme/.": false, "../x": false, "acme/x/y": false, "acme/": false,
		"acme": false, "acme/...": false,
	} {
		if got := isRepo(name); got != want {
			t.Errorf("repository %q: %v", name, got)
		}
	}
	for name, want := range map[string]bool{
		"a": true, ".github/a.yml": true, "a/b/": true, "a b": true, "..a": true, "": false, ".": false, "a/./b": false, "a/../b": false,
		"../a": false,
		"a//b": false, "a/b//": false, "./a": false, "/": false, ".git/config": false, "a/.GIT/x": false, "a:b": false, "a\tb": false,
		"a\xff": false,
	} {
		if got := isPath(name, true); got != want {
			t.Errorf("path %q: %v", name, got)
		}
	}
}
