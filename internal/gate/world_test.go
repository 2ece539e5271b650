package gate

import (
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
	"github.com/reviewgate/reviewgate/internal/sources"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func newShelfGate(f *shelf.Forge) *Gate {
	return New(Config{Forge: seam.Forge{Archive: f, Lister: f, Trees: f}, Blobs: &shelf.Kept{}, DefaultMap: sources.File{
		Path: "default.yml", Data: []byte("version: 1\nsubsystems: [{name: all, fallback: true, maintainers: [carol]}]\n"),
	}})
}
