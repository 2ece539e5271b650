package gate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
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
			of(a.Who) // of the files for which they were asked some may be reviewed by now
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

// saved is a run as it is stored, with what people and areas have to do after it.
func saved(run *Run, body []byte) history.RunRecord {
	req := &run.inputs.Snapshot.Request
	out := history.RunRecord{Ref: run.Ref, Head: run.Head, At: run.At, Outcome: string(run.Verdict.Outcome), Body: body, Title: req.Title,
		Waits: waitsOf(&run.Verdict, req, run.Gated), Areas: areasOf(run), Doubt: run.Verdict.Unwarned == policy.Error}
	if v := &run.Verdict; v.Outcome != "" && !out.Doubt {
		out.Share = &history.Share{Reviewed: v.Ratio.Reviewed, Counted: v.Ratio.Counted, Passed: v.Unwarned == policy.Success}
	}
	if !req.Open {
		out.Seen, out.Merged = req.UpdatedAt, req.Merged // it was closed by then, and may be seen later
	}
	return out
}

// areasOf says of the areas that have a time to answer in whether the pull request waits for them,
// and when they first reviewed it (package response).
func areasOf(run *Run) []response.Seen {
	s, v := &run.inputs.Snapshot, &run.Verdict
	if !run.Gated || !s.Request.Open || s.Owners == nil {
		return nil
	}
	within := map[string]time.Duration{}
	for _, sub := range s.Owners.Subsystems() {
		within[sub.Name] = s.Rules.RespondWithin(sub)
	}
	waits := v.Unwarned != policy.Success && !s.Request.Draft && !run.inputs.Early
	var out []response.Seen
	for i := range v.Subsystems {
		row := &v.Subsystems[i]
		if within[row.Name] > 0 {
			out = append(out, response.Seen{Area: row.Name, Within: within[row.Name], Waits: waits && len(row.Candidates) > 0,
				First: firstReview(v, row, s.Request.Author.Login, run.At), People: row.Candidates})
		}
	}
	return out
}

// firstReview is when the first review by one of an area's people was given; zero where there is
// none. One without a time was given by now.
func firstReview(v *policy.Verdict, row *policy.SubsystemVerdict, author string, now time.Time) (first time.Time) {
	for _, r := range v.Reviews {
		_, of := slices.BinarySearch(row.Approvers, strings.ToLower(r.Who))
		if !of || pull.SameLogin(r.Who, author) || r.State == pull.Pending || r.State == pull.Withdrawn {
			continue
		}
		at := r.At
		if at.IsZero() {
			at = now
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}
