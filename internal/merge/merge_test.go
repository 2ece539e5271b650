package merge

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	t.Parallel()
	const base = "a\nb\nc\nd\ne\nf\n"
	for name, tt := range map[string]struct {
		base, ours, theirs, want string
		conflict                 bool
	}{
		"far apart":              {base: base, ours: "A\nb\nc\nd\ne\nf\n", theirs: "a\nb\nc\nd\ne\nF\n", want: "A\nb\nc\nd\ne\nF\n"},
		"same on both":           {base: base, ours: "a\nX\nc\nd\ne\nf\n", theirs: "a\nX\nc\nd\ne\nF\n", want: "a\nX\nc\nd\ne\nF\n"},
		"neighbours":             {base: base, ours: "a\nB\nc\nd\ne\nf\n", theirs: "a\nb\nC\nd\ne\nf\n", conflict: true},
		"one line between":       {base: base, ours: "a\nB\nc\nd\ne\nf\n", theirs: "a\nb\nc\nD\ne\nf\n", want: "a\nB\nc\nD\ne\nf\n"},
		"both insert":            {base: base, ours: "a\nx\nb\nc\nd\ne\nf\n", theirs: "a\ny\nb\nc\nd\ne\nf\n", conflict: true},
		"remove and change":      {base: base, ours: "a\nd\ne\nf\n", theirs: "a\nb\nC\nd\ne\nf\n", conflict: true},
		"end of file":            {base: "a\nb\nc", ours: "A\nb\nc", theirs: "a\nb\nc\n", want: "A\nb\nc\n"},
		"only ours":              {base: base, ours: "x\n", theirs: base, want: "x\n"},
		"binary":                 {base: "a\x00", ours: "b\x00", theirs: "c\x00", conflict: true},
		"binary as it was":       {base: "a\x00", ours: "b\x00", theirs: "a\x00", want: "b\x00"},
		"from nothing, the same": {base: "", ours: "x\n", theirs: "x\n", want: "x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, clean := Clean([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs))
			if clean == tt.conflict || clean && string(got) != tt.want {
				t.Errorf("clean %v: %q, want %q", clean, got, tt.want)
			}
		})
	}
}

// edited makes a random edit of a text over a small alphabet, so that lines
// repeat.
func edited(r *rand.Rand, lines []string, alphabet int) []string {
	out := append([]string(nil), lines...)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(out) + 1)
		n := min(r.IntN(4), len(out)-at)
		fresh := make([]string, r.IntN(4))
		for i := range fresh {
			fresh[i] = word(r, alphabet)
		}
		switch r.IntN(6) {
		case 0: // duplicate
			fresh = append([]string(nil), out[at:at+n]...)
			n = 0
		case 1: // a rare line
			fresh = append(fresh, fmt.Sprint("unique ", r.IntN(5), "\n"))
		}
		out = append(out[:at:at], append(fresh, out[at+n:]...)...)
	}
	return out
}

func word(r *rand.Rand, alphabet int) string {
	return []string{"\n", "}\n", "{\n", "x = 1;\n", "return;\n", "a\n", "b\n", "c\r\n", "d\n", "e\n", "f\n", "g\n"}[r.IntN(alphabet)]
}

// sides makes a random base and two edits of it.
func sides(seed uint64) (base, ours, theirs []byte) {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test's choice
	alphabet := 2 + r.IntN(11)
	lines := make([]string, r.IntN(40))
	for i := range lines {
		lines[i] = word(r, alphabet)
		if r.IntN(3) == 0 {
			lines[i] = fmt.Sprint("line ", r.IntN(60), "\n")
		}
	}
	text := func(lines []string) []byte {
		s := strings.Join(lines, "")
		if r.IntN(5) == 0 {
			s = strings.TrimSuffix(s, "\n")
		}
		return []byte(s)
	}
	return text(lines), text(edited(r, lines, alphabet)), text(edited(r, lines, alphabet))
}

// TestGit holds Clean to git merge-file on random edits: the same cases are
// clean, with the same bytes. REVIEWGATE_MERGES asks for more cases.
func TestGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	cases := 500
	if n := os.Getenv("REVIEWGATE_MERGES"); n != "" {
		if _, err := fmt.Sscan(n, &cases); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	cleans, shy := 0, 0
	for seed := range uint64(cases) {
		base, ours, theirs := sides(seed)
		want, wantClean := gitMerge(t, dir, base, ours, theirs)
		got, clean := Clean(base, ours, theirs)
		if wantClean {
			cleans++
		}
		switch {
		case clean && (!wantClean || !bytes.Equal(got, want)):
			t.Errorf("seed %d: clean with %q, git: clean %v with %q\nbase %q\nours %q\ntheirs %q", seed, got, wantClean, want, base, ours, theirs)
		case !clean && wantClean:
			shy++
			t.Logf("seed %d: git merges it\nbase %q\nours %q\ntheirs %q", seed, base, ours, theirs)
		}
	}
	t.Logf("%d cases, %d clean, %d of them not found", cases, cleans, shy)
	if shy*200 > cleans || cleans < cases/10 {
		t.Errorf("%d of %d clean merges were not found", shy, cleans)
	}
}

func gitMerge(t *testing.T, dir string, base, ours, theirs []byte) ([]byte, bool) {
	t.Helper()
	for name, data := range map[string][]byte{"base": base, "ours": ours, "theirs": theirs} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "git", "merge-file", "-p", "ours", "base", "theirs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() < 128 {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, true
}

func FuzzClean(f *testing.F) {
	for seed := range uint64(20) {
		base, ours, theirs := sides(seed)
		f.Add(base, ours, theirs)
	}
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		for _, tt := range [][3][]byte{{base, ours, base}, {base, base, ours}, {base, ours, ours}} {
			if got, clean := Clean(tt[0], tt[1], tt[2]); !clean || !bytes.Equal(got, ours) {
				t.Errorf("trivial merge: clean %v, %q, want %q", clean, got, ours)
			}
		}
		a, cleanA := Clean(base, ours, theirs)
		b, cleanB := Clean(base, theirs, ours)
		if cleanA != cleanB || !bytes.Equal(a, b) {
			t.Errorf("the other way round: %v %q and %v %q", cleanA, a, cleanB, b)
		}
	})
}

func BenchmarkClean(b *testing.B) {
	var base strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&base, "\tline %d of a file\n", i%1000)
	}
	ours := strings.Replace(base.String(), "line 17 ", "line x ", 1)
	theirs := strings.Replace(base.String(), "line 900 ", "line y ", 2)
	b.SetBytes(int64(base.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, clean := Clean([]byte(base.String()), []byte(ours), []byte(theirs)); !clean {
			b.Fatal("not clean")
		}
	}
}

// TestLargeSidesAreNotMerged holds that what is too large to be merged counts as a
// conflict, however little differs.
func TestLargeSidesAreNotMerged(t *testing.T) {
	t.Parallel()
	base := bytes.Repeat([]byte("a line\n"), maxBytes/7+1)
	ours, theirs := append([]byte("ours\n"), base...), append(bytes.Clone(base), "theirs\n"...)
	if _, clean := Clean(base, ours, theirs); clean {
		t.Errorf("%d bytes were merged", len(base))
	}
}
