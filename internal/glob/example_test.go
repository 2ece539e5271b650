package glob_test

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/glob"
)

func ExampleCompile() {
	p, err := glob.Compile("include/linux/{mm,slab}*.h")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Match("include/linux/slab_def.h"), p.Match("include/linux/sched/mm.h"))
	_, err = glob.Compile("mm/[a-")
	fmt.Println(err)
	// Output:
	// true false
	// pattern "mm/[a-": brackets, braces or a backslash at its end do not fit; quote one that is meant as itself with \
}
