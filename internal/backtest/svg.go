package backtest

import (
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/chart"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Words are what a drawing says.
type Words struct {
	Title, Description string // what is shown, and its numbers, to who does not see it
	Threshold, Passed  string // of the axes
	Lines              [MaxApprovals]string
	Recommended        string
}

// English are the words of a report on the command line.
func (r *Report) English() Words {
	w := Words{Title: "Merged pull requests that would have passed, by threshold", Threshold: "threshold",
		Passed: "merged pull requests that would have passed", Lines: [MaxApprovals]string{"1 approval for each file", "2 approvals"}}
	w.Description = strings.Join(r.advice(), "; ")
	if r.Recommended != nil {
		w.Recommended = "recommended: " + r.Recommended.Threshold.String()
	}
	return w
}

// The drawing's size and the frame of its axes, in pixels.
const (
	width, height = 640, 360
	left, right   = 60, 600
	top, bottom   = 40, 300
)

const style = `text{font:13px system-ui,sans-serif;fill:#24292f}.grid{stroke:#d0d7de}.axis{stroke:#57606a;fill:none}` +
	`.level0{stroke:#0969da;fill:none;stroke-width:2}.level1{stroke:#bc4c00;fill:none;stroke-width:2;stroke-dasharray:6 3}` +
	`.advice{stroke:#1a7f37}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#30363d}.level0{stroke:#58a6ff}` +
	`.level1{stroke:#f0883e}.advice{stroke:#3fb950}}`

// SVG draws how many would have passed at each threshold, as a document of its own.
func (r *Report) SVG() string {
	return r.draw(r.English(), `xmlns="http://www.w3.org/2000/svg" `, "<style>"+style+"</style>")
}

// Drawing is SVG for a page that has the style of its classes: grid, axis, level0, level1 and
// advice.
func (r *Report) Drawing(w Words) string { return r.draw(w, "", "") }

func (r *Report) draw(w Words, namespace, style string) string {
	var d drawing
	d.Printf(`<svg %sviewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="drawing-title drawing-desc">`, namespace, width,
		height, width, height)
	d.Printf(`<title id="drawing-title">%s</title><desc id="drawing-desc">%s</desc>%s`, chart.Escape(w.Title),
		chart.Escape(w.Description), style)
	d.axes(w)
	for approvals := range MaxApprovals {
		d.line(r, approvals, w.Lines[approvals])
	}
	if a := r.Recommended; a != nil {
		x := d.x(a.Threshold)
		d.Printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" class="advice"/>`, x, top, x, bottom)
		d.Text(x, top-8, "middle", w.Recommended)
	}
	d.Printf("</svg>")
	return d.String()
}

// drawing is an SVG document, with thresholds from left to right.
type drawing struct{ chart.Drawing }

// x is where a threshold stands.
func (d *drawing) x(t share.Threshold) int {
	for k, o := range thresholds {
		if o.Equal(t) {
			return left + (right-left)*k/(len(thresholds)-1)
		}
	}
	return left // unreachable: all that is drawn is among them
}

func y(part, of int) int { return bottom - (bottom-top)*part/max(of, 1) }

func (d *drawing) axes(w Words) {
	for percent := 0; percent <= 100; percent += 20 {
		at := y(percent, 100)
		d.Printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" class="grid"/>`, left, at, right, at)
		d.Text(left-8, at+4, "end", fmt.Sprintf("%d%%", percent))
	}
	for k, t := range thresholds {
		if k%2 == 0 {
			d.Text(d.x(t), bottom+20, "middle", t.String())
		}
	}
	d.Printf(`<path d="M%d %dV%dH%d" class="axis"/>`, left, top, bottom, right)
	d.Text((left+right)/2, bottom+40, "middle", w.Threshold)
	d.Text(left, 16, "start", w.Passed)
}

// line draws one number of approvals, with its name at its left end.
func (d *drawing) line(r *Report, approvals int, name string) {
	var points []string
	levels := r.Levels[approvals*len(thresholds):][:len(thresholds)]
	for _, l := range levels {
		points = append(points, fmt.Sprintf("%d,%d", d.x(l.Threshold), y(l.Passed, r.Judged())))
	}
	d.Printf(`<polyline points="%s" class="level%d"/>`, strings.Join(points, " "), approvals)
	d.Text(left+8, y(levels[0].Passed, r.Judged())-6, "start", name)
}
