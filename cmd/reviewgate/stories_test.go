package main

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

var storiesDir = flag.String("stories", ownStories, "folder of the stories that TestStories plays")

// story is a file of the story language: what the base branch holds, and steps.
type story struct {
	name string
	o    worldOptions
	told []told
}

// told is a step of a story: its line, and the indented lines below it.
type told struct {
	line string
	more []string
}

// ownStories is the folder of the stories that belong to the program.
const ownStories = "stories"

// TestStories plays each *.txtar of a folder through the whole service, against
// the forge in memory: the rows of the rule's table of scenarios, with real files before
// and after. The files policy, owners and others of a story replace the world's
// own; its comment says what it holds. Its steps are those of acts. After each of
// them the forge must let be merged what the verdict says, and nothing else.
//
// The program's own stories are played once more if the check is green at some
// point: from the first success on the forge refuses for good all that is not
// short and plain, and every change of a green run; each run has a suite of its
// own there. Whatever the texts are then, what the verdict kept from being merged
// must stay so. And they are played against a harsh forge, with the same verdicts.
// With the race detector, which makes it slow, they are played once only.
func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range readStories(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if raceDetector && *storiesDir == ownStories && s.anyForge() {
				newTeller(t, s, harsh(s.name)).tell(s)
				return
			}
			first := newTeller(t, s, fakegithub.Behaviour{})
			first.tell(s)
			first.stop()
			if *storiesDir != ownStories || t.Failed() || raceDetector {
				return
			}
			if s.anyForge() {
				t.Run("harsh", func(t *testing.T) { newTeller(t, s, harsh(s.name)).tell(s) })
			}
			if !first.green() {
				return
			}
			t.Run("refused", func(t *testing.T) {
				w := newTeller(t, s, fakegithub.Behaviour{PlainOnly: true, SuitePerRun: true})
				w.refused = first.seen
				w.tell(s)
			})
		})
	}
}

// TestStoriesRepointed plays the program's stories of rewritten branches and merged
// bases where the forge moves every review to the new head: whatever it says later,
// a review was given for the commit that it named first.
func TestStoriesRepointed(t *testing.T) {
	if raceDetector {
		t.Skip("takes long with the race detector, which sees the same in TestStories")
	}
	t.Parallel()
	for _, s := range readStories(t) {
		if *storiesDir != ownStories || !s.rewrites() {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			newTeller(t, s, fakegithub.Behaviour{Behaviour: fake.Behaviour{Repoint: fake.RepointAlways}}).tell(s)
		})
	}
}

// anyForge reports whether a story says nothing of how the forge behaves, counts neither
// calls nor runs, and does not hang on who was asked when, which a request changes that is put
// off.
func (s story) anyForge() bool {
	return s.name != "asked-again" && !slices.ContainsFunc(s.told, func(step told) bool {
		word, _, _ := strings.Cut(step.line, " ")
		return slices.Contains([]string{"forge", "calls", "refusals", "runs"}, word)
	})
}

// rewrites reports whether a branch is rewritten, or another one merged into it.
func (s story) rewrites() bool {
	for _, step := range s.told {
		if strings.HasPrefix(step.line, "reset topic ") || strings.Contains(step.line, " merging ") {
			return true
		}
	}
	return false
}

func readStories(t *testing.T) []story {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*storiesDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s: %v", *storiesDir, err)
	}
	var out []story
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		check0(t, err)
		s := story{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), o: worldOptions{files: map[string]string{}}}
		for _, f := range archive.Files {
			switch f.Name {
			case "policy":
				s.o.policy = string(f.Data)
			case "owners":
				s.o.owners = string(f.Data)
			case "story":
				s.told = steps(string(f.Data))
			default:
				s.o.files[f.Name] = string(f.Data)
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
