// Package simulate plays a project's past through the choice of reviewers: whom
// would each strategy have asked, and who reviewed in truth.
//
// It is pure and deterministic. Pull requests are taken in order of creation;
// what people learned by one counts from its merge on, so nothing of the future
// is used. Each strategy lives in a world of its own, with the load that its own
// asking makes. Reading files is left to the command.
package simulate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// Options are what a simulation depends on besides the past.
type Options struct {
	Ask int // people asked for each pull request
	// Lots gives lots, evenly from 0 to below 1, for the baselines that draw them:
	// the same for the same name and pull request.
	Lots func(name string, number int) Lots
}

// Lots gives the next lot.
type Lots func() float64

// Report is what a simulation found.
type Report struct {
	Pulls    int     `json:"pulls"`
	Judged   int     `json:"judged"`     // those that somebody else than the author reviewed
	People   int     `json:"people"`     // whom the map names, or who ever reviewed: the Gini coefficients are over all of them
	Ask      int     `json:"ask"`        // people asked at most
	RealGini float64 `json:"real_gini"`  // of the reviews that were given
	Rows     []Row   `json:"strategies"` // real life is not among them
	Goals    []Goal  `json:"goals"`
}

// Drawn is a report that is told as text and as a drawing.
type Drawn interface {
	Text() string
	SVG() string
}

// Row is how one strategy did.
type Row struct {
	Name       string `json:"name"`
	Candidates string `json:"candidates"` // "map" or "history"
	// Top1, Top3 and Top5 are the shares of judged pull requests of which one of
	// the first so many, had so many been asked, reviewed in truth. MRR is the mean
	// reciprocal rank of the first who did, among five. Nil where none is judged.
	Top1 *float64 `json:"top1"`
	Top3 *float64 `json:"top3"`
	Top5 *float64 `json:"top5"`
	MRR  *float64 `json:"mrr"`
	// Asked is the mean number of people asked, Gini how unevenly, and Relative
	// that in relation to the reviews of real life; nil where there was none.
	Asked    float64  `json:"asked"`
	Gini     float64  `json:"gini"`
	Relative *float64 `json:"gini_to_real"`
}

// Goal is something that a row should reach.
type Goal struct {
	Text string   `json:"text"`
	Got  *float64 `json:"got"`
	Met  bool     `json:"met"`
}

// The goals, as shares.
const (
	goalTop3     = 0.85 // with history
	goalBalance  = 0.75 // top 3 of balance, with history
	goalRelative = 0.6  // Gini of balance, with history
)

// Run plays the past.
func Run(m *ownership.Map, pulls []Pull, o Options) Report {
	p := newPast(m, pulls)
	report := Report{Pulls: len(pulls), People: len(p.people), Ask: o.Ask, RealGini: p.real()}
	worlds := newWorlds(p, o)
	for _, scene := range p.scenes() {
		if len(scene.real) > 0 {
			report.Judged++
		}
		for _, w := range worlds {
			w.play(scene, o.Ask)
		}
	}
	for _, w := range worlds {
		report.Rows = append(report.Rows, w.row(report))
	}
	report.Goals = goals(report.Rows)
	return report
}

// past is what is known before it is played.
type past struct {
	pulls  []Pull // in order of creation
	people []string
	owners map[string][]section           // by path
	near   map[string]map[string]struct{} // by directory, with a slash at the end or "" for the root: people of areas below it
	names  *ownership.Map
}

// section is an area that owns a path.
type section struct {
	people   []string
	fallback bool
	depth    int // length of the pattern that matched, as far as it is literal
}

func newPast(m *ownership.Map, pulls []Pull) *past {
	p := &past{pulls: slices.Clone(pulls), owners: map[string][]section{}, near: map[string]map[string]struct{}{}, names: m}
	slices.SortStableFunc(p.pulls, func(a, b Pull) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number)) })
	known := map[string]bool{}
	for _, s := range m.Subsystems() {
		people := peopleOf(s)
		for _, who := range people {
			known[who] = true
		}
		for _, rule := range s.Include {
			p.addNear(literal(rule.Pattern.String()), people)
		}
	}
	for _, pr := range p.pulls {
		for _, who := range pr.reviewers() {
			known[who] = true
		}
	}
	for who := range known {
		p.people = append(p.people, who)
	}
	slices.Sort(p.people)
	return p
}

// addNear notes people of an area for each directory above it.
func (p *past) addNear(area string, people []string) {
	for i, place := range expertise.Places(strings.TrimSuffix(area, "/")) {
		if i == 0 || area == "" {
			continue
		}
		if p.near[place] == nil {
			p.near[place] = map[string]struct{}{}
		}
		for _, who := range people {
			p.near[place][who] = struct{}{}
		}
	}
}

