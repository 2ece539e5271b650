package simulate

import (
	"fmt"
	"math"
	"strings"

	"github.com/reviewgate/reviewgate/internal/chart"
)

// The plot's size and the frame of its axes, in pixels.
const (
	plotWidth, plotHeight = 780, 460
	left, right           = 70, 520
	top, bottom           = 40, 400
)

const plotStyle = `text{font:13px system-ui,sans-serif;fill:#24292f}.axis,.tick{stroke:#57606a;fill:none}.grid{stroke:#d0d7de}` +
	`.goal{fill:#2da44e;opacity:.15}.history{fill:#0969da}.map{fill:#fff;stroke:#0969da;stroke-width:2}.small{font-size:11px}` +
	`@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#30363d}.history{fill:#58a6ff}.map{fill:#0d1117;stroke:#58a6ff}}`

// SVG draws the rows: how unevenly they ask, in relation to real life, against
// how often one of three reviewed in truth. Rows of one place share a number's
// mark. It is one document of its own.
func (r Report) SVG() string {
	d := drawing{most: 1.1}
	for _, row := range r.Rows {
		if row.Relative != nil {
			d.most = max(d.most, math.Ceil(*row.Relative*10)/10)
		}
	}
	d.Printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`, plotWidth, plotHeight,
		plotWidth, plotHeight)
	d.Printf("<title>%s</title><style>%s</style>", chart.Escape("Whom strategies would have asked, and how evenly"), plotStyle)
	d.axes()
	d.points(r.Rows)
	d.text(left, plotHeight-8, "small",
		fmt.Sprintf("%d pull requests, %d judged; at most %d people asked of %d; the shaded goal is balance's", r.Pulls, r.Judged, r.Ask,
			r.People))
	d.Printf("</svg>\n")
	return d.String()
}

// drawing is an SVG document; most is the value at the right end.
type drawing struct {
	chart.Drawing
	most float64
}

func (d *drawing) text(x, y float64, class, text string) {
	d.Printf(`<text x="%.0f" y="%.0f" class="%s">%s</text>`, x, y, class, chart.Escape(text))
}

func (d *drawing) x(relative float64) float64 { return left + (right-left)*relative/d.most }
func (d *drawing) y(share float64) float64    { return bottom - (bottom-top)*share }

func (d *drawing) axes() {
	d.Printf(`<rect x="%d" y="%d" width="%.1f" height="%.1f" class="goal"/>`, left, top, d.x(goalRelative)-left, d.y(goalBalance)-top)
	for i := range 6 {
		y := d.y(float64(i) / 5)
		d.Printf(`<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" class="grid"/>`, left, y, right, y)
		d.text(left-34, y+4, "small", fmt.Sprintf("%.1f", float64(i)/5))
	}
	for v := 0.0; v <= d.most+1e-9; v += 0.2 {
		d.Printf(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" class="tick"/>`, d.x(v), bottom, d.x(v), bottom+5)
		d.text(d.x(v)-8, bottom+20, "small", fmt.Sprintf("%.1f", v))
	}
	d.Printf(`<path d="M%d %dV%dH%d" class="axis"/>`, left, top, bottom, right)
	d.text(left-50, top-16, "", "one of the first three reviewed in truth (share)")
	d.text(left+70, bottom+38, "", "Gini of the asking, in relation to real life's")
}

// mark is a point with the numbers of the rows that stand there.
type mark struct {
	x, y    float64
	class   string
	numbers []string
}

// points draws the marks, and what their numbers mean.
func (d *drawing) points(rows []Row) {
	var marks []*mark
	y := float64(top)
	d.text(right+30, y-16, "", "● history  ○ map")
	for i, row := range rows {
		number := fmt.Sprint(i + 1)
		values := "-"
		if row.Top3 != nil && row.Relative != nil {
			values = fmt.Sprintf("%.2f at %.2f", *row.Top3, *row.Relative)
			marks = place(marks, &mark{d.x(*row.Relative), d.y(*row.Top3), row.Candidates, []string{number}})
		}
		y += 24
		d.text(right+30, y, "", fmt.Sprintf("%s  %s (%s)", number, row.Name, row.Candidates))
		d.text(right+30, y+11, "small", "     "+values)
		y += 8
	}
	for _, m := range marks {
		d.Printf(`<circle cx="%.1f" cy="%.1f" r="5" class="%s"/>`, m.x, m.y, m.class)
		label := `<text x="%.0f" y="%.0f" class="small">%s</text>`
		at := m.x + 8
		if m.x > (left+right)/2 {
			label, at = `<text x="%.0f" y="%.0f" class="small" text-anchor="end">%s</text>`, m.x-8
		}
		d.Printf(label, at, m.y-6, chart.Escape(strings.Join(m.numbers, ", ")))
	}
}

// crowded is how near two marks may stand, in pixels, before they are one.
const crowded = 14

// place adds a mark, or its number to one that stands there.
func place(marks []*mark, m *mark) []*mark {
	for _, o := range marks {
		if o.class == m.class && math.Hypot(o.x-m.x, o.y-m.y) < crowded {
			o.numbers = append(o.numbers, m.numbers...)
			return marks
		}
	}
	return append(marks, m)
}
