package forgetest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// Setting is what a world begins with.
type Setting struct {
	Policy, Owners string // DefaultPolicy and DefaultMap if empty; without either if Policy is none
	Files          map[string]string
}

// DefaultPolicy and DefaultMap are the policy and the map of subsystems of a world that
// says nothing of them.
const (
	DefaultPolicy = "version: 1\nthreshold: 80%\nassign: off\ncomment: false\n"
	DefaultMap    = `version: 1
subsystems:
  - {name: mm, paths: ["mm/**"], maintainers: [alice]}
  - {name: fs, paths: ["fs/**"], maintainers: [bob, "@acme/fs"]}
  - {name: core, fallback: true, maintainers: [carol]}
`
)

// MapPath is the path of the map of subsystems, and storyPolicy that of the policy in stories.
const (
	storyPolicy = ".github/review-gate.yml"
	MapPath     = ".github/subsystems.yml"
)

// local turns what stories write into what holds on a forge: its name, and the path of its
// policy.
func local(forge, policyPath string) *strings.Replacer {
	return strings.NewReplacer(storyPolicy, policyPath, "logins: {github:", "logins: {"+forge+":")
}

// Tree is the content of the default branch on a forge of a name, with the policy at a path.
func (s Setting) Tree(forge, policyPath string) map[string]string {
	files := map[string]string{}
	if s.Policy != "none" {
		files[storyPolicy], files[MapPath] = or(s.Policy, DefaultPolicy), or(s.Owners, DefaultMap)
	}
	for _, path := range []string{"mm/a.c", "mm/b.c", "fs/a.c", "fs/b.c", "kernel/fork.c", "README"} {
		files[path] = Lines(path, 20)
	}
	for path, text := range s.Files {
		files[path] = text
	}
	here := local(forge, policyPath)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		text := here.Replace(files[path])
		delete(files, path)
		files[here.Replace(path)] = text
	}
	return files
}

// Lines is a text of numbered lines.
func Lines(name string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s line %d\n", name, i)
	}
	return b.String()
}

func or(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// Story is a file of the story language: what the base branch holds, and steps.
type Story struct {
	Name  string
	Begin Setting
	needs []string
	told  []told
}

// told is a step of a story: its line, and the indented lines below it.
type told struct {
	line string
	more []string
}

// word is the first word of a step.
func (s told) word() string {
	word, _, _ := strings.Cut(s.line, " ")
	return word
}

// ReadStories reads the *.txtar of a folder. The files policy, owners and others of a story
// replace the world's own; its comment says what it holds, and in a line "needs: NAME..."
// what a forge must have for it.
func ReadStories(t testing.TB, dir string) []Story {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s: %v", dir, err)
	}
	var out []Story
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		must(t, err)
		s := Story{Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), Begin: Setting{Files: map[string]string{}}}
		for line := range strings.Lines(string(archive.Comment)) {
			if needs, ok := strings.CutPrefix(line, "needs:"); ok {
				s.needs = strings.Fields(needs)
			}
		}
		for _, need := range s.needs {
			if !slices.Contains(features, need) {
				t.Fatalf("%s: unknown need %q", file, need)
			}
		}
		for _, f := range archive.Files {
			switch f.Name {
			case "policy":
				s.Begin.Policy = string(f.Data)
			case "owners":
				s.Begin.Owners = string(f.Data)
			case "story":
				s.told = steps(string(f.Data))
			default:
				s.Begin.Files[f.Name] = string(f.Data)
			}
		}
		if len(s.told) == 0 {
			t.Fatalf("%s: no story", file)
		}
		out = append(out, s)
	}
	return out
}

// steps reads the lines of a story.
func steps(text string) []told {
	var out []told
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			if len(out) > 0 {
				last := &out[len(out)-1]
				last.more = append(last.more, trimmed)
			}
		default:
			out = append(out, told{line: trimmed})
		}
	}
	return out
}

// Uses reports whether a step of a story begins with one of some words.
func (s Story) Uses(words ...string) bool {
	return slices.ContainsFunc(s.told, func(step told) bool { return slices.Contains(words, step.word()) })
}

// Rewrites reports whether a branch is rewritten, or another one merged into it.
func (s Story) Rewrites() bool {
	return slices.ContainsFunc(s.told, func(step told) bool {
		return strings.HasPrefix(step.line, "reset topic ") || strings.Contains(step.line, " merging ")
	})
}

// Declared is what a story's comment says that it needs.
func (s Story) Declared() []string { return s.needs }

