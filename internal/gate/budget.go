package gate

import (
	"fmt"

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
)

// exceeded is the fault of sources that are larger.
func (b budget) exceeded() strictyaml.Faults {
	text := fmt.Sprintf("the ownership files are more than the %d, or have more than the %d bytes in all or the %d in one, that are read; say it with fewer and wider patterns", b.files, b.bytes, maxBlob)
	if b == inProposal {
		text = fmt.Sprintf("the ownership files are more than the %d, or have more than the %d bytes in all, that are tried for a pull request; check them with reviewgate validate", b.files, b.bytes)
	}
	return strictyaml.Faults{fault(text)}
}

func filesIn(sources []source) int {
	n := 0
	for _, s := range sources {
		for _, f := range s.files {
			if f.isFile() {
				n++
			}
		}
	}
	return n
}
