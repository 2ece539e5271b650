package gate

import (
	"encoding/json"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// Shown is a saved evaluation for people to look at. Nothing of it is judged again.
type Shown struct {
	Run
	Request pull.Request  // as it was then
	Links   publish.Links // of the pull request
}

// Show reads a record, of this or an earlier version.
func Show(record []byte) (Shown, error) {
	r, err := decodeRecord(record)
	if err != nil {
		return Shown{}, err
	}
	req := r.Inputs.Snapshot.Request
	r.Run.inputs = r.Inputs
	return Shown{Run: r.Run, Request: req, Links: r.Inputs.Links.Of(req.Ref, req.BaseTip, r.Inputs.OwnSources())}, nil
}

// Owners returns the map by which a record was judged; nil where none could be read. read gives
// the files that the record only names.
func Owners(record []byte, read snapshot.Texts) (*ownership.Map, error) {
	r, err := decodeRecord(record)
	if err != nil {
		return nil, err
	}
	r.refill()
	err = r.Inputs.Restore(read)
	return r.Inputs.Snapshot.Owners, err
}

// Past restores what records were judged by. Read gives the files that they only name; a map
// that is that of the record before is read once.
type Past struct {
	Read snapshot.Texts

	owners *ownership.Map
	key    string // of owners
}

// Snapshot returns what a record's run was judged by; false where it was not gated.
func (p *Past) Snapshot(record []byte) (s policy.Snapshot, gated bool, err error) {
	r, err := decodeRecord(record)
	if err != nil || !r.Inputs.Gated {
		return s, false, err
	}
	r.refill()
	key, err := json.Marshal([]any{r.Ref.Repo.Forge, r.Inputs.Kind, r.Inputs.Sources, r.Inputs.Mapped})
	if err != nil {
		return s, false, err
	}
	in := &r.Inputs
	same := p.key == string(key)
	if same { // nothing is read for it again
		in.Sources, in.Mapped = nil, false
	}
	if err = in.Restore(p.Read); err != nil {
		return s, false, err
	}
	if same && len(in.Snapshot.Faults) == 0 && in.Broken == "" {
		in.Snapshot.Owners = sources.InTree(p.owners, in.Directories)
	}
	if in.Snapshot.Owners != nil {
		p.key, p.owners = string(key), in.Snapshot.Owners
	}
	return in.Snapshot, true, nil
}

// Suppose judges a record once more, with approvals of its head by some people, as if nothing
// happened after it and they gave them once they had read what stands there. read gives the
// files that the record only names.
func Suppose(words *publish.Messages, record []byte, read snapshot.Texts, logins []string) (policy.Verdict, error) {
	r, err := decodeRecord(record)
	if err != nil {
		return policy.Verdict{}, err
	}
	r.refill()
	if err := r.Inputs.Restore(read); err != nil {
		return policy.Verdict{}, err
	}
	suppose(&r.Inputs.Snapshot, logins)
	v, _, _ := decide(words.Within(r.Inputs.Limits), &r.Inputs)
	return v, nil
}

// suppose adds approvals of a snapshot's head by some people.
func suppose(s *policy.Snapshot, logins []string) {
	s.Request.Reviews, s.Seen.Sights = slices.Clone(s.Request.Reviews), slices.Clone(s.Seen.Sights)
	next, last := int64(1), 0
	for _, review := range s.Request.Reviews {
		next = max(next, review.ID+1)
	}
	for _, sighting := range s.Seen.Sightings {
		last = max(last, sighting.Number)
	}
	given := s.Now.Add(sight.Settle) // so that none began to read before the last push, of which a record knows less
	for i, login := range logins {
		who := pull.Person{Login: login}
		for _, review := range s.Request.Reviews {
			if pull.SameLogin(review.Author.Login, login) {
				who = review.Author
			}
		}
		id := next + int64(i)
		s.Request.Reviews = append(s.Request.Reviews, pull.Review{ID: id, Author: who, State: pull.Approved, Commit: s.Request.Head, At: given,
			CanWrite: true})
		s.Seen.Sights = append(s.Seen.Sights, pull.Sight{Review: id, State: pull.Approved, Commit: s.Request.Head, Before: last, In: last,
			Since: last, HeadMoves: len(s.Request.HeadMoves)})
	}
}
