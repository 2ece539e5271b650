package ownership_test

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
)

// A map adds up from rulesets, which the packages of the formats read. A fallback owns what
// no other subsystem does.
func ExampleNew() {
	set, _, err := yamlmap.Parse("subsystems.yml", []byte(`
version: 1
subsystems:
  - {name: mm, paths: ["mm/**", "!mm/kfence/**"], maintainers: [alice, "@acme/mm"]}
  - {name: core, fallback: true, maintainers: [carol]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	owners, err := ownership.New(set)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"mm/slab.c", "mm/kfence/core.c"} {
		for _, s := range owners.Match(path) {
			fmt.Println(path, s.Name, s.Maintainers)
		}
	}
	// Output:
	// mm/slab.c mm [alice @acme/mm]
	// mm/kfence/core.c core [carol]
}
