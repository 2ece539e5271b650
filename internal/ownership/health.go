package ownership

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Health is what a map lacks, for a tree of paths. Lists have the worst first:
// what concerns most files, then by place.
type Health struct {
	Files      int          `json:"files"`
	Unowned    []string     `json:"unowned"`       // paths that nobody owns
	Fallback   []string     `json:"fallback_only"` // paths that only a fallback owns
	Unstaffed  []Lacking    `json:"unstaffed"`     // subsystems with nobody who can approve
	Single     []Lacking    `json:"single"`        // subsystems with one person who can approve
	NoLogin    []Unknown    `json:"no_login"`      // maintainers whom the forge does not know
	Dead       []DeadRule   `json:"dead"`          // patterns that match nothing
	Shadowed   []DeadRule   `json:"shadowed"`      // patterns that match, but later ones own all that they match
	Duplicates []Duplicated `json:"duplicates"`    // subsystems of one name or with the same patterns
}

// Lacking is a subsystem with too few people.
type Lacking struct {
	Subsystem string `json:"subsystem"`
	Files     int    `json:"files"` // that it owns
	Pos       Pos    `json:"pos"`
}

// Unknown is a person without a login.
type Unknown struct {
	Owner      string   `json:"owner"`
	Subsystems []string `json:"subsystems"`
}

// DeadRule is a rule without effect.
type DeadRule struct {
	Subsystem string `json:"subsystem"`
	Pattern   string `json:"pattern"`
	Exclude   bool   `json:"exclude,omitempty"`
	Pos       Pos    `json:"pos"`
}

// Duplicated is a subsystem that stands twice.
type Duplicated struct {
	Subsystem string `json:"subsystem"`
	Pos       Pos    `json:"pos"`
	First     Pos    `json:"first"`
	SameName  bool   `json:"same_name"` // else the same patterns
}

// HealthKinds names what a map can lack, as JSON does, the worst first.
func HealthKinds() []string {
	return []string{"unowned", "unstaffed", "duplicates", "shadowed", "fallback_only", "single", "no_login", "dead"}
}

// Findings counts what is listed of some of HealthKinds.
func (h *Health) Findings(kinds ...string) (n int) {
	all := map[string]int{
		"unowned": len(h.Unowned), "unstaffed": len(h.Unstaffed), "duplicates": len(h.Duplicates), "shadowed": len(h.Shadowed),
		"fallback_only": len(h.Fallback), "single": len(h.Single), "no_login": len(h.NoLogin), "dead": len(h.Dead),
	}
	for _, kind := range kinds {
		n += all[kind]
	}
	return n
}

// Health holds the map against all paths of a tree.
func (m *Map) Health(paths []string) Health {
	h := Health{Files: len(paths), Unowned: []string{}, Fallback: []string{}, Dead: []DeadRule{}, Shadowed: []DeadRule{}}
	files := make([]int, len(m.subsystems)) // that a subsystem owns
	matched := make([]bool, len(m.rules))
	owning := make([]bool, len(m.subsystems))
	var ids []int32
	var buf [8]hit
	for _, path := range paths {
		ids = m.index.Match(path, m.dirs, ids[:0])
		for _, id := range ids {
			matched[id] = true
		}
		owners := m.owners(m.hits(path, buf[:0]))
		if len(owners) == 0 {
			h.Unowned = append(h.Unowned, path)
		} else if m.subsystems[owners[0].subsystem].Fallback {
			h.Fallback = append(h.Fallback, path)
		}
		for _, o := range owners {
			files[o.subsystem]++
			owning[o.subsystem] = true
		}
	}
	m.rulesHealth(&h, matched, owning)
	m.staffHealth(&h, files)
	h.Duplicates = m.duplicates()
	return h
}

// rulesHealth lists the rules without effect.
func (m *Map) rulesHealth(h *Health, matched, owning []bool) {
	for id, r := range m.rules {
		s, mode := m.subsystems[r.subsystem], m.modes[r.subsystem]
		dead := DeadRule{s.Name, r.rule.Pattern.String(), r.exclude, r.rule.Pos}
		// A rule can be written out as several patterns.
		again := id > 0 && m.rules[id-1].rule.Pos == r.rule.Pos && m.rules[id-1].subsystem == r.subsystem
		any := matched[id]
		for i := id + 1; i < len(m.rules) && m.rules[i].rule.Pos == r.rule.Pos && m.rules[i].subsystem == r.subsystem; i++ {
			any = any || matched[i]
		}
		unowned := len(s.Maintainers)+len(s.Reviewers) == 0
		switch {
		case again:
		case !any:
			h.Dead = append(h.Dead, dead)
		case (mode == Last || mode == Each) && !owning[r.subsystem] && !r.exclude && !unowned:
			h.Shadowed = append(h.Shadowed, dead)
		}
	}
}

// staffHealth lists the subsystems that lack people, and the people without a
// login.
func (m *Map) staffHealth(h *Health, files []int) {
	h.Unstaffed, h.Single, h.NoLogin = []Lacking{}, []Lacking{}, []Unknown{}
	unknown := map[string][]string{}
	for i, s := range m.subsystems {
		teams, logins := 0, map[string]bool{}
		for _, o := range m.Approvers(s) {
			switch {
			case o.Team != "":
				teams++
			case o.Login != "":
				logins[strings.ToLower(o.Login)] = true
			default:
				unknown[o.String()] = append(unknown[o.String()], s.Name)
			}
		}
		lacking := Lacking{s.Name, files[i], s.Pos}
		switch {
		case s.Optional || (m.modes[i] == Last || m.modes[i] == Each) && len(s.Maintainers)+len(s.Reviewers) == 0:
		case teams+len(logins) == 0:
			h.Unstaffed = append(h.Unstaffed, lacking)
		case teams == 0 && len(logins) == 1:
			h.Single = append(h.Single, lacking)
		}
	}
	byFiles := func(a, b Lacking) int { return cmp.Compare(b.Files, a.Files) }
	slices.SortStableFunc(h.Unstaffed, byFiles)
	slices.SortStableFunc(h.Single, byFiles)
	for _, owner := range slices.Sorted(maps.Keys(unknown)) {
		h.NoLogin = append(h.NoLogin, Unknown{owner, unknown[owner]})
	}
	slices.SortStableFunc(h.NoLogin, func(a, b Unknown) int { return cmp.Compare(len(b.Subsystems), len(a.Subsystems)) })
}

// duplicates lists the subsystems that stand twice, by name or by patterns.
func (m *Map) duplicates() []Duplicated {
	list := []Duplicated{}
	names, patterns := map[string]*Subsystem{}, map[string]*Subsystem{}
	for _, s := range m.subsystems {
		if first := names[s.SourceName()]; first != nil {
			list = append(list, Duplicated{s.Name, s.Pos, first.Pos, true})
			continue
		}
		names[s.SourceName()] = s
		key := patternKey(s)
		if first := patterns[key]; first != nil && key != "" {
			list = append(list, Duplicated{s.Name, s.Pos, first.Pos, false})
			continue
		}
		patterns[key] = s
	}
	return list
}

// patternKey tells a subsystem's patterns from any others; empty for none.
func patternKey(s *Subsystem) string {
	var list []string
	for _, r := range s.Include {
		list = append(list, r.Pattern.String())
	}
	for _, r := range s.Exclude {
		list = append(list, "!"+r.Pattern.String())
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\n")
}
