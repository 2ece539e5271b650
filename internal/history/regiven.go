package history

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Givings is how many reviews of one author are told apart where a forge numbers them by
// their authors alone.
const Givings = 1 << 10

// Regiven numbers reviews that a forge tells apart by their authors alone: each comes with a
// multiple of Givings, to which is added how often it was taken back before, so that what is
// given anew is a review of its own. What somebody gave goes on under the number that it was first
// seen with, also where the forge tells their account in another way now, or not at all. gone are
// sights of those that are not there any more, to be remembered with a sighting's number. Once more
// is as good as once.
func (m *PullHistory) Regiven(reviews []pull.Review, sighting int) (gone []pull.Sight) {
	back := map[int64]bool{}
	times := map[int64]int64{}
	for _, s := range m.Sights {
		if s.State == pull.Withdrawn {
			back[s.Review] = true
			times[s.Review/Givings]++
		}
	}
	there := map[int64]bool{}
	numbers := m.numbers(reviews, back)
	for i := range reviews {
		r := &reviews[i]
		r.ID = numbers[i]*Givings + min(times[numbers[i]], Givings-1)
		there[r.ID] = true
	}
	for _, s := range m.Sights {
		given := s.State == pull.Approved || s.State == pull.ChangesRequested
		if given && !there[s.Review] && !back[s.Review] {
			gone = append(gone, pull.Sight{Review: s.Review, State: pull.Withdrawn, Before: s.In, In: sighting, Since: sighting})
		}
	}
	return slices.CompactFunc(gone, func(a, b pull.Sight) bool { return a.Review == b.Review })
}

// numbers are those by which the authors of reviews are told apart, in steps of Givings: their own or,
// of one that was not seen so far, that of what the same person gave and did not take back.
func (m *PullHistory) numbers(reviews []pull.Review, back map[int64]bool) []int64 {
	out := make([]int64, len(reviews))
	for i := range reviews {
		out[i] = reviews[i].ID / Givings
	}
	for i, own := range out {
		if slices.ContainsFunc(m.Sights, func(s pull.Sight) bool { return s.Review/Givings == own }) {
			continue
		}
		who := reviews[i].Author
		for _, s := range m.Sights {
			number := s.Review / Givings
			if (pull.SameLogin(s.By.Login, who.Login) || s.By.Is(who)) && !back[s.Review] && !slices.Contains(out, number) {
				out[i] = number
			}
		}
	}
	return out
}

// BoundTo is the commit that a review was given for that a sighting shows for the first
// time: the head, if it was that at the sighting before, too; else it is not known.
func BoundTo(before []pull.Sighting, now *pull.Sighting) string {
	if len(before) == 0 {
		return ""
	}
	if last := &before[len(before)-1]; last.Head != now.Head || last.HeadMoves != now.HeadMoves {
		return ""
	}
	return now.Head
}

// Bind gives reviews that name no commit and no time those of their first sight.
func Bind(reviews []pull.Review, sightings []pull.Sighting, sights []pull.Sight) {
	for i := range reviews {
		r := &reviews[i]
		k := slices.IndexFunc(sights, func(s pull.Sight) bool { return s.Review == r.ID && s.State == r.State })
		if k < 0 {
			continue
		}
		s := &sights[k]
		r.Commit, r.At, r.Begun = s.Commit, s.At, s.At
		if j := slices.IndexFunc(sightings, func(o pull.Sighting) bool { return o.Number == s.Before }); j >= 0 {
			r.Begun = sightings[j].At
		}
	}
}
