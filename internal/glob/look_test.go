package glob

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

func TestLook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text    string
		yes, no []string
	}{
		{`(?<!uni)versal`, []string{"drivers/versal.c", "versal", "universal-versal"}, []string{"drivers/universal.c", ""}},
		{`versal(?!-net)`, []string{"versal", "versal-ne", "versal-net/versal"}, []string{"versal-net"}},
		{`(?i)(?<!UNI)Versal`, []string{"VERSAL"}, []string{"universal"}},
		{`(?<=^drivers/)x`, nil, nil},
		{`a(?=b)`, []string{"xab"}, []string{"xac", "a"}},
		{`(?<=a)b(?=c)`, []string{"abc"}, []string{"bc", "ab"}},
		{`^drivers/(?!net/).*\.c$`, []string{"drivers/a.c"}, []string{"drivers/net/a.c", "x/drivers/a.c", "drivers/a.h"}},
		{`x|(?<!b)c`, []string{"x", "ac", "c"}, []string{"bc"}},
		{`(?:a(?!b))`, []string{"ac"}, []string{"ab"}},
		{`(a[(]?(?!b))`, []string{"ac"}, []string{"ab"}},
		{`(?!a)(?!b)[a-z]$`, []string{"c"}, []string{"a", "b", ""}},
		{`(?<!a)`, []string{"", "b", "a"}, nil},
	}
	for _, tt := range tests {
		l, err := CompileLook(tt.text)
		if err != nil {
			if tt.yes != nil {
				t.Errorf("%s: %v", tt.text, err)
			}
			continue
		}
		for _, s := range tt.yes {
			if !l.MatchString(s) {
				t.Errorf("%s does not match %q", tt.text, s)
			}
		}
		for _, s := range tt.no {
			if l.MatchString(s) {
				t.Errorf("%s matches %q", tt.text, s)
			}
		}
	}
}

func TestLookFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`a((?!b)c)d`:                        "not inside of a group",
		`(?!a)+b`:                           "not inside of a group or with a count",
		`(?<!a(?=b))c`:                      "not inside of a group",
		`(?!a`:                              "not closed",
		`(?!a)(b`:                           "not closed",
		`(?<!a)b*(?!c)`:                     "at most 64 bytes",
		`(?<!a)\bb`:                         "put a character between",
		`a(?i)(?!b)`:                        "flags stand at the start",
		`(?!a)\1`:                           "escape",
		`(?<!a)\Qb\E`:                       `\Q is not read`,
		`(?!a)b{1000}{2}`:                   "repetition",
		`(?!` + strings.Repeat("a", 5000):   "longer than",
		`(?!a)(b{900})(c{900}){4}d{900}e*?`: "",
	} {
		if _, err := CompileLook(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

// TestLookAgainstPerl holds random expressions to Perl's own answers.
func TestLookAgainstPerl(t *testing.T) {
	t.Parallel()
	perl, err := exec.LookPath("perl")
	if err != nil {
		t.Skip("perl is not here")
	}
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var in, want strings.Builder
	read := 0
	for range 4000 {
		var b strings.Builder
		for range 1 + r.IntN(4) {
			b.WriteString(pick("a", "b", "ab", "[ab]", "a?", "b{1,2}", "c*", ".", "(?:a|bc)", "^", "$", `\b`, "|", "(?!", "(?=", "(?<!", "(?<=",
				"(?<!", "(?!"))
			if s := b.String(); strings.HasSuffix(s, "!") || strings.HasSuffix(s, "=") {
				b.WriteString(pick("a", "b", "ab", "[bc]", "a|b", "c", "^") + ")")
			}
		}
		l, err := CompileLook(b.String())
		if err != nil {
			continue
		}
		read++
		for range 6 {
			text := ""
			for range r.IntN(6) {
				text += pick("a", "b", "c", "/", "-")
			}
			fmt.Fprintf(&in, "%s\t%s\n", b.String(), text)
			fmt.Fprintf(&want, "%s\t%s\t%t\n", b.String(), text, l.MatchString(text))
		}
	}
	cmd := exec.CommandContext(t.Context(), perl, "-ne",
		`chomp; my ($p, $s) = split /\t/, $_, -1; print "$p\t$s\t", ($s =~ /$p/ ? "true" : "false"), "\n"`)
	cmd.Stdin = strings.NewReader(in.String())
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if err := cmd.Run(); err != nil {
		t.Fatal(err, failed.String())
	}
	got, wanted := strings.Split(out.String(), "\n"), strings.Split(want.String(), "\n")
	if len(got) != len(wanted) || read < 1000 {
		t.Fatalf("perl gives %d lines of %d, %d expressions were read", len(got), len(wanted), read)
	}
	differing := 0
	for i := range got {
		if got[i] != wanted[i] {
			if differing++; differing < 10 {
				t.Errorf("perl says %q, and not %q", got[i], wanted[i])
			}
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add(`(?<!uni)versal|a(?!b)`, "universal")
	f.Fuzz(func(t *testing.T, text, path string) {
		l, err := CompileLook(text)
		if err == nil && len(path) < 200 {
			l.MatchString(path)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
