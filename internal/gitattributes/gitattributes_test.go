package gitattributes

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const attribute = "linguist-generated"

// asked are the attributes that are compared.
var asked = []string{attribute, "gen", "all", "binary", "text", "diff"}

func TestOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		root, below, file string
		want              Value
	}{
		"set":                {"*.pb.go linguist-generated\n", "", "a/x.pb.go", Value{State: Set}},
		"value":              {"*.pb.go linguist-generated=true\n", "", "a/x.pb.go", Value{Valued, "true"}},
		"last wins":          {"* linguist-generated\n*.c -linguist-generated\n", "", "x.c", Value{State: Unset}},
		"macro":              {"[attr]gen linguist-generated\n*.c gen\n", "", "x.c", Value{State: Set}},
		"macro that unsets":  {"[attr]own -linguist-generated\n* linguist-generated\n*.c own\n", "", "x.c", Value{State: Unset}},
		"macro taken back":   {"[attr]gen linguist-generated\n*.c gen\nx.c -gen\n", "", "x.c", Value{}},
		"macro below":        {"", "[attr]gen linguist-generated\n*.c gen\n", "a/x.c", Value{}},
		"quoted":             {"* linguist-generated\n  \"a b.c\" -linguist-generated\n", "", "a b.c", Value{State: Unset}},
		"octal":              {"\"\\303\\244.c\" linguist-generated\n", "", "ä.c", Value{State: Set}},
		"class":              {"x[[:alpha:]].c linguist-generated\n", "", "xy.c", Value{State: Set}},
		"class of a slash":   {"x[!a]y linguist-generated\n", "", "x/y", Value{}},
		"vertical tab":       {"x.c\vlinguist-generated\n", "", "x.c", Value{}},
		"no-break space":     {"x.c\u00a0linguist-generated\n", "", "x.c", Value{}},
		"carriage return":    {"x.c linguist-generated\r\n", "", "x.c", Value{State: Set}},
		"negative":           {"!x.c linguist-generated\n", "", "x.c", Value{}},
		"directory":          {"a/ linguist-generated\n", "", "a/x.c", Value{}},
		"case":               {"X.C linguist-generated\n", "", "x.c", Value{}},
		"a bad name":         {"* linguist-generated a/b\n", "", "x.c", Value{}},
		"too long":           {"* linguist-generated " + strings.Repeat("a", maxLine) + "\n", "", "x.c", Value{}},
		"deeper wins":        {"*.c linguist-generated\n", "*.c -linguist-generated\n", "a/x.c", Value{State: Unset}},
		"deeper says naught": {"*.c linguist-generated\n", "*.c !linguist-generated\n", "a/x.c", Value{}},
		"two stars":          {"a/**/z.c linguist-generated\n", "", "a/z.c", Value{State: Set}},
		"byte order mark":    {"* linguist-generated\n", "\ufeff*.c -linguist-generated\n", "a/x.c", Value{State: Unset}},
		"a later mark":       {"* linguist-generated\n\ufeffx.c -linguist-generated\n", "", "x.c", Value{State: Set}},
		"no zero":            {"a.c linguist-generated\n\x00\na.c -linguist-generated\n", "", "a.c", Value{State: Set}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a Attributes
			a.Add(".", []byte(tt.root))
			a.Add("a", []byte(tt.below))
			if got := a.Of(tt.file, attribute); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// TestEscape holds what git knows behind a backslash: letters, and three octal digits of
// a byte.
func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"n": "\n", "v-": "\v", `"`: `"`, "000": "\x00", "303": "\xc3", "3777": "\xff",
		"": "", "z": "", "3": "", "30": "", "400": "", "/00": "", "080": "", "0/0": "", "008": "", "00/": ""} {
		c, n := escape(text)
		if got := string([]byte{c})[:min(n, 1)]; got != want || n > len(text) {
			t.Errorf("%q: %q of %d bytes, want %q", text, got, n, want)
		}
	}
}

// TestAgainstGit holds random files to git check-attr.
func TestAgainstGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := git(t, dir, nil, nil, "init", "-q"); err != nil {
		t.Skip("git is not here: ", err)
	}
	rounds := 400
	if testing.Short() {
		rounds = 30
	}
	differing, said := 0, 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		files := map[string]string{".": randomFile(r), "a": randomFile(r), "a/b": randomFile(r)}
		var a Attributes
		for _, d := range []string{".", "a", "a/b"} {
			a.Add(d, []byte(files[d]))
			name := filepath.Join(dir, d, ".gitattributes")
			if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(files[d]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		paths := make([]string, 60)
		for i := range paths {
			paths[i] = randomPath(r)
		}
		for at, want := range checkAttr(t, dir, paths) {
			file, name := paths[at/len(asked)], asked[at%len(asked)]
			got := shown(a.Of(file, name))
			if got != "unspecified" {
				said++
			}
			if got != want {
				if differing++; differing < 5 {
					t.Errorf("seed %d: %q has %s %s, git says %s, by\n%q", seed, file, name, got, want, files)
				}
			}
		}
	}
	if said < 1000 {
		t.Errorf("only %d answers say anything: the files are too poor", said)
	}
}

