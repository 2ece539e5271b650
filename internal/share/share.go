// Package share holds the two numbers of the rule: the ratio of reviewed to
// counted files, and the threshold that it is held against.
//
// Both are exact. A ratio is two integers and is never divided; a threshold is
// a decimal kept as an integer and a scale, so 66.67% means what it says.
package share

import (
	"fmt"
	"strings"
)

// Ratio is reviewed files out of counted files.
type Ratio struct {
	Reviewed int `json:"reviewed"`
	Counted  int `json:"counted"`
}

// Add counts one more file.
func (r *Ratio) Add(reviewed bool) {
	r.Counted++
	if reviewed {
		r.Reviewed++
	}
}

// Unreviewed is the number of counted files that miss review.
func (r Ratio) Unreviewed() int { return r.Counted - r.Reviewed }

// Percent is the ratio in whole percent, rounded down so that 100 means all;
// 100 where nothing is counted. It is for people: decisions use
// Threshold.Holds.
func (r Ratio) Percent() int {
	if r.Counted == 0 {
		return 100
	}
	return r.Reviewed * 100 / r.Counted
}

// maxDecimals bounds the digits after the point, so that products stay far
// below the range of int64.
const maxDecimals = 6

// Threshold is the share that must be reviewed. The zero Threshold is unset
// and holds for everything.
type Threshold struct {
	percent int64 // times scale
	scale   int64 // a power of ten; 0 means unset
	strict  bool  // more than, instead of at least
}

// ParseThreshold reads "80%", "80", "66.67%" (at least) or "> 80%" (strictly
// more). Below 0%, above 100% and "> 100%" are errors.
func ParseThreshold(s string) (Threshold, error) {
	text := strings.TrimSpace(s)
	rest, strict := strings.CutPrefix(text, ">")
	if strings.HasPrefix(rest, "=") {
		return Threshold{}, thresholdError(s, `"at least" needs no sign`)
	}
	digits := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "%"))
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || len(whole) > 3 || len(fraction) > maxDecimals {
		return Threshold{}, thresholdError(s, "want a percentage between 0% and 100%")
	}
	t := Threshold{scale: 1, strict: strict}
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return Threshold{}, thresholdError(s, "want a percentage between 0% and 100%")
		}
		t.percent = t.percent*10 + int64(c-'0')
	}
	for range fraction {
		t.scale *= 10
	}
	if t.percent > 0 && t.percent <= t.scale && !strings.HasSuffix(text, "%") {
		for t.percent *= 100; t.scale > 1 && t.percent%10 == 0; t.scale /= 10 {
			t.percent /= 10
		}
		return Threshold{}, fmt.Errorf("threshold %q: did you mean %s? Write a percentage with its sign", s, t)
	}
	if t.percent > 100*t.scale {
		return Threshold{}, thresholdError(s, "more than 100% can't be reached")
	}
	if strict && t.percent == 100*t.scale {
		return Threshold{}, thresholdError(s, `nothing is more than 100%; write "100%"`)
	}
	return t, nil
}

func thresholdError(s, why string) error {
	return fmt.Errorf(`threshold %q: %s; write 80%% for at least 80%%, or "> 80%%" for strictly more`, s, why)
}

// Set reports whether a threshold was given.
func (t Threshold) Set() bool { return t.scale != 0 }

// Holds reports whether the ratio reaches the threshold. It holds where nothing
// is counted.
func (t Threshold) Holds(r Ratio) bool {
	if !t.Set() || r.Counted == 0 {
		return true
	}
	have, want := int64(r.Reviewed)*100*t.scale, t.percent*int64(r.Counted)
	if t.strict {
		return have > want
	}
	return have >= want
}

// AtLeast reports whether t demands as much as o or more.
func (t Threshold) AtLeast(o Threshold) bool {
	if !o.Set() {
		return true
	}
	if !t.Set() {
		return false
	}
	a, b := t.percent*o.scale, o.percent*t.scale
	return a > b || a == b && (t.strict || !o.strict)
}

// Stricter returns the one of two thresholds that demands more.
func Stricter(a, b Threshold) Threshold {
	if a.AtLeast(b) {
		return a
	}
	return b
}

// Equal reports whether both demand the same.
func (t Threshold) Equal(o Threshold) bool { return t.AtLeast(o) && o.AtLeast(t) }

// String returns what ParseThreshold reads; empty if unset.
func (t Threshold) String() string {
	if !t.Set() {
		return ""
	}
	s := fmt.Sprint(t.percent / t.scale)
	if t.scale > 1 {
		s += "." + fmt.Sprintf("%0*d", len(fmt.Sprint(t.scale))-1, t.percent%t.scale)
	}
	if t.strict {
		return "> " + s + "%"
	}
	return s + "%"
}

// MarshalText returns String, for JSON.
func (t Threshold) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (t *Threshold) UnmarshalText(b []byte) (err error) {
	*t = Threshold{}
	if len(b) > 0 {
		*t, err = ParseThreshold(string(b))
	}
	return err
}
