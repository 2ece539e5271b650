package rule

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mostUnbacked is how many trailers that are not true one verdict names.
const mostUnbacked = 20

// unbacked names the trailers of the request's commits behind which no approval of the
// person stands that counts for a file (package policy, §3, "Trailers").
func (e *evaluation) unbacked(v policy.Verdict) (notes []policy.Note) {
	signer := authors.SignersBy(e.s.Owners, e.s.Addressees)
	backs := func(p pull.Person) bool {
		return slices.ContainsFunc(v.Files, func(f policy.FileVerdict) bool {
			return slices.ContainsFunc(f.ApprovedBy, func(login string) bool { return pull.SameLogin(login, p.Login) })
		})
	}
	for _, c := range e.s.Request.Commits {
		for i := range c.Vouched {
			if people, _ := signer(&c.Vouched[i]); slices.ContainsFunc(people, backs) {
				continue
			}
			if len(notes) == mostUnbacked {
				return notes
			}
			notes = append(notes, policy.Note{Code: policy.NoteUnbacked, Commit: c.ID, Text: c.Vouched[i].Name + " <" + c.Vouched[i].Email + ">"})
		}
	}
	return notes
}
