package pull

import "testing"

// TestAccountNumber holds that accounts are told apart, by numbers or by anything else.
func TestAccountNumber(t *testing.T) {
	t.Parallel()
	if n := AccountNumber("4711"); n != 4711 {
		t.Errorf("a number: %d", n)
	}
	if n := AccountNumber(""); n != 0 {
		t.Errorf("none: %d", n)
	}
	seen := map[int64]string{}
	for _, id := range []string{"1", "-1", "01a", "61f0c3", "61f0c4", "99999999999999999999"} {
		n := AccountNumber(id)
		if n <= 0 || seen[n] != "" {
			t.Errorf("%s has the number %d, as %q", id, n, seen[n])
		}
		seen[n] = id
	}
}
