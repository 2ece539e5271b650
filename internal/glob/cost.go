package glob

import (
	"fmt"
	"regexp/syntax"
)

// MaxCost is the largest Cost of a regular expression that a pattern may be.
const MaxCost = 5000

// Cost tells how large a regular expression grows when it is compiled, in
// instructions of some 200 bytes each: counted repetitions are written out.
// Whoever reads many expressions bounds their sum.
func Cost(text string) (int, error) {
	if HasLook(text) {
		look, err := CompileLook(text)
		if err != nil {
			return 0, err
		}
		return look.Cost(), nil
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, fmt.Errorf("pattern %q: %w; only RE2's syntax is read, without back-references", clip(text), err)
	}
	return cost(re), nil
}

func cost(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += cost(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n // no overflow: the parser bounds the product of nested counts
}