// literal is a pattern up to its first wildcard.
func literal(pattern string) string {
	if i := strings.IndexAny(pattern, "*?[{"); i >= 0 {
		pattern = pattern[:i]
	}
	return strings.TrimPrefix(pattern, "/")
}

// peopleOf lists those whom a section names, by login, or by address where it
// gives none.
func peopleOf(s *ownership.Subsystem) []string {
	var people []string
	for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
		who := strings.ToLower(o.String())
		if who != "" && !slices.Contains(people, who) {
			people = append(people, who)
		}
	}
	return people
}

// sections returns the areas that own a path.
func (p *past) sections(path string) []section {
	if list, ok := p.owners[path]; ok {
		return list
	}
	var list []section
	for _, h := range p.names.Explain(path) {
		s := section{people: peopleOf(h.Subsystem), fallback: h.Subsystem.Fallback}
		if h.Rule != nil {
			s.depth = len(literal(h.Rule.Pattern.String()))
		}
		list = append(list, s)
	}
	p.owners[path] = list
	return list
}

// real is the Gini coefficient of the reviews that were given.
func (p *past) real() float64 {
	given := map[string]int{}
	for _, pr := range p.pulls {
		for _, who := range pr.reviewers() {
			given[who]++
		}
	}
	return p.gini(given)
}

func (p *past) gini(counts map[string]int) float64 {
	loads := make([]float64, len(p.people))
	for i, who := range p.people {
		loads[i] = float64(counts[who])
	}
	return workload.Gini(loads)
}

// scene is one pull request and what was known when it was opened.
type scene struct {
	*Pull
	at      time.Time
	owners  [][]section // by file
	named   []string    // people of the owning sections, without the author; those of more files first
	anybody []string    // all who could be asked with history, without the author
	knows   map[string]float64
	real    []string // who reviewed
}

// The weights of what the map tells about people beside what earlier reviews do:
// who owns a file, who owns it because nobody else does, and who owns something
// in a directory of the file. They are small, so that reviews decide where there
// are some.
const (
	owning   = expertise.Owning
	fallback = 0.1
	nearby   = 0.002
	perLevel = 0.8 // as in package expertise
)

// scenes returns the pull requests in order, each with what was known then.
func (p *past) scenes() []*scene {
	var scenes []*scene
	book := expertise.NewBook()
	reviewed := map[string]bool{}
	named := map[string]bool{}
	for _, s := range p.names.Subsystems() {
		for _, who := range peopleOf(s) {
			named[who] = true
		}
	}
	var ahead []*Pull // not closed yet, the first to close first
	for i := range p.pulls {
		pr := &p.pulls[i]
		for len(ahead) > 0 && !ahead[0].Closed.After(pr.Created) {
			ahead[0].credit(book, reviewed)
			ahead = ahead[1:]
		}
		scenes = append(scenes, p.scene(pr, book, named, reviewed))
		at, _ := slices.BinarySearchFunc(ahead, pr.Closed, func(q *Pull, t time.Time) int {
			if q.Closed.After(t) {
				return 1
			}
			return -1
		})
		ahead = slices.Insert(ahead, at, pr)
	}
	return scenes
}

func (p *past) scene(pr *Pull, book *expertise.Book, named, reviewed map[string]bool) *scene {
	s := &scene{Pull: pr, at: pr.Created, knows: book.Know(pr.Paths, pr.Created), real: pr.reviewers()}
	files := map[string]int{}
	weight := 1 / float64(max(1, len(pr.Paths)))
	for _, path := range pr.Paths {
		sections := p.sections(path)
		s.owners = append(s.owners, sections)
		seen := map[string]bool{}
		for _, sec := range sections {
			share := owning
			if sec.fallback {
				share = fallback
			}
			for _, who := range sec.people {
				s.knows[who] += weight * share
				if !seen[who] {
					seen[who] = true
					files[who]++
				}
			}
		}
		level := weight
		for _, place := range expertise.Places(path) {
			for who := range p.near[place] {
				s.knows[who] += level * nearby
			}
			level *= perLevel
		}
	}
	for _, who := range p.people {
		if who == pr.Author {
			continue
		}
		if files[who] > 0 {
			s.named = append(s.named, who)
		}
		if named[who] || reviewed[who] {
			s.anybody = append(s.anybody, who)
		}
	}
	slices.SortStableFunc(s.named, func(a, b string) int { return cmp.Compare(files[b], files[a]) })
	return s
}
