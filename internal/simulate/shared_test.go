package simulate_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

// shared reads the past that lies beside the repository. Without it the test is
// skipped, unless REVIEWGATE_SHARED is "required".
func shared(t testing.TB) (*ownership.Map, []simulate.Pull) {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("../../../shared/data/optee", name))
		if errors.Is(err, fs.ErrNotExist) && os.Getenv("REVIEWGATE_SHARED") != "required" {
			t.Skipf("%v; REVIEWGATE_SHARED=required would fail here", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	zip, err := gzip.NewReader(bytes.NewReader(read("prs.jsonl.gz")))
	if err != nil {
		t.Fatal(err)
	}
	list, err := simulate.ReadPulls("prs.jsonl.gz", zip)
	if err != nil {
		t.Fatal(err)
	}
	return owners(t, string(read("MAINTAINERS"))), list
}

// TestOPTEE holds the goals on the past of a real project.
func TestOPTEE(t *testing.T) {
	t.Parallel()
	m, list := shared(t)
	r := simulate.Run(m, list, options(3))
	for _, g := range r.Goals {
		if !g.Met {
			t.Errorf("%s: %v", g.Text, *g.Got)
		}
	}
	wellFormed(t, r.SVG())
}

func BenchmarkOPTEE(b *testing.B) {
	m, list := shared(b)
	b.ReportAllocs()
	for b.Loop() {
		simulate.Run(m, list, options(3))
	}
}
