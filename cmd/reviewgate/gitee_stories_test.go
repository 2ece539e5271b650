package main

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/seamtest"
)

// TestStoriesOnGitee plays the stories whose needs a Gitee meets.
func TestStoriesOnGitee(t *testing.T) {
	slowWithRaces(t)
	t.Parallel()
	forgetest.Run(t, giteeBench(nil), ownStories)
}

// TestStoriesOnGitCode plays the stories whose needs a GitCode meets.
func TestStoriesOnGitCode(t *testing.T) {
	slowWithRaces(t)
	t.Parallel()
	forgetest.Run(t, gitCodeBench(nil), ownStories)
}

// slowWithRaces skips what takes long with the race detector, which sees the same in TestStories
// and in the tests of the seam.
func slowWithRaces(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("takes long with the race detector, which sees the same in TestStories")
	}
}

// settings are how the two may be besides, as far as nobody knows how they are.
var settings = map[string]map[string]int{
	"a push keeps reviews": {rest.PushKeeps: 1, rest.ApprovalsMove: 1, rest.MachineWords: 1, rest.BareRuns: 1, rest.FinalIgnored: 1},
	"little is told":       {rest.SilentApprovals: 1, rest.SilentEdits: 1, rest.RetargetResets: 1, rest.NeutralFails: 1, rest.AskingIgnored: 1},
	"a password":           {rest.Password: 1, rest.ChecksTold: 1, rest.RewriteKeeps: 1, rest.ResetAsOne: 1, rest.EmptyContents: 1},
	"no administrator":     {rest.NoAdministrator: 1},
	"what is new is late":  {rest.LateComments: 2, rest.TwinsShare: 1},
}

// TestSettingsOfGitee plays stories under each setting of what is not known.
func TestSettingsOfGitee(t *testing.T) {
	t.Parallel()
	playSettings(t, giteeBench)
}

// TestSettingsOfGitCode is the same on a GitCode.
func TestSettingsOfGitCode(t *testing.T) {
	t.Parallel()
	playSettings(t, gitCodeBench)
}

// playSettings plays a third of the stories under each setting; in short, under one of them.
func playSettings(t *testing.T, bench func(map[string]int) forgetest.Bench) {
	t.Helper()
	slowWithRaces(t)
	for name, knobs := range settings {
		if testing.Short() && name != "little is told" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range forgetest.ReadStories(t, ownStories) {
				if !sampled(s.Name) {
					continue
				}
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					bench(knobs).Play(t, s, nil)
				})
			}
		})
	}
}

// TestSeamOnGitee holds the adapter to what the gate is promised of any forge.
func TestSeamOnGitee(t *testing.T) {
	t.Parallel()
	seamtest.Run(t, giteeBench(nil))
}

// TestSeamOnGitCode is the same on a GitCode.
func TestSeamOnGitCode(t *testing.T) {
	t.Parallel()
	seamtest.Run(t, gitCodeBench(nil))
}
