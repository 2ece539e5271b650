package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
)

// hostile is what an author may put into a name. A line of output that begins with
// FORGED was begun by it.
const hostile = "x\nFORGED line\r\nFORGED ::error title=t::y\n::stop-commands::z\n  ::add-mask::w\r::debug::v ##[add-mask]u " +
	"\x1b[2J\x1b[31m\u202e\u200b\u2028\b\u009b内存"

// isCommand finds what GitHub's runner would obey; a carriage return ends a line for it.
var isCommand = regexp.MustCompile(`(?m)(^|\r)\s*::|##\[`)

// holdShown holds that a text of a command is only shown.
func holdShown(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) || isCommand.MatchString(text) || regexp.MustCompile(`(?m)^\s*FORGED`).MatchString(text) {
		t.Errorf("%s is more than shown:\n%q", what, text)
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
			t.Errorf("%s holds %q:\n%q", what, r, text)
			return
		}
	}
}

// shown runs a command and holds that what it prints is only shown.
func shown(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	run(t.Context(), args, strings.NewReader(stdin), &out, &problems)
	what := strings.Join(args, " ")
	holdShown(t, "the output of "+strconv.Quote(what), out.String())
	holdShown(t, "what "+strconv.Quote(what)+" says of errors", problems.String())
	if out.Len()+problems.Len() == 0 {
		t.Errorf("%q prints nothing", what)
	}
	if strings.Contains(what, "--format json") && out.Len() > 0 && !json.Valid(out.Bytes()) {
		t.Errorf("%q: no JSON:\n%s", what, out.String())
	}
	return out.String() + problems.String()
}

// hostileFiles are files with hostile names and texts.
func hostileFiles(t *testing.T, dir string) {
	t.Helper()
	quoted := strconv.QuoteToASCII(hostile) // is YAML as well
	var back string
	check0(t, yaml.Unmarshal([]byte(quoted), &back))
	if back != hostile {
		t.Fatalf("%q", back)
	}
	for path, text := range map[string]string{
		".github/review-gate.yml": "version: 1\ncontact: " + quoted + "\n",
		".github/subsystems.yml": fmt.Sprintf(
			"version: 1\nsubsystems:\n  - {name: mm, title: {en: %[1]s}, paths: [\"mm/**\"], maintainers: [alice], contact: %[1]s, labels: "+
				"[x]}\n  - {name: core, fallback: true, maintainers: [carol]}\n", quoted),
		"faulty.yml": fmt.Sprintf("version: 1\n%[1]s: 3\nthreshold: %[1]s\n", quoted),
		"faulty-map.yml": fmt.Sprintf("version: 1\nsubsystems:\n  - {name: %[1]s, paths: [%[1]s, \"[\"], maintainers: [%[1]s]}\n",
			quoted),
		"service.yml": fmt.Sprintf("listen: %[1]s\nforges: [{name: %[1]s, kind: %[1]s}]\n", quoted),
		"MAINTAINERS": "MM " + strings.ReplaceAll(hostile, "\n", " ") + "\nM:\tA " + strings.ReplaceAll(hostile, "\n", " ") +
			" <a@k.example>\nF:\tmm/\nQ:\n",
		"CODEOWNERS": hostile + "\n* @" + hostile + "\n",
		"mm/" + strings.ReplaceAll(hostile, "/", "") + ".c": "new\n",
		"mm/\xff.c": "new\n",
	} {
		check0(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o750), os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600))
	}
}

