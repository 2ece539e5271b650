package chart

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Tile is a part of a whole, drawn as large as it is.
type Tile struct {
	Name  string // as much of it is shown as fits
	Tells string // for who points at it
	Parts []int  // of it, by class "part0", "part1" and on; none is negative
}

func (t Tile) size() (n int) {
	for _, p := range t.Parts {
		n += p
	}
	return n
}

// The size of a tree map, and of a letter on it.
const (
	mapWidth, mapHeight     = 720, 360
	letterWidth, lineHeight = 8, 16
)

// box is a part of a drawing, in its units.
type box struct{ x, y, w, h float64 }

// Treemap draws tiles, the largest first, each divided into its parts. The ids of the document
// begin with name.
func Treemap(name string, tiles []Tile, words Words) string {
	tiles = slices.DeleteFunc(slices.Clone(tiles), func(t Tile) bool { return t.size() == 0 })
	slices.SortStableFunc(tiles, func(a, b Tile) int { return cmp.Compare(b.size(), a.size()) })
	var d Drawing
	d.begin(name, mapWidth, mapHeight, words)
	for i, b := range squarify(tiles, box{0, 0, mapWidth, mapHeight}) {
		d.tile(tiles[i], b)
	}
	d.Printf("</svg>")
	return d.String()
}

// tile draws one tile: its parts from the left to the right, a frame, and its name where it fits.
func (d *Drawing) tile(t Tile, b box) {
	d.Printf(`<g><title>%s</title>`, Escape(t.Tells))
	at := b.x
	for i, part := range t.Parts {
		w := b.w * float64(part) / float64(t.size())
		if part > 0 {
			d.Printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="part%d"/>`, at, b.y, w, b.h, i)
		}
		at += w
	}
	d.Printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="tile"/>`, b.x, b.y, b.w, b.h)
	if letters := int(b.w-8) / letterWidth; b.h >= lineHeight+4 && letters >= min(4, utf8.RuneCountInString(t.Name)) {
		d.Text(int(b.x)+4, int(b.y)+lineHeight, "start", shorten(t.Name, letters))
	}
	d.Printf("</g>")
}

// shorten keeps so many letters of a name.
func shorten(name string, letters int) string {
	if utf8.RuneCountInString(name) <= letters {
		return name
	}
	return string([]rune(name)[:letters-1]) + "…"
}

// squarify lays tiles, the largest first, into a box so that they are near to squares (Bruls,
// Huizing and van Wijk, Squarified Treemaps, 2000).
func squarify(tiles []Tile, in box) []box {
	total := 0
	for _, t := range tiles {
		total += t.size()
	}
	out := make([]box, 0, len(tiles))
	for at := 0; at < len(tiles); {
		scale := in.w * in.h / float64(total)
		row, size := 1, tiles[at].size()
		for at+row < len(tiles) {
			next := size + tiles[at+row].size()
			if worst(tiles[at:at+row], size, scale, in) < worst(tiles[at:at+row+1], next, scale, in) {
				break
			}
			row, size = row+1, next
		}
		var laid []box
		laid, in = in.lay(tiles[at:at+row], size, total)
		out = append(out, laid...)
		at, total = at+row, total-size
	}
	return out
}

// worst is how far from a square a tile of a row is at the most, if the row lies along the shorter
// side of a box.
func worst(row []Tile, size int, scale float64, in box) float64 {
	side := min(in.w, in.h)
	thick := float64(size) * scale / side
	most := 0.0
	for _, t := range row {
		length := float64(t.size()) * scale / thick
		most = max(most, length/thick, thick/length)
	}
	return most
}

// lay lays a row along the shorter side of a box, and returns what is left of that.
func (b box) lay(row []Tile, size, total int) (laid []box, rest box) {
	part := float64(size) / float64(total)
	strip, rest := box{b.x, b.y, b.w * part, b.h}, box{b.x + b.w*part, b.y, b.w * (1 - part), b.h}
	if b.w < b.h {
		strip, rest = box{b.x, b.y, b.w, b.h * part}, box{b.x, b.y + b.h*part, b.w, b.h * (1 - part)}
	}
	for _, t := range row {
		share := float64(t.size()) / float64(size)
		one := box{strip.x, strip.y, strip.w, strip.h * share}
		if b.w < b.h {
			one = box{strip.x, strip.y, strip.w * share, strip.h}
			strip.x += one.w
		} else {
			strip.y += one.h
		}
		laid = append(laid, one)
	}
	return laid, rest
}
