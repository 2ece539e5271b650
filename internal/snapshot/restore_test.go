package snapshot

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/sources"
)

func TestReplayKeepsSourcesApart(t *testing.T) {
	t.Parallel()
	in := Inputs{Files: map[string]string{
		"1": "version: 1\nsubsystems: [{name: a, paths: [\"a/**\"], maintainers: [alice]}]\n",
		"2": "version: 1\nsubsystems: [{name: b, paths: [\"b/**\"], maintainers: [bob]}]\n",
	}}
	for i, k := range []sources.Kept{{Path: ".github/subsystems.yml", ID: "1"}, {Path: "acme/maint/.github/subsystems.yml", ID: "2"}} {
		in.Sources = append(in.Sources, sources.KeptSource{Kept: k, Format: formats.Subsystems, Source: ".github/subsystems.yml", Number: i + 1})
	}
	for range 2 { // as stored now, and as stored before sources had numbers
		texts, err := in.texts(nil)
		if err != nil {
			t.Fatal(err)
		}
		if owners, _, err := formats.Parse(texts, "github"); err != nil || len(owners.Subsystems()) != 2 {
			t.Errorf("%+v, %v", owners, err)
		}
		for i := range in.Sources {
			in.Sources[i] = sources.KeptSource{Kept: in.Sources[i].Kept}
		}
	}
}

func TestReplayOfAMapWithoutFiles(t *testing.T) {
	t.Parallel()
	in := Inputs{
		Policy: sources.Kept{Path: "p.yml", ID: "1"}, DefaultBranch: "main", Gated: true, Mapped: true,
		Files: map[string]string{"1": "version: 1\nownership: [{owners: OWNERS}]\n"},
	}
	in.Snapshot.Request.BaseBranch = "main"
	if err := in.Restore(nil); err != nil || in.Snapshot.Owners == nil {
		t.Errorf("%v, %v", in.Snapshot.Owners, err)
	}
}
