package main

import (
	"flag"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/forge/seamtest"
)

var (
	storiesDir   = flag.String("stories", ownStories, "folder of the stories that TestStories plays")
	storiesForge = flag.String("forge", github.Kind, "kind of the forge that TestStories plays them on: github")
)

// ownStories is the folder of the stories that belong to the program.
const ownStories = "stories"

// TestStories plays each *.txtar of a folder through the whole service, against
// the forge in memory: the rows of the rule's table of scenarios, with real files before
// and after. After each step the forge must let be merged what the verdict says, and
// nothing else.
//
// The program's own stories are played once more if the check is green at some
// point: from the first success on the forge refuses for good all that is not
// short and plain, and every change of a green run; each run has a suite of its
// own there. Whatever the texts are then, what the verdict kept from being merged
// must stay so. And they are played against a harsh forge, with the same verdicts.
// With the race detector, which makes it slow, a third of them is played, and once only; in
// short, all are played once, and a third of them in the other ways.
func TestStories(t *testing.T) {
	t.Parallel()
	if *storiesForge != github.Kind {
		t.Fatalf("-forge %s: this build knows %s", *storiesForge, github.Kind)
	}
	for _, s := range forgetest.ReadStories(t, *storiesDir) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if raceDetector && *storiesDir == ownStories && !sampled(s.Name) {
				return
			}
			t.Cleanup(func() {
				if t.Skipped() && *storiesDir == ownStories && !slices.Contains(s.Needs(), "holds") {
					t.Error("this forge has all else that stories need")
				}
			})
			if raceDetector && *storiesDir == ownStories && anyForge(s) {
				githubBench(harsh(s.Name)).Play(t, s, nil)
				return
			}
			first := githubBench(fakegithub.Behaviour{}).Play(t, s, nil)
			if *storiesDir != ownStories || t.Failed() || raceDetector || testing.Short() && !sampled(s.Name) {
				return
			}
			if anyForge(s) {
				t.Run("harsh", func(t *testing.T) { githubBench(harsh(s.Name)).Play(t, s, nil) })
			}
			if first.Green() {
				t.Run("refused", func(t *testing.T) {
					githubBench(fakegithub.Behaviour{PlainOnly: true, SuitePerRun: true}).Play(t, s, first)
				})
			}
		})
	}
}

// TestStoriesByGit plays the program's stories where content is read from clones: each comes
// out as it does by the API. In short, a third of them.
func TestStoriesByGit(t *testing.T) {
	if raceDetector {
		t.Skip("takes long; the race detector sees the same in the tests of the clones")
	}
	gittest.Need(t)
	t.Parallel()
	for _, s := range forgetest.ReadStories(t, *storiesDir) {
		if *storiesDir != ownStories || s.Uses("calls") || testing.Short() && !sampled(s.Name) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			benchOf(config.ContentGit, fakegithub.Behaviour{}).Play(t, s, nil)
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
	for _, s := range forgetest.ReadStories(t, *storiesDir) {
		if *storiesDir != ownStories || !s.Rewrites() {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			githubBench(fakegithub.Behaviour{Behaviour: fake.Behaviour{Repoint: fake.RepointAlways}}).Play(t, s, nil)
		})
	}
}

// sampled reports whether a story is played where not all are: a third of them, chosen by
// name, so that it is the same ones until a story comes or goes.
func sampled(name string) bool { return crc32.ChecksumIEEE([]byte(name))%3 == 0 }

// anyForge reports whether a story says nothing of how the forge behaves, counts neither
// calls nor runs, and does not hang on who was asked when, which a request changes that is put
// off.
func anyForge(s forgetest.Story) bool {
	return s.Name != "asked-again" && !s.Uses("forge", "calls", "refusals", "runs")
}

// TestSeam holds GitHub's adapter to what the gate is promised of any forge.
func TestSeam(t *testing.T) {
	t.Parallel()
	seamtest.Run(t, githubBench(fakegithub.Behaviour{}))
}

// TestSeamByGit holds the clones' part of it to the same.
func TestSeamByGit(t *testing.T) {
	gittest.Need(t)
	t.Parallel()
	seamtest.Run(t, benchOf(config.ContentGit, fakegithub.Behaviour{}))
}
