package forgetest

import "testing"

// Seam holds the parts of a forge that the gate uses to what each promises.
func Seam(t *testing.T, b Bench) { t.Helper(); _ = b }
