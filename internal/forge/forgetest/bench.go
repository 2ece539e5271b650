package forgetest

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Bench begins worlds of one kind of forge. Each ends with its test.
type Bench func(t *testing.T, s Setting) *World

// Outcome is how a story went: the verdicts after each of its steps, by pull request; nil
// where they were not known.
type Outcome []map[int]string

// Green reports whether the check was a success at some point.
func (o Outcome) Green() bool {
	for _, verdicts := range o {
		for _, verdict := range verdicts {
			if verdict == string(policy.Success) {
				return true
			}
		}
	}
	return false
}

// Play plays a story through the whole service. After each step the forge must let be
// merged what the verdict says, and nothing else. It skips the test if the forge lacks what
// the story needs.
//
// With the Outcome of a run before, the forge may refuse texts: then what is expected of
// texts is not looked at, and the forge must let nothing be merged but what could be
// merged then.
func (b Bench) Play(t *testing.T, s Story, before Outcome) Outcome {
	t.Helper()
	world := b(t, s.Begin)
	for _, need := range s.Needs() {
		if world.Lacks(need) {
			t.Skipf("the forge lacks what this story needs: %s", need)
		}
	}
	w := newTeller(t, world)
	w.refused = before
	w.tell(s)
	w.stop()
	return w.seen
}

// Run plays the stories of a folder on a forge, each as a subtest of its name; in short, each
// third of them.
func Run(t *testing.T, b Bench, dir string) {
	t.Helper()
	for i, s := range ReadStories(t, dir) {
		if testing.Short() && i%3 > 0 {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			b.Play(t, s, nil)
		})
	}
}
