package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// NeedsReview begins the label of a subsystem that misses review.
const NeedsReview = "needs-review/"

// MostLabels is how many labels the gate keeps on one pull request; an issue has
// at most 100.
const MostLabels = 30

// OwnLabel is a label that the gate put on a pull request. Names compare without
// case.
type OwnLabel struct {
	Name string `json:"Name"`
	// Taken tells that somebody took it off, or the forge refused it: it is not
	// put back while it stays true.
	Taken bool `json:"Taken"`
	// Sure tells that it stood once, long enough ago for the forge to show it.
	Sure bool `json:"Sure"`
}

// Labels are the changes of labels. What is put on is the gate's own from then
// on; Forget is no longer, Taken was taken off by somebody.
type Labels struct {
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
	Forget []string `json:"-"`
	Taken  []string `json:"-"`
}

// Empty reports whether nothing must change.
func (l Labels) Empty() bool { return len(l.Add)+len(l.Remove)+len(l.Forget)+len(l.Taken) == 0 }

// labels returns the names of the labels that are true by a verdict.
func (w *Messages) labels(v policy.Verdict, rules policy.Labels) []string {
	var names []string
	add := func(name string) {
		if name = strings.TrimSpace(name); strings.Trim(name, ".") != "" && !hasLabel(names, name) && len(names) < MostLabels {
			names = append(names, name)
		}
	}
	if rules.Subsystems {
		for _, row := range v.Subsystems {
			for _, name := range row.Labels {
				add(name)
			}
		}
	}
	if rules.NeedsReview && v.Unwarned != policy.Success {
		for _, name := range missing(v) {
			add(shortLabel(NeedsReview+name, w.limits.Label))
		}
	}
	return names
}

// shortLabel cuts a name that is too long, and keeps it apart from others that
// begin alike.
func shortLabel(name string, most int) string {
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	mark := "~" + hex.EncodeToString(sum[:4])
	return string([]rune(name)[:most-len(mark)]) + mark
}

func hasLabel(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// diffLabels returns what leads from the labels that stand to those that are true.
// Labels of others are left alone, be they true or not.
func diffLabels(standing []string, own []OwnLabel, wanted []string) Labels {
	var l Labels
	for _, o := range own {
		there := hasLabel(standing, o.Name)
		switch {
		case hasLabel(wanted, o.Name) && !there && o.Sure && !o.Taken:
			l.Taken = append(l.Taken, o.Name)
		case hasLabel(wanted, o.Name):
		case !o.Taken && (there || !o.Sure): // the forge may not show it yet
			l.Remove = append(l.Remove, o.Name)
		default:
			l.Forget = append(l.Forget, o.Name)
		}
	}
	for _, name := range wanted {
		i := slices.IndexFunc(own, func(o OwnLabel) bool { return strings.EqualFold(o.Name, name) })
		if !hasLabel(standing, name) && (i < 0 || !own[i].Taken && !own[i].Sure) {
			l.Add = append(l.Add, name)
		}
	}
	return l
}

// closing returns the labels to keep on a pull request that is closed: what it
// touched stays true, what it misses does not.
func closing(own []OwnLabel) []string {
	var names []string
	for _, o := range own {
		if !strings.HasPrefix(strings.ToLower(o.Name), NeedsReview) {
			names = append(names, o.Name)
		}
	}
	return names
}

// diffOf returns the changes of labels. An error changes none, as what is true is
// not known.
func (w *Messages) diffOf(now Current, want *Wanted) Labels {
	switch {
	case !want.Marks || want.Gated && want.Open && want.Verdict.Unwarned == policy.Error:
		return Labels{}
	case !want.Open:
		return diffLabels(now.Labels, now.Own, closing(now.Own))
	case !want.Gated:
		return diffLabels(now.Labels, now.Own, nil)
	}
	return diffLabels(now.Labels, now.Own, w.labels(want.Verdict, want.Labels))
}

// assign returns the people to be assigned, of those who are asked for review, most in all.
func (want *Wanted) assign(now Current, most int) []string {
	var logins []string
	for _, name := range want.Ask {
		if want.Marks && want.Assignees && !strings.HasPrefix(name, "@") && !hasLabel(now.Assignees, name) && len(now.Assignees)+
			len(logins) < most {
			logins = append(logins, name)
		}
	}
	return logins
}
