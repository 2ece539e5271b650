package publish

import (
	"strings"
	"testing"
)

// TestCut holds that code that is cut is ended, whatever it holds, and that nothing gets
// longer than it may.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("@alice ", 20), "``@alice ` @bob " + strings.Repeat("@carol", 20) + "``",
		"plain \\` " + strings.Repeat("`@alice` ", 20), "`a` ``b`c`` ```d``e``` `@alice " + strings.Repeat("@bob ", 9) + "`",
	} {
		text = strings.Replace(text, "@", "`@", 1) + "`"
		for most := 4; most < len(text); most++ {
			got := Cut(text, most)
			if open := openCode(strings.TrimSuffix(got, " …")); open != "" || len(got) > most+len(" …") || !strings.HasSuffix(got, " …") {
				t.Errorf("%d bytes of %q: %q, with %q open", most, text, got, open)
			}
		}
		if got := Cut(text, len(text)); got != text {
			t.Errorf("%q was cut: %q", text, got)
		}
	}
}
