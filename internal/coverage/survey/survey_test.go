package survey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
	"github.com/reviewgate/reviewgate/internal/sources"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// reader reads a repository whose tree is a submodule "sub", and a folder with two files and a link,
// with a policy and a map, by text.
func reader(policy, owners string) (*sources.Reader, *shelf.Forge) {
	f := &shelf.Forge{Files: map[string]seam.Entry{}, Texts: map[string][]byte{"p": []byte(policy), "m": []byte(owners)},
		Dirs: map[string][]gittree.Entry{
			"tip": {{Name: "mm", Mode: pull.Directory, ID: "mm"}, {Name: "sub", Mode: pull.Submodule, ID: "c"}},
			"mm": {{Name: "a.c", Mode: pull.Regular, ID: "1"}, {Name: "b.c", Mode: pull.Regular, ID: "2"},
				{Name: "l", Mode: pull.Symlink, ID: "3"}}}}
	if policy != "" {
		f.Files[".github/review-gate.yml"] = seam.Entry{ID: "p", Mode: pull.Regular}
	}
	for _, name := range []string{"MAINTAINERS", ".github/subsystems.yml"} {
		f.Files[name] = seam.Entry{ID: "m", Mode: pull.Regular}
	}
	files := content.New(content.Config{Files: f, Trees: f, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	return sources.New(sources.Config{Archive: f, Traits: seam.Traits{PolicyPath: ".github/review-gate.yml"}}, files), f
}

const inSubsystems = "version: 1\nsubsystems: [{name: mm, paths: [mm/**], maintainers: [alice]}]\n"

// TestRead holds what is found out of a tree, and why nothing is.
func TestRead(t *testing.T) {
	t.Parallel()
	const inMaintainers = "Maintainers\n-----------\n\nMM\nM:\tAnn <ann@example.org> [@ann]\nF:\tmm\n\nSUB\nM:\tBob <bob@example.org> [@bob]\nF:\tsub\n"
	const advised = "Maintainers\n-----------\n\nMM\nR:\tAnn <ann@example.org> [@ann]\nS:\tMaintained\nF:\tmm\n"
	for name, c := range map[string]struct {
		policy, owners, why string
		want                []coverage.Folder
	}{
		"a map": {"version: 1\n", inSubsystems, "", []coverage.Folder{{Rest: true, Unowned: 1}, {Path: "mm/", Owned: 3}}},
		"folders of MAINTAINERS": {"version: 1\nownership: [{maintainers: MAINTAINERS}]\n", inMaintainers, "",
			[]coverage.Folder{{Rest: true, Owned: 1}, {Path: "mm/", Owned: 3}}},
		"reviewers who only advise": {"version: 1\nownership: [{maintainers: MAINTAINERS}]\n", advised, "",
			[]coverage.Folder{{Rest: true, Unowned: 1}, {Path: "mm/", Unstaffed: 3}}},
		"reviewers who count": {"version: 1\nreviewers_count: true\nownership: [{maintainers: MAINTAINERS}]\n", advised, "",
			[]coverage.Folder{{Rest: true, Unowned: 1}, {Path: "mm/", Owned: 3}}},
		"a broken policy": {"version: 7\n", inSubsystems, coverage.WhyFaults, nil},
		"a broken map":    {"version: 1\n", "version: 7\n", coverage.WhyFaults, nil},
		"no policy":       {"", inSubsystems, coverage.WhyNoPolicy, nil},
	} {
		r, _ := reader(c.policy, c.owners)
		got, err := Read(t.Context(), r, linux, "tip")
		if err != nil || got.Why != c.why {
			t.Errorf("%s: %q, %v", name, got.Why, err)
		}
		if diff := cmp.Diff(c.want, got.Folders); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestReadIsBounded holds that a tree of more directories than are read is said to be too large, one
// that stands for any number of files, too, and that one that can't be read is an error.
func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	r, f := reader("version: 1\n", inSubsystems)
	for i := range maxTrees {
		id := fmt.Sprint("d", i)
		f.Dirs["tip"] = append(f.Dirs["tip"], gittree.Entry{Name: id, Mode: pull.Directory, ID: id})
		f.Dirs[id] = []gittree.Entry{}
	}
	if got, err := Read(t.Context(), r, linux, "tip"); err != nil || got.Why != coverage.WhyTooLarge {
		t.Errorf("%d directories: %+v, %v", maxTrees, got.Why, err)
	}
	r, f = reader("version: 1\n", inSubsystems)
	f.Dirs["mm"] = []gittree.Entry{{Name: "again", Mode: pull.Directory, ID: "mm"}, {Name: "more", Mode: pull.Directory, ID: "mm"}}
	if got, err := Read(t.Context(), r, linux, "tip"); err != nil || got.Why != coverage.WhyTooLarge {
		t.Errorf("a tree in itself: %+v, %v", got.Why, err)
	}
	_, f = reader("version: 1\n", inSubsystems)
	files := content.New(content.Config{Files: f, Trees: down{f}, Blobs: &shelf.Kept{}, Log: slog.New(slog.DiscardHandler)})
	r = sources.New(sources.Config{Archive: f, Traits: seam.Traits{PolicyPath: ".github/review-gate.yml"}}, files)
	if _, err := Read(t.Context(), r, linux, "tip"); !errors.Is(err, errDown) {
		t.Errorf("a forge that does not answer: %v", err)
	}
}

var errDown = errors.New("it does not answer")

// down is a forge that gives files and no trees.
type down struct{ *shelf.Forge }

func (down) Trees(context.Context, pull.Repo, []string) (map[string][]gittree.Entry, error) {
	return nil, errDown
}
