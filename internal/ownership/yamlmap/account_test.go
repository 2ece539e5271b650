package yamlmap_test

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestAccounts holds how a map says whose account a login is: by its number, or by the digits that a
// GitCode has instead, in quotes or, as YAML would take some of them for numbers, without.
func TestAccounts(t *testing.T) {
	t.Parallel()
	const digits, exponent = "61f0c3a1b2c3d4e5f6071829", "612345678901234567890e12"
	for id, want := range map[string]int64{
		"12345": 12345, `"12345"`: 12345, "0": 0, digits: pull.AccountNumber(digits), `"` + digits + `"`: pull.AccountNumber(digits),
		exponent: pull.AccountNumber(exponent), "-1": -1, "alice": -1, "1.5": -1, "[1]": -1, `"61f0"`: -1, "{a: 1}": -1,
	} {
		set, _, err := yamlmap.Parse("m.yml", []byte("version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [{login: alice, id: "+id+"}]}\n"))
		switch {
		case want < 0:
			if err == nil {
				t.Errorf("%s is taken", id)
			}
		case err != nil:
			t.Errorf("%s: %v", id, err)
		case set.Subsystems[0].Maintainers[0].ID != want:
			t.Errorf("%s: %d, want %d", id, set.Subsystems[0].Maintainers[0].ID, want)
		}
	}
	if _, _, err := yamlmap.Parse("m.yml", []byte("version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [{login: '@a/b', id: 5}]}\n")); err == nil {
		t.Error("a team has an account")
	}
}
