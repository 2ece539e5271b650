package sources

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// budget is how much ownership is read at once: files and bytes of all sources. What
// patterns may weigh together is package ownership's (ownership.New).
type budget struct{ files, bytes int }

var (
	// inForce is for what the base branch has; Linux has 800 KB in one file, Kubernetes
	// 2 MB in 4,000.
	inForce = budget{files: 20_000, bytes: 16 << 20}
	// inProposal is for what anybody may propose in a fork: some 60 MB of memory while it
	// is read. Linux has 763 KB.
	inProposal = budget{files: 1000, bytes: 800 << 10}
	// inDirectories is for the paths at which a file is looked for in the directories of
	// what a pull request changes and those above. Anybody may propose files below any
	// number of directories that are nowhere else. Kubernetes has some 6,000.
	inDirectories = budget{files: 10_000, bytes: 1 << 20}
)

// exceeded is the fault of sources that are larger.
func (b budget) exceeded() strictyaml.Faults {
	text := fmt.Sprintf("the ownership files are more than the %d, or have more than the %d bytes in all or the %d in one, that are "+
		"read; say it with fewer and wider patterns", b.files, b.bytes, content.MaxBlob)
	if b == inProposal {
		text = fmt.Sprintf("the ownership files are more than the %d, or have more than the %d bytes in all, that are tried for a pull "+
			"request; check them with reviewgate validate", b.files, b.bytes)
	}
	return strictyaml.Faults{Fault(text)}
}

// exceededBy reports whether so many paths, or such long ones, are more.
func (b budget) exceededBy(paths []string) bool {
	bytes := 0
	for _, p := range paths {
		bytes += len(p)
	}
	return len(paths) > b.files || bytes > b.bytes
}

// TooMany reports whether so many paths are beyond inDirectories.
func TooMany(paths []string) bool { return inDirectories.exceededBy(paths) }

// TooWide is the fault of a pull request beyond inDirectories.
func TooWide(what string) strictyaml.Fault {
	return Fault(fmt.Sprintf("the pull request changes files in so many directories that %s would be looked for at more than %d places, "+
		"or in more than %d bytes of paths; split it", what, inDirectories.files, inDirectories.bytes))
}

func filesIn(sources []Source) int {
	n := 0
	for _, s := range sources {
		for _, f := range s.files {
			if f.IsFile() {
				n++
			}
		}
	}
	return n
}
