package maintainers_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
)

// shared reads a file of the data that lies beside the repository. Without it
// the test is skipped, unless REVIEWGATE_SHARED is "required".
func shared(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../../shared/data", name))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("REVIEWGATE_SHARED") != "required" {
		t.Skipf("%v; REVIEWGATE_SHARED=required would fail here", err)
	}
	if err == nil && strings.HasSuffix(name, ".gz") {
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = io.ReadAll(r)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// kernel is the map of Linux 6.12 and its tree.
func kernel(t testing.TB) (set ownership.Ruleset, dirs glob.Directories) {
	t.Helper()
	set, warnings, err := maintainers.Parse([]ownership.File{{Path: "MAINTAINERS", Data: shared(t, "kernel/MAINTAINERS-6.12.gz")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Logf("%s: %s", w.Pos, w.Text)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(shared(t, "kernel/tree-6.12.txt.gz"))) {
		for dir := path.Dir(strings.TrimSuffix(line, "\n")); dir != "." && !known[dir]; dir = path.Dir(dir) {
			known[dir] = true
		}
	}
	for link := range strings.Lines(string(shared(t, "kernel/symlinkdirs-6.12.txt"))) {
		known[strings.TrimSuffix(link, "\n")] = true
	}
	return set, func(dir string) bool { return known[dir] }
}

// matching gives the sections that match a path: brute force.
func matching(set ownership.Ruleset, dirs glob.Directories, path string) []*ownership.Subsystem {
	var found []*ownership.Subsystem
	hit := func(r ownership.Rule) bool { return r.Pattern.MatchIn(path, dirs) }
	for i := range set.Subsystems {
		if s := &set.Subsystems[i]; slices.ContainsFunc(s.Include, hit) && !slices.ContainsFunc(s.Exclude, hit) {
			found = append(found, s)
		}
	}
	return found
}

// titles writes sections as the golden files do.
func titles(sections []*ownership.Subsystem) string {
	var list []string
	for _, s := range sections {
		list = append(list, strings.NewReplacer(`\`, `\\`, "\t", `\t`).Replace(s.Name))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "|")
}

// TestKernelGolden holds the reading to what the kernel's script says about
// thousands of paths of its own tree.
func TestKernelGolden(t *testing.T) {
	t.Parallel()
	set, dirs := kernel(t)
	rows := strings.Split(strings.TrimSuffix(string(shared(t, "kernel/golden_sections.tsv.gz")), "\n"), "\n")
	if len(rows) < 4000 {
		t.Fatalf("%d rows", len(rows))
	}
	var all sync.WaitGroup
	for part := range slices.Chunk(rows, (len(rows)+3)/4) {
		all.Go(func() {
			for _, row := range part {
				path, want, _ := strings.Cut(row, "\t")
				if diff := cmp.Diff(want, titles(matching(set, dirs, path))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", path, diff)
				}
			}
		})
	}
	all.Wait()
}

// TestKernelPatches holds ReadPatch and Suggested to what the script says about
// patches.
func TestKernelPatches(t *testing.T) {
	t.Parallel()
	set, dirs := kernel(t)
	var all []*ownership.Subsystem
	for i := range set.Subsystems {
		all = append(all, &set.Subsystems[i])
	}
	rows := 0
	for row := range strings.Lines(string(shared(t, "kernel/patches.tsv"))) {
		rows++
		name, want, _ := strings.Cut(strings.TrimSuffix(row, "\n"), "\t")
		patch := maintainers.ReadPatch(shared(t, "kernel/patches/"+name))
		found := patch.Suggested(all)
		for _, path := range patch.Paths {
			found = append(found, matching(set, dirs, path)...)
		}
		if diff := cmp.Diff(want, titles(found)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if rows < 15 {
		t.Errorf("%d rows", rows)
	}
}

// TestKernelCounts holds the reading to counts that were made without it.
func TestKernelCounts(t *testing.T) {
	t.Parallel()
	set, warnings, err := maintainers.Parse([]ownership.File{{Path: "MAINTAINERS", Data: shared(t, "kernel/MAINTAINERS-6.12.gz")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{"warnings": len(warnings)}
	for _, s := range set.Subsystems {
		got["F and N"] += len(s.Include)
		got["X"] += len(s.Exclude)
		got["K"] += len(s.Content)
		if s.Fallback {
			got["fallback "+s.Name]++
		}
		for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
			got["people"]++
			if o.Email == "" {
				t.Errorf("%s: %+v has no address", s.Pos, o)
			}
		}
	}
	want := map[string]int{"warnings": 0, "F and N": 8154 + 95, "X": 69, "K": 51, "fallback THE REST": 1, "people": 4302}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOPTEE reads a file with logins behind the addresses.
func TestOPTEE(t *testing.T) {
	t.Parallel()
	data := shared(t, "optee/MAINTAINERS")
	set, warnings, err := maintainers.Parse([]ownership.File{{Path: "MAINTAINERS", Data: data}}, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	people, fallbacks := 0, 0
	for _, s := range set.Subsystems {
		if s.Fallback {
			fallbacks++
		}
		for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
			people++
			number, _, _ := strings.Cut(strings.TrimPrefix(o.Email, "p"), "@")
			if o.Team != "" && o.Email == "" {
				continue
			}
			if o.Login == "" || o.Login != "p"+number || o.Name != "Person "+number {
				t.Errorf("%s: %+v", s.Pos, o)
			}
		}
	}
	if people < 60 || fallbacks != 1 {
		t.Errorf("%d people, %d fallbacks", people, fallbacks)
	}
}

func BenchmarkParse(b *testing.B) {
	files := []ownership.File{{Path: "MAINTAINERS", Data: shared(b, "kernel/MAINTAINERS-6.12.gz")}}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := maintainers.Parse(files, nil); err != nil {
			b.Fatal(err)
		}
	}
}
