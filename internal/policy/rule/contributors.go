package rule

import (
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// contributions joins the commits of the request as it is and of all heads seen of
// one of the requests that are judged together: a twin's past is its own.
func (e *evaluation) contributions(v *view) *authors.Contributors {
	c := authors.New()
	for _, of := range e.views {
		c.Add(of.Req.Commits, e.signer)
	}
	for _, h := range v.Heads {
		c.Add(h.Commits, e.signer)
	}
	return c
}

// wrote reports whether a person may not approve a file because of what they
// wrote of the change.
func (e *evaluation) wrote(v *view, login string, id int64, f *pull.Content) bool {
	k := v.contributors.Find(login, id)
	if !k.Some() {
		return false
	}
	switch e.rules.Contributors {
	case policy.ExcludeNone:
		return false
	case policy.ExcludeAll:
		return true
	case policy.ExcludeCommitters:
		return k.Own(f)
	default:
		return k.Own(f) || k.HandedBy(f) != ""
	}
}

// whyWrote returns the reason why somebody may not approve a file that they wrote part of.
func whyWrote(v *view, login string, id int64, f *pull.Content) policy.Code {
	if k := v.contributors.Find(login, id); k != nil && !k.Own(f) && k.HandedBy(f) != "" {
		return policy.NoteBackport
	}
	return policy.NoteContributor
}
