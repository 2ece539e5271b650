package share

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseThreshold(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"80%": "80%", "80": "80%", " 66.67 % ": "66.67%", "> 80%": "> 80%", ">80": "> 80%",
		"0%": "0%", "100%": "100%", "> 99.999999%": "> 99.999999%", "50.0%": "50.0%",
	}
	for in, want := range good {
		got, err := ParseThreshold(in)
		if err != nil || got.String() != want {
			t.Errorf("ParseThreshold(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "%", "-1%", "101%", "100.1%", "> 100%", ">= 80%", "80.%", ".5%", "8e1", "1.1234567%", "٨٠%", "80%%",
		"1000"} {
		if got, err := ParseThreshold(in); err == nil {
			t.Errorf("ParseThreshold(%q) = %q, want an error", in, got)
		}
	}
}

// TestFractionsAreNoPercentages holds that a share of one is not taken for a percentage.
func TestFractionsAreNoPercentages(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.8": "80%", "0.875": "87.5%", "1": "100%", "1.0": "100%", "> 0.005": "> 0.5%", ".8": "",
		"0.8%": "", "1%": "", "0": "", "1.1": ""} {
		_, err := ParseThreshold(in)
		if got := err != nil && strings.Contains(err.Error(), "did you mean "+want+"?"); got != (want != "") {
			t.Errorf("ParseThreshold(%q): %v, want %q", in, err, want)
		}
	}
}

// TestHoldsExactly holds the integer comparison to rational arithmetic.
func TestHoldsExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(> )?[0-9]{1,2}(\.[0-9]{1,6})?%`).Draw(t, "threshold")
		threshold, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		counted := rapid.IntRange(1, 1_000_000).Draw(t, "counted")
		r := Ratio{Reviewed: rapid.IntRange(0, counted).Draw(t, "reviewed"), Counted: counted}
		want, ok := new(big.Rat).SetString(trim(text))
		if !ok {
			t.Fatalf("no number in %q", text)
		}
		c := big.NewRat(int64(r.Reviewed)*100, int64(r.Counted)).Cmp(want)
		if got := threshold.Holds(r); got != (c > 0 || c == 0 && text[0] != '>') {
			t.Fatalf("%s of %v: holds = %v", text, r, got)
		}
	})
}

func trim(s string) string {
	if s[0] == '>' {
		s = s[2:]
	}
	return s[:len(s)-1]
}

func TestAtLeast(t *testing.T) {
	t.Parallel()
	parse := func(s string) Threshold {
		if s == "" {
			return Threshold{}
		}
		v, err := ParseThreshold(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	order := []string{"", "0%", "> 0%", "66.6%", "66.67%", "80%", "> 80%", "100%"}
	for i, a := range order {
		for j, b := range order {
			if got := parse(a).AtLeast(parse(b)); got != (i >= j) {
				t.Errorf("%q at least %q = %v", a, b, got)
			}
		}
	}
	if !parse("80%").Equal(parse("80.00%")) {
		t.Error("80% and 80.00% differ")
	}
}

func TestPercentRoundsDown(t *testing.T) {
	t.Parallel()
	if got := (Ratio{Reviewed: 2999, Counted: 3000}).Percent(); got != 99 {
		t.Errorf("2999 of 3000 = %d%%, want 99%%", got)
	}
	if got := (Ratio{}).Percent(); got != 100 {
		t.Errorf("0 of 0 = %d%%, want 100%%", got)
	}
}
