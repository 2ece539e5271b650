package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

func (r *repo) changed(p Change) []pull.Content {
	r.t.Helper()
	opened := r.open(p)
	look, err := opened.Look(r.t.Context(), opened.Ref(), nil, false)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := opened.Files(r.t.Context(), look)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := opened.Sides(r.t.Context(), look, &c); err != nil {
		r.t.Fatal(err)
	}
	if c.Incomplete != "" || c.After != look.Revision() || look.ChangedFiles != len(c.Files) {
		r.t.Errorf("incomplete: %q; after: %+v, look: %+v", c.Incomplete, c.After, look.Revision())
	}
	out := make([]pull.Content, len(c.Files))
	for i, f := range c.Files {
		out[i] = f.Content
		if !f.Whole() {
			r.t.Errorf("%q is not whole: %+v", f.Path, f.Content)
		}
	}
	return out
}

func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	old := r.git("rev-parse", "main:mm/a.c", "main:mm/b.c", "main:fs/c.c")
	a, b, c := old[:40], old[41:81], old[82:]
	odd := []string{"-dash", "new\nline", `quo"te\`, "tab\tand space ", "über/文件", "*?[a]"}
	for _, name := range odd {
		r.write(name, name+"\n")
	}
	r.write("mm/b.c", lines("mm/b.c")+"more\n")
	r.git("mv", "mm/b.c", "mm/renamed.c")
	r.git("rm", "--quiet", "mm/a.c")
	if err := os.Symlink("b.c", filepath.Join(r.dir, "mm", "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	r.git("add", "--all")
	r.git("update-index", "--chmod=+x", "fs/c.c")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+a+",vendor/lib")
	r.git("commit", "--quiet", "--message", "many kinds")

	want := []pull.Content{
		{Path: "fs/c.c", Status: pull.Changed, OldMode: pull.Regular, Mode: pull.Executable, OldID: c, ID: c},
		{Path: "mm/a.c", Status: pull.Removed, OldMode: pull.Regular, OldID: a},
		{Path: "mm/link", Status: pull.Added, Mode: pull.Symlink, ID: r.id("topic:mm/link")},
		{Path: "mm/renamed.c", OldPath: "mm/b.c", Status: pull.Renamed, OldMode: pull.Regular, Mode: pull.Regular, OldID: b,
			ID: r.id("topic:mm/renamed.c")},
		{Path: "vendor/lib", Status: pull.Added, Mode: pull.Submodule, ID: a},
	}
	for _, name := range odd {
		want = append(want, pull.Content{Path: name, Status: pull.Added, Mode: pull.Regular, ID: r.id("topic:" + name)})
	}
	got := r.changed(r.proposal())
	byPath := func(x, y pull.Content) int { return strings.Compare(x.Path, y.Path) }
	slices.SortFunc(got, byPath)
	slices.SortFunc(want, byPath)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTypeChange: a file that becomes a link is no other file.
func TestTypeChange(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	file := filepath.Join(r.dir, "mm", "a.c")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b.c", file); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	r.commit("a link")
	want := []pull.Content{{Path: "mm/a.c", Status: pull.Changed, OldMode: pull.Regular, Mode: pull.Symlink, OldID: r.id("main:mm/a.c"),
		ID: r.id("topic:mm/a.c")}}
	if diff := cmp.Diff(want, r.changed(r.proposal())); diff != "" {
		t.Error(diff)
	}
}

// TestHostileRepository: nothing that a repository brings along runs a program
// or changes what is listed.
func TestHostileRepository(t *testing.T) {
	r := newRepo(t)
	r.write(".gitmodules", "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = ../lib\n\tignore = all\n")
	r.write(".gitattributes", "* diff=evil filter=evil merge=evil\n")
	r.git("add", "--all")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+r.id("main")+",vendor/lib")
	r.git("commit", "--quiet", "--message", "a submodule")
	r.git("branch", "--force", "main")
	r.git("update-index", "--cacheinfo", "160000,"+r.id("main:mm/a.c")+",vendor/lib")
	r.git("mv", "mm/b.c", "mm/renamed.c")
	r.git("commit", "--quiet", "--message", "topic")
	before := r.changed(r.proposal())
	if len(before) != 2 {
		t.Fatalf("changed: %+v", before)
	}

	trap := filepath.Join(t.TempDir(), "sprung")
	program := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch '"+trap+"'\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	for _, key := range []string{
		"diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
		"core.fsmonitor", "core.pager", "pager.diff-tree", "pager.rev-list", "core.editor", "core.sshCommand", "core.askPass",
		"core.alternateRefsCommand", "gpg.program", "gpg.ssh.program", "credential.helper", "uploadpack.packObjectsHook",
	} {
		r.git("config", key, program)
	}
	for _, name := range []string{"rev-parse", "rev-list", "diff-tree", "cat-file", "merge-base", "log"} {
		r.git("config", "alias."+name, "!"+program)
	}
	for key, value := range map[string]string{
		"log.showSignature": "true", "diff.renames": "false", "diff.renameLimit": "1", "diff.ignoreSubmodules": "all", "diff.noprefix": "true",
		"diff.relative": "true", "submodule.lib.ignore": "all", "submodule.lib.active": "true", "core.quotePath": "true",
		"core.worktree": "/nowhere", "core.abbrev": "4",
		"core.hooksPath": filepath.Dir(program), "protocol.allow": "always", "protocol.ext.allow": "always", "core.warnAmbiguousRefs": "false",
		"core.bigFileThreshold": "1", "diff.orderFile": program, "log.mailmap": "true", "i18n.logOutputEncoding": "UTF-16",
		"grep.extendedRegexp": "true",
	} {
		r.git("--git-dir=.git", "--work-tree=.", "config", key, value)
	}
	hide := r.git("--git-dir=.git", "--work-tree=.", "commit-tree", "-m", "nothing changed", "main^{tree}")
	r.git("--git-dir=.git", "--work-tree=.", "replace", "topic", hide)
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "info", "grafts"), []byte(r.id2("topic")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_TRACE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
		"GIT_DIFF_OPTS"} {
		t.Setenv(name, program)
	}
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "diff.external")
	t.Setenv("GIT_CONFIG_VALUE_0", program)
	if diff := cmp.Diff(before, r.changed(r.proposal())); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("the repository ran its program")
	}
}

// id2 is id where core.worktree is broken.
func (r *repo) id2(revision string) string {
	r.t.Helper()
	return r.git("--git-dir=.git", "--work-tree=.", "rev-parse", "--verify", revision)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.git("tag", "v1")
	r.git("tag", "both", "main")
	r.git("branch", "both")
	r.git("checkout", "--quiet", "--orphan", "island")
	r.commit("elsewhere")
	tests := []struct {
		name string
		p    Change
		want string
	}{
		{"no directory", Change{Dir: filepath.Join(r.dir, "nowhere"), Base: "main", Head: "topic"}, "no such file"},
		{"no repository", Change{Dir: t.TempDir(), Base: "main", Head: "topic"}, "is in no git repository"},
		{"no such base", Change{Dir: r.dir, Base: "nope", Head: "topic"}, `base: there is no commit "nope" here; fetch it`},
		{"no such head", Change{Dir: r.dir, Base: "main", Head: "nope"}, `head: there is no commit "nope" here; fetch it`},
		{"an option", Change{Dir: r.dir, Base: "main", Head: "--all"}, `head: there is no commit "--all" here`},
		{"a range", Change{Dir: r.dir, Base: "main", Head: "main..topic"}, `head: there is no commit "main..topic" here`},
		{"nothing", Change{Dir: r.dir, Base: "main", Head: ""}, `head: there is no commit "" here`},
		{"a blob", Change{Dir: r.dir, Base: "main:mm/a.c", Head: "topic"}, "base: "},
		{"ambiguous", Change{Dir: r.dir, Base: "both", Head: "topic"}, "refname 'both' is ambiguous"},
		{"unrelated", Change{Dir: r.dir, Base: "main", Head: "island"}, "they have no commit in common"},
		{"no such review", Change{Dir: r.dir, Base: "main", Head: "topic", Reviews: []Review{{By: "alice", Revision: "nope"}}},
			`review of alice: there is no commit "nope" here`},
	}
	for _, tt := range tests {
		opened, err := Open(t.Context(), tt.p)
		if err == nil {
			t.Errorf("%s: opened", tt.name)
			_ = opened.Close()
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestBaseBranch(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.git("branch", "release/6.6", "main")
	r.git("tag", "v1", "main")
	r.git("update-ref", "refs/remotes/origin/stable/5.10", "main")
	r.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/stable/5.10")
	for _, tt := range []struct{ base, branch, want string }{
		{"", "", "stable/5.10"},
		{"main", "", "main"},
		{"refs/heads/main", "", "main"},
		{"release/6.6", "", "release/6.6"},
		{"origin/stable/5.10", "", "stable/5.10"},
		{"origin", "", "stable/5.10"},
		{r.id("main"), "main", "main"},
		{"main", "release/6.6", "release/6.6"},
		{"v1", "", "v1"},
	} {
		p := r.proposal()
		p.Base, p.Branch = tt.base, tt.branch
		opened := r.open(p)
		look, err := opened.Look(t.Context(), opened.Ref(), nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if opened.NamesBranch != (tt.base != "v1") {
			t.Errorf("--base %s names a branch: %v", tt.base, opened.NamesBranch)
		}
		usual := "stable/5.10" // as origin/HEAD says, unless nothing says what the base is
		if tt.base == "v1" {
			usual = tt.want
		}
		if look.Request.BaseBranch != tt.want || look.DefaultBranch != usual || look.Request.BaseTip != r.id("main") {
			t.Errorf("--base %s --branch %q: branch %q, default branch %q at %s", tt.base, tt.branch, look.Request.BaseBranch, look.DefaultBranch,
				look.Request.BaseTip)
		}
	}
}

// TestShallow: a clone that ends too early does not pass for the whole.
func TestShallow(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	for _, name := range []string{"one", "two", "three"} {
		r.write("mm/a.c", name)
		r.commit(name)
	}
	clone := func(depth string) Change {
		dir := filepath.Join(t.TempDir(), "clone")
		r.git("clone", "--quiet", "--no-single-branch", "--depth="+depth, "file://"+r.dir, dir)
		return Change{Dir: dir, Base: "origin/main", Head: "origin/topic", Author: "dave"}
	}
	_, err := Open(t.Context(), clone("2"))
	if err == nil || !strings.Contains(err.Error(), "fetch more: git fetch --unshallow, or --deepen=N") {
		t.Errorf("too shallow a clone: %v", err)
	}
	if diff := cmp.Diff(r.changed(r.proposal()), r.changed(clone("4"))); diff != "" {
		t.Error(diff)
	}
}

// TestPartial: what a partial clone lacks is not fetched.
func TestPartial(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("mm/a.c", "changed\n")
	r.commit("change")
	r.git("config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "--quiet", "--bare", "--filter=blob:none", "file://"+r.dir, dir)
	opened := r.open(Change{Dir: dir, Base: "main", Head: "topic", Author: "dave"})
	if _, err := opened.Blob(t.Context(), opened.Ref().Repo, r.id("topic:mm/a.c"), 1<<20); err == nil ||
		!strings.Contains(err.Error(), "fetch") {
		t.Errorf("a missing blob: %v", err)
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"/src/linux": "linux", "/src/linux/.git": "linux", "/srv/linux.git/": "linux", "/": "-", "/src/a#b:c": "a-b-c",
	} {
		if got := nameOf(dir); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", dir, got, want)
		}
	}
}
