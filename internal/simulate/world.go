package simulate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Where candidates come from.
const (
	fromMap     = "map"     // people of the owning sections
	fromHistory = "history" // everybody whom the map names, or who reviewed before
)

// world is a strategy and what it has done so far.
type world struct {
	past       *past
	name, from string
	// choose gives n people for a pull request, the best first.
	choose func(w *world, s *scene, n int) []string
	// after is told who was asked; may be nil.
	after func(asked []string)

	asked  map[string]int
	load   map[string]expertise.Faded
	people int // asked in all
	scenes int
	judged int
	hits   map[int]int // by how many are asked
	ranks  float64     // sum of reciprocal ranks
}

// deepest is how far down hits and ranks are looked for.
const deepest = 5

func newWorlds(p *past, o Options) []*world {
	var worlds []*world
	add := func(name, from string, choose func(*world, *scene, int) []string) *world {
		w := &world{past: p, name: name, from: from, choose: choose, asked: map[string]int{}, load: map[string]expertise.Faded{},
			hits: map[int]int{}}
		worlds = append(worlds, w)
		return w
	}
	for _, from := range []string{fromMap, fromHistory} {
		for _, strategy := range []policy.Strategy{policy.AskCover, policy.AskBalance, policy.AskAll} {
			add(string(strategy), from, func(w *world, s *scene, n int) []string { return w.assigned(s, strategy, n) })
		}
	}
	add("everybody", fromMap, func(_ *world, s *scene, _ int) []string { return s.named })
	add("random owner", fromMap, func(_ *world, s *scene, n int) []string {
		weights := map[string]float64{}
		for _, who := range s.named {
			weights[who] = 1
		}
		return draw(nil, weights, n, o.Lots("random owner", s.Number))
	})
	add("blunderbuss", fromMap, func(_ *world, s *scene, n int) []string {
		return blunderbuss(s, n, o.Lots("blunderbuss", s.Number))
	})
	next := 0
	robin := add("round robin", fromMap, func(w *world, s *scene, n int) []string {
		var people []string
		for i := range w.past.people {
			if who := w.past.people[(next+i)%len(w.past.people)]; len(people) < n && slices.Contains(s.named, who) {
				people = append(people, who)
			}
		}
		return people
	})
	robin.after = func(asked []string) {
		if len(asked) > 0 {
			at, _ := slices.BinarySearch(p.people, asked[len(asked)-1])
			next = at + 1
		}
	}
	return worlds
}

// assigned asks package assign, for as many approvals of each file as people are
// asked.
func (w *world) assigned(s *scene, strategy policy.Strategy, n int) []string {
	threshold, err := share.ParseThreshold("100%")
	if err != nil {
		return nil // unreachable: it parses
	}
	in := assign.Input{Room: n, Seed: fmt.Sprint("#", s.Number), Load: map[string]float64{}, Knows: map[string]float64{}, Rules: policy.Rules{
		Threshold: threshold, MaxUnreviewed: -1, Untouched: policy.UntouchedAllowed,
		Asking: policy.AssignRules{Max: n, Strategy: strategy, Teams: policy.TeamsExpand},
	}}
	need := func(people []string) policy.FileVerdict {
		return policy.FileVerdict{State: policy.Unreviewed, Needs: []policy.Need{{Missing: n, Candidates: people}}}
	}
	candidates := s.named
	if w.from == fromHistory {
		// Anybody may approve any file, so one file stands for all.
		candidates = s.anybody
		in.Knows = s.knows
		in.Verdict.Files = []policy.FileVerdict{need(candidates)}
	} else {
		for _, sections := range s.owners {
			var people []string
			for _, sec := range sections {
				for _, who := range sec.people {
					if who != s.Author && !slices.Contains(people, who) {
						people = append(people, who)
					}
				}
			}
			slices.Sort(people)
			in.Verdict.Files = append(in.Verdict.Files, need(people))
		}
	}
	for _, who := range candidates {
		in.Load[who] = w.load[who].Value(s.at)
	}
	var people []string
	for _, p := range assign.Choose(in).Ask {
		people = append(people, p.Who)
	}
	return people
}

