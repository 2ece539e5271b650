package gate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	// maxWaits is how many people are noted of one pull request, those who can review most
	// first: a row each is written. A kernel's maintainers are fewer.
	maxWaits = 2000
	// maxAlone is how many paths are noted that only one person can approve: more are for the
	// page of the pull request.
	maxAlone = 20
)

// waitsOf says what people have to do with a pull request, after an evaluation. Of one that is
// closed, that passes or that nothing gates they have nothing to do, and of a draft only its
// author has.
func waitsOf(v *policy.Verdict, req *pull.Request, gated bool) []history.Wait {
	if !gated || !req.Open || v.Unwarned == policy.Success {
		return nil
	}
	own := history.Wait{Who: req.Author.Login, Own: true, Turn: req.Draft || len(v.Blocks) > 0 || v.Unwarned == policy.Failure ||
		v.Unwarned == policy.Error}
	by := map[string]*history.Wait{}
	of := func(login string) *history.Wait {
		key := strings.ToLower(login)
		if by[key] == nil {
			by[key] = &history.Wait{Who: login, Turn: true}
		}
		return by[key]
	}
	for i := range v.Files {
		f := &v.Files[i]
		if len(f.Needs)+len(f.OwnNeeds) > 0 {
			own.Files++
		}
		for login, alone := range candidates(f) {
			w := of(login)
			if w.Files++; alone && len(w.Alone) < maxAlone {
				w.Alone = append(w.Alone, f.Path)
			}
		}
	}
	for _, a := range v.Asked {
		if a.State == policy.AskWaiting && !strings.HasPrefix(a.Who, "@") {
			w := of(a.Who)
			w.Files = max(w.Files, a.Files)
		}
	}
	var all []history.Wait
	if !req.Draft {
		for _, w := range by {
			all = append(all, *w)
		}
	}
	slices.SortFunc(all, func(a, b history.Wait) int {
		return cmp.Or(cmp.Compare(b.Files, a.Files), cmp.Compare(a.Who, b.Who))
	})
	all = all[:min(len(all), maxWaits)]
	if own.Who != "" {
		all = append(all, own)
	}
	return all
}

// candidates are who can give an approval that a file misses, and whether nobody else can give
// that one.
func candidates(f *policy.FileVerdict) map[string]bool {
	out := map[string]bool{}
	for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
		for _, login := range n.Candidates {
			out[login] = out[login] || len(n.Candidates) == 1
		}
	}
	return out
}