// TestOutputIsOnlyShown plays hostile names through every command that prints: none
// of them begins a line, is taken for a command of a CI system, or is obeyed by a
// terminal.
func TestOutputIsOnlyShown(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	repo := filepath.Join(dir, "repo")
	hostileFiles(t, repo)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git",
			append([]string{"-C", repo, "-c", "user.name=" + strings.ReplaceAll(hostile, "\n", " "), "-c", "user.email=x\x1b@example.com"},
				args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", ".github")
	git("commit", "-qm", "start")
	git("checkout", "-qb", "topic")
	git("add", "mm")
	git("commit", "-qm", hostile)
	saved := filepath.Join(dir, "run.json")
	local := []string{"check", "--local", repo, "--base", "main", "--author", "dave", "--approve", "alice"}
	text := shown(t, "", append(local, "--save", saved)...)
	if !strings.Contains(text, `FORGED line\r\nFORGED`) || !strings.Contains(text, "内存") {
		t.Errorf("the path is not shown:\n%s", text)
	}
	shown(t, "", append(local, "--format", "json")...)
	shown(t, "", "check", "--local", repo, "--base", "main", "--author", hostile, "--approve", hostile, "--team", "a/b="+hostile)
	shown(t, "", "check", "--local", repo, "--base", hostile, "--author", "dave")
	shown(t, "", append(local, "--policy", filepath.Join(repo, "faulty.yml"))...)
	shown(t, "", append(local, "--policy", hostile)...)
	shown(t, "", "replay", saved)
	shown(t, "", "replay", saved, "--format", "json")
	shown(t, "", "replay", hostile)
	for _, format := range []string{"text", "json", "tsv"} {
		shown(t, "", "owners", "--local", repo, "--format", format, "mm/"+hostile, hostile, "::error::x", "\xff")
		shown(t, strings.ReplaceAll(hostile, "\n", " ")+"\n::error::x\n", "owners", "--local", repo, "--format", format)
	}
	for _, source := range []string{"maintainers:MAINTAINERS", "codeowners:CODEOWNERS", "subsystems:faulty-map.yml", "subsystems:" + hostile,
		hostile} {
		shown(t, "", "owners", "--source", source, "--local", repo, "mm/a.c")
		shown(t, "", "health", "--source", source, "--local", repo)
	}
	shown(t, "", "health", "--local", repo, "--format", "json")
	shown(t, "", "health", "--local", repo)
	for _, file := range []string{"faulty.yml", "faulty-map.yml", "service.yml", "MAINTAINERS", "CODEOWNERS", ".github/subsystems.yml",
		hostile} {
		shown(t, "", "validate", filepath.Join(repo, file))
	}
	shown(t, "", "serve", "--config", filepath.Join(repo, "service.yml"))
	shown(t, "", "admin", "jobs", "list", "--database", hostile)
	shown(t, "", "report", "simulate-assign", hostile)
	shown(t, "", hostile)
	shown(t, "", "check", "--"+hostile)
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v: %v", info.Mode(), err)
	}
}

// TestOutputOfAForgeIsOnlyShown holds the same of what comes from a forge, and of
// what a service kept of it.
func TestOutputOfAForgeIsOnlyShown(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_TOKEN", "token-alice")
	w := newWorld(t, worldOptions{policy: "version: 1\ncontact: " + strconv.QuoteToASCII(hostile) + "\n"})
	w.swept()
	pr := w.open("topic", "mm/"+strings.ReplaceAll(hostile, "/", "")+".c", "fs/::error::x")
	w.until("a check", func() bool { return w.run(pr.Head()).Title != "" })
	_, err := pr.Comment("alice", "/override "+pr.Head()+" "+hostile)
	check0(t, err)
	w.quiet()
	database := "sqlite:" + filepath.Join(w.dir, "gate.db")
	for _, format := range []string{"text", "json"} {
		text := shown(t, "", "check", "--api-url", w.server.URL+"/", "--repo", "acme/linux", "--pr", "1", "--format", format)
		if !strings.Contains(text, "FORGED line") {
			t.Errorf("the path is not shown:\n%s", text)
		}
		shown(t, "", "replay", "github:acme/linux#1", "--database", database, "--format", format)
		shown(t, "", "report", "load", "--repo", "acme/linux", "--database", database, "--format", format)
	}
	shown(t, "", "check", "--api-url", w.server.URL+"/", "--repo", "acme/"+strings.ReplaceAll(hostile, "/", ""), "--pr", "1")
	ref := pull.Ref{Repo: pull.Repo{Forge: hostile, Owner: hostile, Name: hostile}, Number: 1}
	holdQuoted(t, "a run", describeRun(&gate.Run{Ref: ref, Head: hostile}, nil))
	var jobs bytes.Buffer
	check0(t, printJobs(&jobs, format{value: "text"}, []queue.Job{{Ref: ref, State: hostile, Err: hostile}}))
	holdQuoted(t, "the list of jobs", jobs.String())
}

// holdQuoted holds that a text is only shown before it goes through the last writer,
// but for what that one alone knows.
func holdQuoted(t *testing.T, what, text string) {
	t.Helper()
	holdShown(t, what, strings.ReplaceAll(text, "##[", ""))
}
