package ownersfile_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
)

// prowFile is what an OWNERS file says, as the oracle has it.
type prowFile struct {
	approvers []string            // of everything
	filters   map[string][]string // or by expression
	stop      bool                // no_parent_owners
}

func (f prowFile) text() string {
	text := fmt.Sprintf("options: {no_parent_owners: %t}\n", f.stop)
	if f.filters == nil {
		return text + fmt.Sprintf("approvers: [%s]\n", strings.Join(f.approvers, ", "))
	}
	text += "filters:\n"
	for _, expression := range []string{".*", `\.c$`, "^b/"} {
		if approvers, ok := f.filters[expression]; ok {
			text += fmt.Sprintf("  %q: {approvers: [%s]}\n", expression, strings.Join(approvers, ", "))
		}
	}
	return text
}

// prowApprovers walks up as prow/repoowners does (entriesForFile): each directory
// that is read adds its approvers, and one with no_parent_owners is the last.
// Where nobody was found by then, prow asks those of the nearest directory above
// that has any (findOwnersForFile), and they decide alone; of this only that
// there are some is compared.
func prowApprovers(files map[string]prowFile, file string) (names []string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		f, ok := files[dir]
		relative := strings.TrimPrefix(file, dir+"/")
		if ok && !passedOver(dir) {
			names = append(names, f.approvers...)
			for expression, approvers := range f.filters {
				if regexp.MustCompile(expression).MatchString(relative) {
					names = append(names, approvers...)
				}
			}
			if f.stop {
				break
			}
		}
		if dir == "." {
			break
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// passedOver is filepath.Walk with SkipDir at prow's default expressions.
func passedOver(dir string) bool {
	walked := ""
	for part := range strings.SplitSeq(dir, "/") {
		walked = path.Join(walked, part)
		if strings.HasSuffix(walked, ".git") || strings.HasSuffix(walked, "_output") || regexp.MustCompile(`vendor/.*/.*`).MatchString(walked) {
			return true
		}
	}
	return false
}

// TestProwOracle holds random trees to Prow's way through them.
func TestProwOracle(t *testing.T) {
	t.Parallel()
	dirs := []string{".", "a", "a/b", "a/b/c", "vendor", "vendor/x", "vendor/x/y", "a_output", "a_output/b", "z.git"}
	people := rapid.SliceOfN(rapid.SampledFrom([]string{"ann", "bob", "cat", "dan"}), 0, 2)
	rapid.Check(t, func(rt *rapid.T) {
		files := map[string]prowFile{}
		for _, dir := range dirs {
			if rapid.Bool().Draw(rt, "has "+dir) {
				f := prowFile{stop: rapid.IntRange(0, 2).Draw(rt, "stop") == 0}
				if f.approvers = people.Draw(rt, "approvers"); rapid.Bool().Draw(rt, "filters") {
					f.approvers, f.filters = nil, map[string][]string{}
					for _, expression := range []string{".*", `\.c$`, "^b/"} {
						if rapid.Bool().Draw(rt, expression) {
							f.filters[expression] = people.Draw(rt, "by filter")
						}
					}
					if len(f.filters) == 0 {
						f.filters = nil
					}
				}
				files[dir] = f
			}
		}
		for range 4 {
			file := path.Join(rapid.SampledFrom(dirs).Draw(rt, "dir"), rapid.SampledFrom([]string{"x.c", "x.h", "b/x.c"}).Draw(rt, "file"))
			want := prowApprovers(files, file)
			if got := approvers(rt, files, file); len(want) > 0 && !slices.Equal(got, want) {
				rt.Fatalf("%s: %v, want %v of %+v", file, got, want, files)
			}
		}
	})
}

// approvers asks the parser, of the files that it needs.
func approvers(rt *rapid.T, files map[string]prowFile, file string) (names []string) {
	var list []ownership.File
	for _, name := range ownersfile.Files("OWNERS", []string{file}, nil) {
		if f, ok := files[path.Dir(name)]; ok && path.Base(name) == "OWNERS" {
			list = append(list, ownership.File{Path: name, Data: []byte(f.text())})
		}
	}
	set, _, err := ownersfile.Parse("OWNERS", list)
	if err != nil {
		rt.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		rt.Fatal(err)
	}
	for _, s := range m.Match(file) {
		for _, o := range s.Maintainers {
			names = append(names, o.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
