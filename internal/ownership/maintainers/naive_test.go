package maintainers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/glob"
)

// naive matches as the script's rules are written down, one after the other, but
// for one slip: the script takes ?github for the directory .github.
func naive(source, path string, dirs glob.Directories) (bool, error) {
	text := strings.ReplaceAll(source, ".", `\.`)
	text = strings.ReplaceAll(text, "*", ".*")
	text = strings.ReplaceAll(text, "?", ".")
	if dirs(text) && path != source && !strings.Contains(source, "?") && !strings.HasSuffix(text, "/") {
		text += "/"
	}
	re, err := regexp.Compile("^" + text)
	if err != nil {
		return false, err
	}
	deep := strings.HasSuffix(text, "/") || strings.Contains(source, "**")
	return re.MatchString(path) && (deep || strings.Count(text, "/") == strings.Count(path, "/")), nil
}

// TestKernelPatternsEqualNaive holds compiled patterns to the rules as they are
// written, in random trees.
func TestKernelPatternsEqualNaive(t *testing.T) {
	t.Parallel()
	drawSegment := rapid.SampledFrom([]string{"a", "b", "ab", "ba", "a.b", "aé", "éb", "a+", "(a)", "a|b", ".a"})
	drawPath := rapid.Map(rapid.SliceOfN(drawSegment, 1, 4), func(s []string) string { return strings.Join(s, "/") })
	drawPattern := rapid.OneOf(
		drawPath,
		rapid.Map(drawPath, func(s string) string { return s + "/" }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "b", "ab", "é", "文", ".", "/", "/", "*", "*", "**", "?", "[ab]", "[^a]", "[a-b]", "[^é]", "[]a]", "[.]", "[a", "]",
			"*/", "a/", "+", "(a|b)", "|", "$", "^", `\`, `\.`, "{", "{2}", "-",
		}), 1, 7), func(s []string) string { return strings.Join(s, "") }),
	)
	rapid.Check(t, func(rt *rapid.T) {
		tree := rapid.SliceOfN(drawPath, 1, 6).Draw(rt, "tree")
		known := map[string]bool{}
		paths := slices.Clone(tree)
		for _, path := range tree {
			for i := range len(path) {
				if path[i] == '/' {
					known[path[:i]] = true
					paths = append(paths, path[:i+1]) // a directory is asked for with a slash
				}
			}
		}
		// No directory has a name that is an expression; see CompileKernel.
		dirs := func(name string) bool { return known[name] && !strings.ContainsAny(name, "+(|") }
		source := drawPattern.Draw(rt, "pattern")
		pattern, err := glob.CompileKernel(source)
		for _, path := range paths {
			want, bad := naive(source, path, dirs)
			if (bad == nil) != (err == nil) {
				rt.Fatalf("CompileKernel(%q): %v, want %v", source, err, bad)
			}
			if err == nil && pattern.MatchIn(path, dirs) != want {
				rt.Fatalf("%q on %q: %v, want %v", source, path, !want, want)
			}
		}
	})
}
