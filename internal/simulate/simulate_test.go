package simulate_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

const sections = `Maintainers
-----------

MM
M:	Ann <ann@example.org> [@ann]
R:	Bob <bob@example.org> [@bob]
F:	mm/

MM SLAB
M:	Carl <carl@example.org> [@carl]
F:	mm/slab*

THE REST
M:	Zoe <zoe@example.org> [@zoe]
F:	*
F:	*/
`

func owners(t testing.TB, text string) *ownership.Map {
	t.Helper()
	m, _, err := formats.Parse([]formats.Source{{Format: formats.Maintainers, Path: "MAINTAINERS",
		Files: []ownership.File{{Path: "MAINTAINERS", Data: []byte(text)}}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func pulls(t testing.TB, lines ...string) []simulate.Pull {
	t.Helper()
	list, err := simulate.ReadPulls("prs", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// pr is a line: created at a time, merged ten later.
func pr(number, created int, author, path string, reviewers ...string) string {
	return fmt.Sprintf(`{"pr": %d, "author": %q, "created": %d, "head_time": %d, "merged": %d, "files": [[%q, 2, 1]], "reviewers": ["%s"]}`,
		number, author, created, created, created+10, path, strings.Join(reviewers, `", "`))
}

func options(ask int) simulate.Options {
	return simulate.Options{Ask: ask, Lots: func(name string, number int) simulate.Lots {
		return rand.New(rand.NewPCG(uint64(len(name)), uint64(number))).Float64
	}}
}

func row(t testing.TB, r simulate.Report, candidates, name string) simulate.Row {
	t.Helper()
	i := slices.IndexFunc(r.Rows, func(row simulate.Row) bool { return row.Name == name && row.Candidates == candidates })
	if i < 0 {
		t.Fatalf("no row %s, %s", candidates, name)
	}
	return r.Rows[i]
}

func TestRun(t *testing.T) {
	t.Parallel()
	past := []string{
		pr(1, 0, "dave", "mm/a.c", "erin"),   // nobody of the map
		pr(2, 100, "dave", "mm/a.c", "erin"), // who reviewed the first
		pr(3, 200, "dave", "mm/slab.c", "erin", "carl"),
		pr(4, 300, "dave", "other.c", "zoe"),
		pr(5, 400, "dave", "other.c", "dave"), // by nobody else
	}
	got := simulate.Run(owners(t, sections), pulls(t, past...), options(1))
	if got.Pulls != 5 || got.Judged != 4 || got.People != 5 {
		t.Errorf("%+v", got)
	}
	if top := row(t, got, "history", "cover").Top1; *top != 0.5 { // erin, from the second on
		t.Errorf("top 1 with history: %v", *top)
	}
	// Everybody is ann, bob and carl for mm/slab.c, and zoe for other.c.
	if all := row(t, got, "map", "everybody"); *all.Top5 != 0.5 || all.Asked != (2+2+3+1+1)/5.0 {
		t.Errorf("%+v", all)
	}
	if robin := row(t, got, "map", "round robin"); robin.Asked != 1 || *robin.Top1 != 0.5 { // ann, bob, carl, zoe, zoe
		t.Errorf("%+v, top 1 %v", robin, *robin.Top1)
	}
}

// TestClosestSection holds that people of the closest section are drawn before others.
func TestClosestSection(t *testing.T) {
	t.Parallel()
	var past []string
	for i := range 20 {
		past = append(past, pr(i+1, i*100, "dave", "mm/slab.c", "carl"))
	}
	got := simulate.Run(owners(t, sections), pulls(t, past...), options(1))
	if top := row(t, got, "map", "blunderbuss").Top1; *top != 1 { // ann and bob have all of mm
		t.Errorf("carl is asked of %v", *top)
	}
}

// TestNothingOfTheFuture holds that who reviewed a pull request changes nothing
// of what is chosen for those that were opened before it was merged.
func TestNothingOfTheFuture(t *testing.T) {
	t.Parallel()
	m := owners(t, sections)
	// The second is opened while the first is still open, the third afterwards.
	before := []string{pr(1, 0, "dave", "mm/a.c", "%s"), pr(2, 9, "dave", "mm/a.c", "carl"), pr(3, 10, "dave", "mm/a.c", "carl")}
	tops := func(n int, reviewer string) float64 {
		lines := slices.Clone(before[:n])
		lines[0] = fmt.Sprintf(lines[0], reviewer)
		all := simulate.Run(m, pulls(t, lines...), options(1))
		return *row(t, all, "history", "cover").Top1 * float64(all.Judged)
	}
	// The first one's own hit apart, only the third can learn from it.
	own := func(reviewer string) float64 { return tops(1, reviewer) }
	if a, b := tops(2, "carl")-own("carl"), tops(2, "zoe")-own("zoe"); a != b {
		t.Errorf("the second learned from the first: %v, %v", a, b)
	}
	if a, b := tops(3, "carl")-own("carl"), tops(3, "zoe")-own("zoe"); a <= b {
		t.Errorf("the third did not learn from the first: %v, %v", a, b)
	}
}

func TestNothingToJudge(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a map": sections, "no fallback": strings.Split(sections, "THE REST")[0]} {
		got := simulate.Run(owners(t, text), pulls(t, pr(1, 0, "dave", "else.c", "dave"), `{"pr": 2}`), options(3))
		if r := row(t, got, "history", "balance"); r.Top3 != nil || r.Relative != nil || got.RealGini != 0 || got.Judged != 0 {
			t.Errorf("%s: %+v", name, r)
		}
		for _, g := range got.Goals {
			if g.Met || g.Got != nil {
				t.Errorf("%s: %+v", name, g)
			}
		}
		wellFormed(t, got.SVG())
	}
}

func TestReadPulls(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a/", 2048) + "b"
	got := pulls(t, "", pr(1, 100, "Dave", "a/b.c", "Erin", "erin"),
		`{"pr": 2, "author": "x", "created": 50, "head_time": 40, "merged": null, "files": [["q"]], "reviewers": [], "more": 1}`)
	if got[0].Author != "dave" || !slices.Equal(got[0].Reviewers, []string{"erin"}) || got[0].Lines[0] != 3 || !got[0].Merged ||
		got[1].Closed != got[1].Created {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{
		"":                                       "prs holds no pull request; want one a line, such as {",
		pr(1, 1, "a", "b") + "\n{":               "prs:2: unexpected end of JSON input; want a pull request such as {",
		`{"pr": 1, "files": [["a", "b"]]}`:       `want files as ["path", added lines, removed lines]`,
		`{"pr": 1, "files": [[]]}`:               `want files as ["path", added lines, removed lines]`,
		`{"pr": 1, "files": ["a"]}`:              `prs:1: want files as ["path", added lines, removed lines]`,
		`{"pr": 1, "files": [null]}`:             `prs:1: want files as ["path", added lines, removed lines]`,
		`{"files": [["` + long + `"]]}`:          "prs:1: a path has 4097 bytes; leave out files with more than 4096",
		`[1]`:                                    "prs:1: the line holds no object but: array",
		"null":                                   "prs:1: the line holds no object but: null",
		`{"created": "today"}`:                   `prs:1: "created" can't be: string`,
		`{"created": -1}`:                        `prs:1: "created" is -1; want seconds since 1970`,
		`{"created": 1, "head_time": -5}`:        `prs:1: "head_time" is -5;`,
		`{"created": 1, "merged": -5}`:           `prs:1: "merged" is -5;`,
		`{"created": 9223372036854775807}`:       `prs:1: "created" is 9223372036854775807;`,
		`{"created": 99999999999999999999}`:      `prs:1: "created" can't be: number 99999999999999999999`,
		"{}\n{}\n" + `{"created": 253402300800}`: `prs:3: "created" is 253402300800;`,
	} {
		if _, err := simulate.ReadPulls("prs", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v", text, err)
		}
	}
	if _, err := simulate.ReadPulls("prs", io.MultiReader(strings.NewReader("\n"), endless{})); err == nil ||
		!strings.Contains(err.Error(), "prs:2: the line is longer than 16 MB") {
		t.Error(err)
	}
}

// TestReadPullsCut holds that a text which ends early is not taken for a fault of
// its last line.
func TestReadPullsCut(t *testing.T) {
	t.Parallel()
	whole := pr(1, 1, "a", "b") + "\n"
	for cut := range len(whole) + 1 {
		_, err := simulate.ReadPulls("prs", io.MultiReader(strings.NewReader(whole+whole[:cut]), iotest.ErrReader(io.ErrUnexpectedEOF)))
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "it is damaged or cut short, write it again") {
			t.Fatalf("after %d bytes: %v", cut, err)
		}
	}
	padded := `{"pad": "` + strings.Repeat("x", 1<<20) + `"}` + "\n"
	if _, err := simulate.ReadPulls("prs", &again{text: padded}); err == nil ||
		err.Error() != "prs holds more than 256 MB; give a part of it" {
		t.Error(err)
	}
}

// again is a text over and over.
type again struct {
	text string
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	n := copy(p, a.text[a.at:])
	a.at = (a.at + n) % len(a.text)
	return n, nil
}

// endless is one line without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	got := simulate.Run(owners(t, sections), pulls(t, pr(1, 0, "dave", "mm/a.c", "ann"), pr(2, 20, "dave", "mm/b.c", "bob")), options(2))
	got.Rows[0].Name = "<&>"
	svg := got.SVG()
	wellFormed(t, svg)
	if !strings.Contains(svg, "&lt;&amp;&gt;") || strings.Count(svg, "<circle") == 0 {
		t.Error(svg)
	}
	if diff := cmp.Diff(svg, got.SVG()); diff != "" {
		t.Error(diff)
	}
}

// TestText holds the table: what there is none of is a dash.
func TestText(t *testing.T) {
	t.Parallel()
	half, all := 0.5, 1.0
	r := simulate.Report{Pulls: 4, Judged: 2, People: 3, Ask: 1, RealGini: 0.25,
		Rows:  []simulate.Row{{Name: "cover", Candidates: "map", Top1: &half, Top3: &all, Top5: &all, MRR: &half, Asked: 1.5, Gini: 0.1234}},
		Goals: []simulate.Goal{{Text: "far", Got: &half}, {Text: "near", Got: &all, Met: true}, {Text: "unknown"}}}
	want := `4 pull requests, 2 of them reviewed by others than the author; at most 1 people asked; 3 people

candidates  strategy   top 1  top 3  top 5  MRR    asked  Gini   of real life's
map         cover      0.500  1.000  1.000  0.500  1.50   0.123  -
            real life                                     0.250  

far: 0.500, not reached
near: 1.000, reached
unknown: -, not reached
`
	got, explained, ok := strings.Cut(r.Text(), "\ntop 1, 3, 5")
	if diff := cmp.Diff(want, got); diff != "" || !ok || !strings.HasSuffix(explained, "come first\n") {
		t.Errorf("(-want +got):\n%s\n%s", diff, explained)
	}
}

func FuzzReadPulls(f *testing.F) {
	f.Add(pr(1, 100, "dave", "a/b.c", "erin"))
	f.Add(`{"pr": 1, "created": -9223372036854775808, "merged": 9223372036854775807}`)
	f.Add(`{"pr": 1, "created": 253402300799, "merged": 0, "files": [["/", 1], ["a//b"]], "reviewers": ["", "x"]}`)
	m := owners(f, sections)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := simulate.ReadPulls("prs", strings.NewReader(text))
		if err != nil {
			return
		}
		r := simulate.Run(m, list, options(2))
		for _, row := range r.Rows {
			if row.Gini < 0 || row.Gini > 1 || row.Top1 != nil && (*row.Top1 < 0 || *row.Top1 > 1) {
				t.Errorf("%+v", row)
			}
		}
	})
}
