package simulate

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Text says the report as a table of strategies, what they reach, and what its words mean.
func (r Report) Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	terminal.Fprintf(w, "%d pull requests, %d of them reviewed by others than the author; at most %d people asked; %d people\n\n", r.Pulls,
		r.Judged, r.Ask, r.People)
	fmt.Fprintln(w, "candidates\tstrategy\ttop 1\ttop 3\ttop 5\tMRR\tasked\tGini\tof real life's")
	for _, row := range r.Rows {
		terminal.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.3f\t%s\n", row.Candidates, row.Name,
			thousandths(row.Top1), thousandths(row.Top3), thousandths(row.Top5), thousandths(row.MRR), row.Asked, row.Gini,
			thousandths(row.Relative))
	}
	terminal.Fprintf(w, "\treal life\t\t\t\t\t\t%.3f\t\n\n", r.RealGini)
	for _, g := range r.Goals {
		terminal.Fprintf(w, "%s: %s, %s\n", g.Text, thousandths(g.Got), map[bool]string{true: "reached", false: "not reached"}[g.Met])
	}
	fmt.Fprint(w, `
top 1, 3, 5  share of the reviewed pull requests of which one of the first so many
             reviewed in truth, had so many been asked
MRR          mean reciprocal rank of the first who did, among five
asked        people asked for each pull request, on average
Gini         how unevenly the asking spreads over all whom the map names or who
             ever reviewed: 0 evenly, towards 1 all on one
map          candidates are the people of the owning sections
history      candidates are all whom the map names or who reviewed before; those
             who know the files come first
`)
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// thousandths says a share with three digits, or - where there is none.
func thousandths(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}
