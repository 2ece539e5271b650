package maintainers

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// TestMayNeverMisses holds the search for words to the expressions themselves.
func TestMayNeverMisses(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"a", "sk", "é", "A", "ſ", "\u212a", ".", "[ab]", "(a|sk)", "(?i:sk)", "(?i:é)", "a?", "(ab)+",
		"(sk){2}", "(a){0,1}", `\b`, "|", "()", "x*", "(a|)", "^", "$"})
	text := rapid.StringOfN(rapid.SampledFrom([]rune("aAsSkKbxéÉſ\u212a ")), 0, 12, -1)
	rapid.Check(t, func(rt *rapid.T) {
		source := ""
		for _, s := range rapid.SliceOfN(piece, 1, 5).Draw(rt, "pieces") {
			source += s
		}
		re, err := regexp.Compile(source)
		if err != nil {
			rt.Skip(err)
		}
		if s := text.Draw(rt, "text"); re.MatchString(s) && !may(re, lower(s)) {
			rt.Fatalf("%q matches %q", source, s)
		}
	})
}