func shown(v Value) string {
	return [...]string{"unspecified", "set", "unset", v.Text}[v.State]
}

// checkAttr returns what git says of each path and attribute.
func checkAttr(t *testing.T, dir string, paths []string) []string {
	t.Helper()
	var out bytes.Buffer
	in := strings.NewReader(strings.Join(paths, "\x00") + "\x00")
	if err := git(t, dir, in, &out, append([]string{"check-attr", "-z", "--stdin"}, asked...)...); err != nil {
		t.Fatal(err)
	}
	fields := strings.Split(strings.TrimSuffix(out.String(), "\x00"), "\x00")
	if len(fields) != 3*len(paths)*len(asked) {
		t.Fatalf("git gives %d fields", len(fields))
	}
	var values []string
	for i := 2; i < len(fields); i += 3 {
		values = append(values, fields[i])
	}
	return values
}

func git(t *testing.T, dir string, in *strings.Reader, out *bytes.Buffer, args ...string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_ATTR_NOSYSTEM=1", "HOME="+dir,
		"XDG_CONFIG_HOME="+dir)
	if in != nil {
		cmd.Stdin = in
	}
	if out != nil {
		cmd.Stdout = out
	}
	return cmd.Run()
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// randomPath makes paths of few letters, so that patterns meet them.
func randomPath(r *rand.Rand) string {
	var parts []string
	for range 1 + r.IntN(4) {
		parts = append(parts, pick(r, "a", "b", "ab", "x.c", "a b", "A", "a1", "[a]", "é", "a\tb", "-", "!a", "a*b", `a\b`, "b]"))
	}
	return strings.Join(parts, "/")
}

func randomFile(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(pick(r, "", "", "", "\ufeff"))
	for range r.IntN(12) {
		switch {
		case r.IntN(12) == 0:
			fmt.Fprintf(&b, "[attr]%s%s%s\n", pick(r, "gen", "all", "binary", " gen", ""), pick(r, " ", "\t", "  "), randomStates(r))
		default:
			b.WriteString(pick(r, "", "", "", " ", "\t", "\v", "#", "\r") + randomPattern(r) +
				pick(r, " ", "\t", " \t", "\v", "\u00a0", "\f", "\r", " ", " ") + randomStates(r))
			if r.IntN(40) == 0 {
				b.WriteString(" " + strings.Repeat("y", 1950+r.IntN(150)))
			}
			b.WriteString(pick(r, "\n", "\n", "\n", "\r\n", " \n"))
		}
	}
	return b.String()
}

func randomStates(r *rand.Rand) string {
	var words []string
	for range 1 + r.IntN(3) {
		words = append(words, pick(r, "", "", "", "-", "!", "--", "")+pick(r, attribute, attribute, "gen", "all", "binary", "text", "x/y")+
			pick(r, "", "", "", "=true", "=false", "=", "=a=b"))
	}
	return strings.Join(words, pick(r, " ", "\t", "  ", " \r "))
}

func randomPattern(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(pick(r, "a", "b", "x.c", "A", "1", "/", "/", "*", "**", "**/", "/**", "***", "?", "[ab]", "[!a]", "[^b]", "[a-c]",
			"[[:alpha:]]", "[[:digit:][:upper:]]",
			"[[:bad:]]", "[]a]", "[a", `\a`, `\*`, `[\]b]`, `[a\-c]`, "[[:alpha:]-z]", "[[:alpha]", "é", "!", `\!`, `\`, "-", "{a,b}", "[a-]",
			"[-a]", "[[a]", "[/]", `\/`))
	}
	text := b.String()
	if r.IntN(5) > 0 {
		return text
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "é", `\303\251`).Replace(text + pick(r, "", " b", "\tb"))
	return `"` + strings.ReplaceAll(quoted, "\t", pick(r, `\t`, "\t")) + pick(r, `"`, `"`, `"`, "", `\q"`, `"x`)
}

func FuzzAdd(f *testing.F) {
	f.Add("* linguist-generated\n[attr]x -y\n\"a\\", "a/b")
	f.Add("0", "/")
	f.Fuzz(func(t *testing.T, text, file string) {
		var a Attributes
		a.Add(".", []byte(text))
		if v := a.Of(file, attribute); !slices.Contains([]State{Unspecified, Set, Unset, Valued}, v.State) {
			t.Error(v)
		}
	})
}
