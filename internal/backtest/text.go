package backtest

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// What the text lists of areas: so many, and of each name so many letters.
const maxAreas, maxName = 40, 40

// Text says the report as tables, and what it recommends.
func (r *Report) Text() string {
	var b strings.Builder
	terminal.Fprintf(&b, "%s; %d of them reviewed by people whom the map names for their files, %d only by others\n", merged(r.Pulls),
		r.Reviewed, r.Unnamed)
	if r.Unjudged > 0 {
		terminal.Fprintf(&b, "%d left out: their lists of files are not whole\n", r.Unjudged)
	}
	r.levels(&b)
	r.areas(&b)
	fmt.Fprintln(&b)
	for _, line := range r.advice() {
		terminal.Fprintf(&b, "%s\n", line)
	}
	fmt.Fprintf(&b, legend, Enough)
	return b.String()
}

// legend says what the words of the tables mean.
const legend = `
wait          from the last push, or the opening, until enough files were reviewed: the
              median of those that passed; nine in ten waited no longer than 90 %% within
area          of the pull requests that changed files of it, those of which its own
              maintainers reviewed half of these files, or all; nobody of it can approve
              where it names reviewers only, who count with reviewers_count, or nobody
floor         the threshold of its own that 95 %% of them kept; - where none is, or
              fewer than %d pull requests tell
recommended   the highest threshold that 95 %% of those reviewed at all would have kept
`

func merged(n int) string {
	if n == 1 {
		return "1 merged pull request"
	}
	return fmt.Sprintf("%d merged pull requests", n)
}

// levels prints a line for each threshold.
func (r *Report) levels(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nthreshold")
	for approvals := range MaxApprovals {
		fmt.Fprintf(w, "\tmin_approvals: %d%s", approvals+1, map[bool]string{true: "\twait\t90 % within"}[r.Timed > 0])
	}
	fmt.Fprintln(w)
	for k, t := range thresholds {
		fmt.Fprint(w, t)
		for approvals := range MaxApprovals {
			l := r.Levels[approvals*len(thresholds)+k]
			fmt.Fprintf(w, "\t%s", outOf(l.Passed, r.Judged()))
			if r.Timed > 0 {
				fmt.Fprintf(w, "\t%s", l.Wait)
			}
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a Builder takes everything
}

// outOf says a part and its share.
func outOf(part, of int) string {
	return fmt.Sprintf("%d of %d (%d%%)", part, of, share.Ratio{Reviewed: part, Counted: of}.Percent())
}

// String says the median, and within which time nine of ten were, with a TAB between.
func (w *Wait) String() string {
	if w == nil {
		return "-\t-"
	}
	return terminal.Lasting(time.Duration(w.Median)*time.Second) + "\t" + terminal.Lasting(time.Duration(w.Most)*time.Second)
}

// areas prints a line for each area of which enough is known.
func (r *Report) areas(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	few := 0
	for i, a := range r.Areas {
		if a.Pulls < Enough || i >= maxAreas {
			few++
			continue
		}
		if i == 0 {
			fmt.Fprintln(w, "\narea\tpull requests\thalf reviewed\tall reviewed\tfloor")
		}
		floor := "-"
		if a.Floor.Set() {
			floor = a.Floor.String()
		}
		half, all := outOf(a.Half(), a.Pulls), outOf(a.All(), a.Pulls)
		if a.Unstaffed {
			half, all = "nobody of it can approve", ""
		}
		terminal.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", clip(a.Name), a.Pulls, half, all, floor)
	}
	_ = w.Flush() // a Builder takes everything
	switch listed := len(r.Areas) - few; {
	case listed == 0:
		fmt.Fprintf(b, "\nnone of %d areas was changed by %d pull requests or more\n", few, Enough)
	case few > 0:
		fmt.Fprintf(b, "and %d areas that fewer pull requests changed\n", few)
	}
}

// clip shortens the name of an area.
func clip(name string) string {
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName-1]) + "…"
	}
	return name
}

// advice says which threshold the past speaks for, or why none.
func (r *Report) advice() []string {
	a := r.Recommended
	switch {
	case a == nil && r.Reviewed < Enough:
		return []string{fmt.Sprintf("no recommendation: %d pull requests were reviewed by people whom the map names, %d are needed; "+
			"give a longer past, or complete the map", r.Reviewed, Enough)}
	case a == nil:
		return []string{fmt.Sprintf("no recommendation: even at %s only %s of those that were reviewed would have passed; see which areas "+
			"their own people seldom review, and whether the map names those who do", thresholds[0], outOf(r.Levels[0].PassedReviewed, r.Reviewed))}
	}
	lines := []string{
		fmt.Sprintf("recommended: threshold: %s, min_approvals: %d", a.Threshold, a.MinApprovals),
		fmt.Sprintf("  of %d that were reviewed at all, %d would have passed; %d would have needed more review", a.Reviewed, a.Passed,
			a.Reviewed-a.Passed),
	}
	if a.Next != nil {
		lines = append(lines, fmt.Sprintf("  %s would have kept %d more", a.Next.Threshold, a.Next.Fewer))
	}
	return lines
}
