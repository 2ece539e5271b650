package workload

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Text says the report on so many days as a table of people and one of subsystems.
func (r Report) Text(days int) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	head := fmt.Sprintf("open requests\treviews in %d days\tmedian time to first review\n", days)
	fmt.Fprint(w, "who\t", head)
	for _, l := range r.People {
		printLine(w, terminal.Quote(l.Who), l)
	}
	if len(r.Areas) > 0 {
		fmt.Fprint(w, "\nsubsystem\twho\t", head)
	}
	last := ""
	for _, l := range r.Areas {
		name := l.Subsystem
		if name == last {
			name = ""
		}
		last = l.Subsystem
		printLine(w, terminal.Quote(name)+"\t"+terminal.Quote(l.Who), l)
	}
	terminal.Fprintf(w, "\nGini of open requests and reviews: %.2f (0: all alike, towards 1: all on one)\n", r.Gini)
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// printLine prints one line of a table; who is quoted.
func printLine(w io.Writer, who string, l Line) {
	median := "-"
	if l.Median != nil {
		median = fmt.Sprintf("%s (of %d)", lasting(time.Duration(*l.Median)*time.Second), l.Answered)
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", who, l.Open, l.Reviews, median)
}

// lasting says a time in its two largest units.
func lasting(d time.Duration) string {
	days, hours := d/(24*time.Hour), d%(24*time.Hour)/time.Hour
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, d%time.Hour/time.Minute)
	}
	return cmp.Or(strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s"), "0m")
}
