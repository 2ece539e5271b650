package gate_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
)

// TestPast holds that what records were judged by comes back, with one map after the other, and
// gives the same numbers again.
func TestPast(t *testing.T) {
	t.Parallel()
	past, compared := gate.Past{Read: func(string) ([]byte, error) { return nil, errors.New("not kept") }}, 0
	err := fs.WalkDir(os.DirFS("testdata/records"), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(filepath.Join("testdata/records", path))
		if err != nil {
			return err
		}
		shown, err := gate.Show(data)
		if err != nil {
			return err
		}
		for range 2 { // the second time by the map that is held
			s, gated, err := past.Snapshot(data)
			if err != nil || !gated {
				t.Errorf("%s: %v, %v", path, gated, err)
			}
			if v := rule.Evaluate(s); shown.Verdict.Outcome != "" && shown.Verdict.Outcome != policy.Error && v.Ratio != shown.Verdict.Ratio {
				t.Errorf("%s: %v, want %v", path, v.Ratio, shown.Verdict.Ratio)
			}
			compared++
		}
		return nil
	})
	if err != nil || compared < 100 {
		t.Errorf("%d compared, %v", compared, err)
	}
	if _, gated, err := past.Snapshot([]byte(`{"v":7,"inputs":{}}`)); gated || err != nil {
		t.Errorf("what nothing gates: %v, %v", gated, err)
	}
	if _, _, err := past.Snapshot([]byte("{")); err == nil {
		t.Error("a torn record was read")
	}
}