// Needs lists what a forge must have for a story, sorted: what its comment says, and what
// its steps are about.
func (s Story) Needs() []string {
	all := map[string]bool{}
	for _, need := range s.needs {
		all[need] = true
	}
	for _, step := range s.told {
		if need := step.need(); need != "" {
			all[need] = true
		}
		if strings.Contains(step.line, "[bot]") {
			all["bots"] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// features are what forges may lack, by the names that stories need them by.
var features = []string{
	"annotations", "bots", "busy", "calls", "checks", "clock", "dismissals", "hidden", "knobs", "queue", "reactions", "repoint",
	"requests-for-changes", "source", "summary", "teams", "test-merge",
	"addresses",        // it is told whose an address is
	"authors",          // it is told of who comments whether that person may write
	"begun-reviews",    // a review can be begun, and given later
	"draw",             // the repository is github:acme/linux, which decides between reviewers who are equal
	"english",          // policies that name no language are in English
	"github-directory", // the policy is in .github
	"editors",          // it is told of reviews that they were edited, and by whom
	"holds",            // there are no requests for changes, and comments stand in
	"followed-bases",   // that the base was deleted, and another took its place, is told apart from a retarget
	"foreign-checks",   // others write checks or statuses, too
	"kept-reviews",     // a review stays when another commit is pushed
	"named-checks",     // a branch requires a check by its name
	"patches",          // the text of changes is told
	"plain-owners",     // a CODEOWNERS is a file like any other: the forge itself asks nobody
	"protection",       // the forge tells what branches require
	"refused-labels",   // some labels are refused
	"lasting-reviews",  // a review stands, and can be dismissed, beside a newer one of the same person
	"refused-requests", // who may not write can't be asked for review
	"review-texts",     // an approval has a text
	"reviewed-commits", // a review can be given for another commit than the head
	"skipped-owners",   // the forge passes over an owner who may not write
	"stranger-reviews", // who may not write can review
	"titles",           // of a check
	"writers",          // it is told of who reviews whether that person may write
}

// needs are the features that steps need.
var needs = map[string]string{
	"queue": "queue", "enqueue": "queue", "dequeue": "queue", "build": "queue", "group": "queue", "timeout": "queue",
	"rerequest": "checks", "foreign-change": "checks", "stale": "checks", "runs": "checks", "annotated": "annotations",
	"join": "teams", "leave": "teams", "disband": "teams", "team": "teams", "grant": "teams",
	"foreign": "foreign-checks", "forged": "foreign-checks", "anysource": "foreign-checks",
	"repoint": "repoint", "dismiss": "dismissals", "object": "requests-for-changes", "busy": "busy", "free": "busy",
	"draft-review": "begun-reviews", "submit": "begun-reviews",
	"reacted": "reactions", "calls": "calls", "refusals": "calls", "forge": "knobs", "forget-tokens": "knobs",
	"hide-user": "hidden", "show-user": "hidden", "foreign-merge": "test-merge", "oursource": "source", "days": "clock", "says": "summary",
}

// need is what a forge must have for a step; empty if each has it.
func (s told) need() string {
	f := strings.Fields(s.line)
	switch {
	case len(f) > 1 && (f[0] == "want" || f[0] == "lack") && f[1] == "summary":
		return "summary"
	case len(f) > 1 && (f[0] == "want" || f[0] == "lack") && f[1] == "title":
		return "titles"
	case len(f) > 2 && f[0] == "foreign" && states[f[2]] == "": // of a check only
		return "checks"
	case f[0] == "approve" && strings.Contains(s.line, " saying "):
		return "review-texts"
	case len(f) > 3 && f[0] == "approve" && f[2] == "on":
		return "reviewed-commits"
	}
	return needs[f[0]]
}

// Lacks reports whether the forge has not what a story may need.
func (w *World) Lacks(need string) bool {
	absent := map[string]bool{
		"queue": w.Queue == nil, "checks": w.Runs == nil, "teams": w.Teams == nil || w.Orgs == nil, "repoint": w.Repointer == nil,
		"busy":      w.Calendar == nil,
		"reactions": w.Reactions == nil, "calls": w.Calls == nil, "knobs": w.Knobs == nil, "hidden": w.Spam == nil,
		"named-checks": w.PassOnly, "titles": w.PassOnly, "summary": w.PassOnly, "foreign-checks": w.PassOnly,
		"test-merge": w.Merges == nil, "source": !w.Sourced, "holds": !w.Holds,
	}
	return absent[need] || slices.Contains(w.Without, need)
}
