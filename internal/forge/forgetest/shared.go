// Package forgetest plays stories on forges, through the whole service: World is a forge as
// people see it, Play tells a story there. It names no forge; seamtest holds one to the
// seam, part by part. What tests share besides, the data beside the repository and the
// people of stories, is here, too.
package forgetest

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Shared reads a file of the shared test data, which lies beside the
// repository, and unpacks it if its name ends in .gz. Where the data is absent
// the test is skipped, or fails if REVIEWGATE_SHARED is "required".
func Shared(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		if os.Getenv("REVIEWGATE_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skipf("shared test data is absent: %v", err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return data
	}
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(zipped); err != nil {
		t.Fatal(err)
	}
	return data
}
