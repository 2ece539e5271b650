// Package chart draws what pages show of a repository, as SVG that has no style of its own: classes
// say what is what, and the page's style sheet how that looks in light and dark.
//
// It is pure. Words come from outside and are escaped; a drawing has a title and a description for
// who does not see it, and is bounded by what it is given.
package chart

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Words are what a drawing says besides its data.
type Words struct{ Title, Description string }

// The size of a drawing, and where its axes stand.
const (
	width, height            = 720, 260
	left, right, top, bottom = 48, 708, 12, 226
)

// Drawing is an SVG document.
type Drawing struct{ strings.Builder }

// Printf adds a line.
func (d *Drawing) Printf(format string, args ...any) { fmt.Fprintf(&d.Builder, format+"\n", args...) }

// begin opens a document; name tells its ids from those of others on a page.
func (d *Drawing) begin(name string, w, h int, words Words) {
	d.Printf(`<svg viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-title %s-desc">`, w, h, w, h, name, name)
	d.Printf(`<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`, name, Escape(words.Title), name, Escape(words.Description))
}

// Text adds a text, which is escaped; anchor is where of it x is.
func (d *Drawing) Text(x, y int, anchor, text string) {
	d.Printf(`<text x="%d" y="%d" text-anchor="%s">%s</text>`, x, y, anchor, Escape(text))
}

// Escape makes a text one of a document.
func Escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}

// Point is a share at a time.
type Point struct {
	Slot     int    // from the left, from 0
	Percent  int    // 0 to 100
	Label    string // below the axis; empty: none
	Tells    string // for who points at it
	Straight bool   // it follows the point before: a line leads there
}

// Shares draws shares over so many slots of time. The ids of the document begin with name.
func Shares(name string, points []Point, slots int, words Words) string {
	var d Drawing
	d.begin(name, width, height, words)
	for percent := 0; percent <= 100; percent += 25 {
		at := shareY(percent)
		d.Printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" class="grid"/>`, left, at, right, at)
		d.Text(left-6, at+4, "end", fmt.Sprintf("%d%%", percent))
	}
	d.Printf(`<path d="M%d %dV%dH%d" class="axis"/>`, left, top, bottom, right)
	x := func(p Point) int { return left + (right-left)*(2*p.Slot+1)/(2*max(slots, 1)) }
	for i, p := range points {
		if p.Straight && i > 0 {
			before := points[i-1]
			d.Printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" class="level0"/>`, x(before), shareY(before.Percent), x(p), shareY(p.Percent))
		}
	}
	for _, p := range points {
		d.Printf(`<circle cx="%d" cy="%d" r="4" class="point"><title>%s</title></circle>`, x(p), shareY(p.Percent), Escape(p.Tells))
		if p.Label != "" {
			d.Text(x(p), bottom+18, "middle", p.Label)
		}
	}
	d.Printf("</svg>")
	return d.String()
}

func shareY(percent int) int { return bottom - (bottom-top)*min(max(percent, 0), 100)/100 }
