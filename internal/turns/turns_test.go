package turns

import "testing"

// TestAskedAreBounded holds that of more than is remembered the last is, and that what is
// forgotten has its turn before what is not.
func TestAskedAreBounded(t *testing.T) {
	t.Parallel()
	a := &Asked{}
	for i := range maxAsked + 1 {
		Next(a, []int{i}, 1)
	}
	if len(a.turns) > maxAsked {
		t.Errorf("%d turns are remembered", len(a.turns))
	}
	if got := Next(a, []int{maxAsked, 0}, 1); got[0] != 0 {
		t.Errorf("it is the turn of %d", got[0])
	}
}

// TestKeptAreBounded holds that of more than are kept the last is, and that a key that is
// kept already drives none out.
func TestKeptAreBounded(t *testing.T) {
	t.Parallel()
	const most = 8
	k := Kept[int, string]{Most: most}
	for i := range most {
		k.Keep(i, "x")
	}
	k.Keep(0, "y")
	if y, ok := k.Get(0); !ok || y != "y" || len(k.all) != most {
		t.Errorf("%q of %d", y, len(k.all))
	}
	k.Keep(most, "z")
	if z, ok := k.Get(most); !ok || z != "z" || len(k.all) > most {
		t.Errorf("%q of %d", z, len(k.all))
	}
}
