package workload

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Text says the report on so many days as a table of people, one of subsystems, and one of how soon
// those answer that have a time for it.
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
	printResponses(w, r.Responses, days)
	terminal.Fprintf(w, "\nGini of open requests and reviews: %.2f (0: all alike, towards 1: all on one)\n", r.Gini)
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// printLine prints one line of a table; who is quoted.
func printLine(w io.Writer, who string, l Line) {
	median := "-"
	if l.Median != nil {
		median = fmt.Sprintf("%s (of %d)", terminal.Lasting(time.Duration(*l.Median)*time.Second), l.Answered)
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", who, l.Open, l.Reviews, median)
}

// printResponses prints the table of subsystems that have a time to answer in, if there are any.
func printResponses(w io.Writer, lines []response.Line, days int) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\nsubsystem\trespond within\tkept in %d days\tmissed\tof these overdue now\topen, in time\n", days)
	for _, l := range lines {
		share := ""
		if l.Share() >= 0 {
			share = fmt.Sprintf(" (%d%%)", l.Share())
		}
		fmt.Fprintf(w, "%s\t%s\t%d%s\t%d\t%d\t%d\n", terminal.Quote(l.Area), terminal.Lasting(time.Duration(l.Within)*time.Second), l.Kept,
			share, l.Missed, l.Overdue, l.Open)
	}
}
