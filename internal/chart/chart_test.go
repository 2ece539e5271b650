package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wellFormed fails unless a drawing is one document without script or style of its own.
func wellFormed(t interface {
	Fatalf(format string, args ...any)
}, text string) {
	d := xml.NewDecoder(strings.NewReader(text))
	roots, depth := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("it has %s", a.Name.Local)
				}
			}
			if e.Name.Local == "script" || e.Name.Local == "style" {
				t.Fatalf("it has a %s", e.Name.Local)
			}
		case xml.EndElement:
			depth--
		}
	}
	if roots != 1 {
		t.Fatalf("%d documents", roots)
	}
}

var words = Words{Title: "Title <b>", Description: "What \"it\" is"}

// TestShares holds where shares stand, and that a line leads only from one to the next.
func TestShares(t *testing.T) {
	t.Parallel()
	points := []Point{{Slot: 0, Percent: 50, Label: "<one>", Tells: "half & half"}, {Slot: 1, Percent: 100, Straight: true}, {Slot: 3, Percent: 0}}
	got := Shares("weeks", points, 4, words)
	wellFormed(t, got)
	for _, want := range []string{`cx="130" cy="119"`, `cx="295" cy="12"`, `cx="625" cy="226"`, `x1="130" y1="119" x2="295" y2="12" class="level0"`,
		"Title &lt;b&gt;", `aria-labelledby="weeks-title weeks-desc"`, "&lt;one&gt;", "<title>half &amp; half</title>"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "level0"); n != 1 {
		t.Errorf("%d lines", n)
	}
	wellFormed(t, Shares("none", nil, 0, words))
}

// TestTreemap holds that tiles are named where that fits, divided, and left out where they are
// empty.
func TestTreemap(t *testing.T) {
	t.Parallel()
	got := Treemap("map", []Tile{{Name: "small", Parts: []int{1}}, {Name: "<kernel>/", Tells: "a & b", Parts: []int{300, 0, 100}},
		{Name: "empty", Parts: []int{0, 0}}, {Name: strings.Repeat("long", 200), Parts: []int{0, 400}}}, words)
	wellFormed(t, got)
	for _, want := range []string{"&lt;kernel&gt;/", "<title>a &amp; b</title>", `class="part1"`, `class="part2"`, "…</text>"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s:\n%s", want, got)
		}
	}
	if strings.Contains(got, "empty") || strings.Contains(got, ">small<") || strings.Count(got, `class="tile"`) != 3 {
		t.Error(got)
	}
	wellFormed(t, Treemap("none", nil, words))
}

// TestSquarify holds that tiles fill the box, each as large as it is, and none over another.
func TestSquarify(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 50_000), 1, 60).Draw(t, "sizes")
		var tiles []Tile
		total := 0
		for _, n := range sizes {
			tiles, total = append(tiles, Tile{Parts: []int{n}}), total+n
		}
		whole := box{0, 0, mapWidth, mapHeight}
		boxes := squarify(tiles, whole)
		if len(boxes) != len(tiles) {
			t.Fatalf("%d of %d", len(boxes), len(tiles))
		}
		for i, b := range boxes {
			if want := whole.w * whole.h * float64(sizes[i]) / float64(total); math.Abs(b.w*b.h-want) > 1e-3 {
				t.Fatalf("tile %d has %f, want %f", i, b.w*b.h, want)
			}
			if b.x < -1e-6 || b.y < -1e-6 || b.x+b.w > whole.w+1e-6 || b.y+b.h > whole.h+1e-6 {
				t.Fatalf("tile %d is outside: %+v", i, b)
			}
			for j, o := range boxes[:i] {
				if min(b.x+b.w, o.x+o.w)-max(b.x, o.x) > 1e-6 && min(b.y+b.h, o.y+o.h)-max(b.y, o.y) > 1e-6 {
					t.Fatalf("tiles %d and %d lie on each other: %+v %+v", j, i, o, b)
				}
			}
		}
	})
}

// TestShorten keeps letters, not bytes.
func TestShorten(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"mm/": "mm/", "内存管理/文件系统/": "内存管…"} {
		if got := shorten(name, 4); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
