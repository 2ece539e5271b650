package snapshot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/gitattributes"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func TestMarkGenerated(t *testing.T) {
	t.Parallel()
	var all gitattributes.Attributes
	all.Add(".", []byte("[attr]gen linguist-generated\n*.pb.go gen\n/gen/** linguist-generated=true text\nvendor/ "+
		"linguist-generated\n*.odd linguist-generated=yes\n"))
	all.Add("mm", []byte("x.pb.go -linguist-generated\n*.tab.c linguist-generated\n"))
	for path, want := range map[string]bool{
		"a.pb.go": true, "fs/deep/a.pb.go": true, "gen/x/y": true, "x/gen/y": false,
		"vendor/a.c": false, // git gives a pattern with a slash at its end no meaning
		"mm/x.pb.go": false, "mm/sub/p.tab.c": true, "fs/p.tab.c": false,
		"a.odd": false, // linguist would leave it out; who is not sure counts it
	} {
		files := []pull.File{{Content: pull.Content{Path: path}}}
		if markGenerated(&all, files); files[0].Generated != want {
			t.Errorf("%s: generated = %v, want %v", path, files[0].Generated, want)
		}
	}
	renamed := []pull.File{{Content: pull.Content{Path: "a.pb.go", OldPath: "a.go", Status: pull.Renamed}}}
	if markGenerated(&all, renamed); renamed[0].Generated {
		t.Error("a rename is left out though one of its paths is not generated")
	}
}

func TestAttributesFiles(t *testing.T) {
	t.Parallel()
	files := []pull.File{{Content: pull.Content{Path: "b/c/x"}}, {Content: pull.Content{Path: "a/x"}}}
	want := []string{".gitattributes", "a/.gitattributes", "b/.gitattributes", "b/c/.gitattributes"}
	if diff := cmp.Diff(want, attributesFiles(files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
