package gate

import (
	"encoding/json"
	"slices"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/document"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/trailers"
)

// recordVersion is the version of a Record that is written. Raise it when a key
// in any of its types gets another name or meaning, or when leaving a new one
// out means something else than its zero value. The upgrade from the version
// before goes into recordKind, and stays; so do the golden records.
const recordVersion = 7

// Version 1 had no sightings; Record.restore finds out what its reviews saw as it
// was done then. Up to version 2 commands were read more narrowly, and a minimum asked
// for no more than it said; up to version 3 a team that was replaced by members counted
// as taken off by hand; up to version 4 scopes of strangers and of any length were read; up to
// version 6 comments had no trailers.
var recordKind = document.Kind{Name: "the record of a run", Version: recordVersion}

// Record is an evaluation as it is stored: what came out, and all that went
// in. Replay makes the one of the other.
type Record struct {
	V int `json:"v,omitzero"` // its version; Encode sets it
	Run
	Inputs snapshot.Inputs `json:"inputs"`
}

// decide makes verdict and plan of what was read. It is pure: the same inputs
// give the same bytes. own is the outcome before the pull request waits for
// others of the same check.
func decide(words *publish.Messages, in *snapshot.Inputs) (v policy.Verdict, own policy.Outcome, plan publish.Plan) {
	v, own = judge(in)
	v, plan = settle(words, in, v)
	return v, own, plan
}

// judge is the first half of decide: the verdict, before people are asked.
func judge(in *snapshot.Inputs) (v policy.Verdict, own policy.Outcome) {
	if !in.Gated || !in.Snapshot.Request.Open {
		return v, own
	}
	v = rule.Evaluate(in.Snapshot)
	own = v.Outcome
	if v = rule.Hold(v, in.Waiting); in.Early {
		v = rule.Early(v)
	}
	return v, own
}

// settle is the second half of decide: whom to ask, and what to write.
func settle(words *publish.Messages, in *snapshot.Inputs, v policy.Verdict) (policy.Verdict, publish.Plan) {
	req := &in.Snapshot.Request
	wanted := publish.Wanted{Head: req.Head, Gated: in.Gated, Open: req.Open, Merged: req.Merged, Draft: req.Draft,
		Comments: in.Snapshot.Rules.Comment, Spoken: in.Snapshot.Rules.CommentApprovals, Marks: in.Marks, Labels: in.Snapshot.Rules.Labels,
		Assignees: in.Snapshot.Rules.Asking.Assignees, Blocks: in.Blocks}
	wanted.Verdict.Language = in.Snapshot.Rules.Language
	if in.Gated && req.Open {
		silent := in.Crowded || in.Early
		if !silent {
			wanted.Ask = requests.Ask(in.AssignInput(), &v)
		}
		wanted.Verdict, wanted.Marks = v, wanted.Marks && !silent
		if form := in.Snapshot.Form; form == 0 || form > 6 {
			wanted.Appendix = trailers.Of(v, req, in.Snapshot.Owners).Block(v.Language)
		}
		wanted.Comments = wanted.Comments && (!silent || in.Current.HasComment) // one that stands is to be true
	}
	if !in.Gated && req.Open {
		for _, a := range requests.TakeBack(in.AssignInput()) {
			wanted.Unask = append(wanted.Unask, a.Login)
		}
	}
	// Off writes nothing, but takes back what was written before.
	return v, words.Leading(in.Links.Of(req.Ref, req.BaseTip, in.OwnSources())).Diff(in.Current, wanted)
}

// Encode returns a record's JSON, without what it says twice.
func (r Record) Encode() ([]byte, error) {
	r.V = recordVersion
	s := &r.Inputs.Snapshot
	r.Inputs.SameFiles = nil
	heads := slices.Clone(s.Heads)
	for i := range heads {
		if h := &heads[i]; len(h.Files) > 0 && sameContents(h.Files, s.Request.Files) {
			h.Files, r.Inputs.SameFiles = nil, append(r.Inputs.SameFiles, i)
		}
	}
	s.Heads, s.TwinHeads = heads, withoutOwn(s.TwinHeads, heads)
	return json.Marshal(r)
}

// withoutOwn leaves out the files of twins' heads that the request's own say, too:
// those are looked at first.
func withoutOwn(twins [][]pull.Head, own []pull.Head) [][]pull.Head {
	twins = slices.Clone(twins)
	for i := range twins {
		twins[i] = slices.Clone(twins[i])
		for j := range twins[i] {
			h := &twins[i][j]
			if slices.ContainsFunc(own, func(o pull.Head) bool {
				return o.ID == h.ID && o.MergeBase == h.MergeBase && o.Complete && o.List == ""
			}) {
				h.Files = nil
			}
		}
	}
	return twins
}

func sameContents(a []pull.Content, b []pull.File) bool {
	return slices.EqualFunc(a, b, func(c pull.Content, f pull.File) bool { return c == f.Content })
}

// decodeRecord reads what Encode gave, now or in an earlier version. What the
// record leaves out is not brought back yet.
func decodeRecord(data []byte) (r Record, err error) {
	err = recordKind.Decode(data, &r)
	return r, err
}

// past returns what a record's run was judged by, and its verdict.
func past(record []byte) (policy.Snapshot, policy.Verdict, error) {
	r, err := decodeRecord(record)
	if err != nil {
		return policy.Snapshot{}, policy.Verdict{}, err
	}
	r.refill()
	return r.Inputs.Snapshot, r.Verdict, nil
}

// Replay reads a record and makes its run anew, offline. read gives the files
// that the record only names. old is the run as it was.
func Replay(words *publish.Messages, record []byte, read snapshot.Texts) (again, old Run, err error) {
	r, err := decodeRecord(record)
	if err != nil {
		return again, old, err
	}
	r.refill()
	if err := r.Inputs.Restore(read); err != nil {
		return again, old, err
	}
	if r.V < 2 && r.Gated && r.Inputs.Broken == "" {
		r.Inputs.Snapshot.Rules.Check, r.Inputs.Snapshot.Rules.CheckAdded = r.Verdict.Check, false // names were not kept apart then
	}
	again = Run{Ref: r.Ref, Head: r.Head, At: r.At, Gated: r.Inputs.Gated, inputs: r.Inputs}
	again.Verdict, _, again.Plan = decide(words.Within(r.Inputs.Limits), &r.Inputs)
	return again, r.Run, nil
}

// refill brings back the files that a record leaves out because it has them
// twice, and what its version lacks.
func (r *Record) refill() {
	s := &r.Inputs.Snapshot
	for _, i := range r.Inputs.SameFiles {
		for _, f := range s.Request.Files {
			s.Heads[i].Files = append(s.Heads[i].Files, f.Content)
		}
	}
	switch {
	case r.V < 2:
		rule.Version1(s)
	case r.V < recordVersion:
		s.Form = r.V
	}
	if r.V < 3 {
		r.Inputs.Lenient = true
	}
}

// Record returns a run's record with the files that it names, so that it stands
// alone.
func (r Run) Record(read snapshot.Texts) ([]byte, error) {
	out := Record{Run: r, Inputs: r.inputs}
	out.Inputs.Files = map[string]string{}
	kept := []sources.Kept{out.Inputs.Policy}
	for _, source := range out.Inputs.Sources {
		kept = append(kept, source.Kept)
	}
	for _, k := range kept {
		if k.ID == "" {
			continue
		}
		data, err := read(k.ID)
		if err != nil {
			return nil, err
		}
		out.Inputs.Files[k.ID] = string(data)
	}
	return out.Encode()
}