// blunderbuss draws people of the closest sections, by the lines that they own,
// and then of all others: as Prow's plugin of that name does with the OWNERS
// files closest to the changed files.
func blunderbuss(s *scene, n int, lots Lots) []string {
	closest, others := map[string]float64{}, map[string]float64{}
	for i, sections := range s.owners {
		deepest := 0
		for _, sec := range sections {
			deepest = max(deepest, sec.depth)
		}
		for _, sec := range sections {
			into := others
			if sec.depth == deepest {
				into = closest
			}
			for _, who := range sec.people {
				if who != s.Author {
					into[who] += float64(1 + s.Lines[i])
				}
			}
		}
	}
	var people []string
	for _, weights := range []map[string]float64{closest, others} {
		for _, who := range people {
			delete(weights, who)
		}
		people = draw(people, weights, n, lots)
	}
	return people
}

// draw draws people by weight until they are n.
func draw(people []string, weights map[string]float64, n int, lots Lots) []string {
	for len(people) < n && len(weights) > 0 {
		who := drawn(weights, lots())
		delete(weights, who)
		people = append(people, who)
	}
	return people
}

// drawn returns the one whom a lot falls on.
func drawn(weights map[string]float64, lot float64) string {
	names := make([]string, 0, len(weights))
	total := 0.0
	for name := range weights {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		total += weights[name]
	}
	at := lot * total
	for _, name := range names {
		if at -= weights[name]; at < 0 {
			return name
		}
	}
	return names[len(names)-1]
}

// play asks people for one pull request.
func (w *world) play(s *scene, ask int) {
	lists := map[int][]string{}
	list := func(n int) []string {
		n = max(n, ask)
		if _, ok := lists[n]; !ok {
			lists[n] = w.choose(w, s, n)
		}
		return lists[n]
	}
	w.scenes++
	if len(s.real) > 0 {
		w.judged++
		for _, k := range []int{1, 3, deepest} {
			if first := rank(list(k), s.real); first > 0 && first <= k {
				w.hits[k]++
			}
		}
		if first := rank(list(deepest), s.real); first > 0 && first <= deepest {
			w.ranks += 1 / float64(first)
		}
	}
	asked := list(ask)
	if w.name != "everybody" {
		asked = asked[:min(len(asked), ask)]
	}
	for _, who := range asked {
		w.asked[who]++
		w.load[who] = w.load[who].Add(1, s.at)
	}
	w.people += len(asked)
	if w.after != nil {
		w.after(asked)
	}
}

// rank is the place of the first who is among some people, from 1; 0 if nobody
// is.
func rank(list, among []string) int {
	return 1 + slices.IndexFunc(list, func(who string) bool { return slices.Contains(among, who) })
}

func (w *world) row(report Report) Row {
	r := Row{Name: w.name, Candidates: w.from, Gini: w.past.gini(w.asked)}
	if w.scenes > 0 {
		r.Asked = float64(w.people) / float64(w.scenes)
	}
	if w.judged > 0 {
		of := func(hits float64) *float64 { return new(hits / float64(w.judged)) }
		r.Top1, r.Top3, r.Top5, r.MRR = of(float64(w.hits[1])), of(float64(w.hits[3])), of(float64(w.hits[deepest])), of(w.ranks)
	}
	if report.RealGini > 0 {
		r.Relative = new(r.Gini / report.RealGini)
	}
	return r
}

// goals compares what was reached with what should be.
func goals(rows []Row) []Goal {
	var best, balanced *float64
	var relative *float64
	for _, r := range rows {
		if r.Candidates != fromHistory || r.Top3 == nil {
			continue
		}
		if best == nil || *r.Top3 > *best {
			best = r.Top3
		}
		if r.Name == string(policy.AskBalance) {
			balanced, relative = r.Top3, r.Relative
		}
	}
	met := func(got *float64, ok func(float64) bool) bool { return got != nil && ok(*got) }
	return []Goal{
		{fmt.Sprintf("with history, top 3 of the best strategy at least %.2f", goalTop3), best,
			met(best, func(v float64) bool { return cmp.Compare(v, goalTop3) >= 0 })},
		{fmt.Sprintf("balance with history: Gini at most %.2f of real life's", goalRelative), relative,
			met(relative, func(v float64) bool { return v <= goalRelative })},
		{fmt.Sprintf("balance with history: top 3 at least %.2f", goalBalance), balanced,
			met(balanced, func(v float64) bool { return v >= goalBalance })},
	}
}
