// Package publish says what must change on the forge for it to show a
// verdict, and in which words.
//
// Diff is pure: it takes what stands and what is to stand, and gives a Plan.
// A Plan that has been carried out leaves an empty one. The package promises
// that names are escaped and mention nobody by accident, that nothing is
// longer than a forge takes, and that nothing is written that stands already.
// Carrying a Plan out is left to the gate and the forge's adapter.
package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Check is a check or commit status as it is to stand.
type Check struct {
	Head    string         `json:"head"`
	Name    string         `json:"name"`
	Outcome policy.Outcome `json:"outcome"`
	Title   string         `json:"title"`   // plain text, within Limits
	Summary string         `json:"summary"` // Markdown, within Limits
	// Annotations are shown at lines of files that the pull request changes.
	Annotations []Annotation `json:"annotations,omitempty"`
	Digest      string       `json:"digest"` // of all the above
	// Page is the address of the gate's own page about it; empty where there is none.
	Page string `json:"-"`
}

// Annotation is a remark at a line of a file; Line 1 is the first.
type Annotation struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Comment is the gate's one comment as it is to stand.
type Comment struct {
	Body   string `json:"body"`
	Digest string `json:"digest"`
	Create bool   `json:"create"` // there is none yet
}

// Current is what the forge shows now, as far as the gate wrote it.
type Current struct {
	Checks     []StandingCheck `json:"Checks"`
	Comment    string          `json:"Comment"` // digest of the comment; empty where there is none
	HasComment bool            `json:"HasNote"` // there is a comment
	// Deleted tells that somebody deleted the comment, and the gate was not open since.
	Deleted bool `json:"Deleted,omitempty"`
	// Labels and Assignees are all that stand, Own the labels that the gate put.
	Labels    []string   `json:"Labels"`
	Own       []OwnLabel `json:"Own"`
	Assignees []string   `json:"Assignees"`
}

// StandingCheck is one check that the gate wrote.
type StandingCheck struct {
	Head    string         `json:"Head"`
	Name    string         `json:"Name"`
	Outcome policy.Outcome `json:"Outcome"`
	Digest  string         `json:"Digest"`
	Shared  bool           `json:"Shared"` // another open pull request of this head and check still earns it
}

// Wanted is what is to be shown.
type Wanted struct {
	Head     string
	Gated    bool // a policy gates the base branch, and its mode is not off
	Open     bool
	Verdict  policy.Verdict
	Merged   bool
	Ask      []string
	Unask    []string // requests of ours that stand and are to be taken back
	Comments bool     // the policy wants comments
	Draft    bool     // nobody is to be told yet
	Spoken   bool     // the policy takes approvals by comments
	Blocks   Blocking // how the check keeps the pull request from being merged
	Appendix string   // Markdown at the end of the comment of an open gate
	// Marks tells that labels and assignees can be set, Labels which labels are
	// wanted, Assignees that those who are asked are to be assigned.
	Marks     bool
	Labels    policy.Labels
	Assignees bool
}

// Plan is what must change. The zero Plan changes nothing. Reset comes first.
type Plan struct {
	Reset   []Check  `json:"reset"` // earlier successes that must not stand
	Check   *Check   `json:"check,omitempty"`
	Ask     []string `json:"ask"`
	Unask   []string `json:"unask,omitempty"`
	Comment *Comment `json:"comment,omitempty"`
	Labels  Labels   `json:"labels,omitzero"`
	Assign  []string `json:"assign,omitempty"`
}

// Empty reports whether nothing must change.
func (p Plan) Empty() bool {
	return len(p.Reset) == 0 && p.Check == nil && len(p.Ask)+len(p.Unask) == 0 && p.Comment == nil && p.Labels.Empty() && len(p.Assign) == 0
}

// Diff returns the plan that leads from what stands to what is wanted.
func (w *Messages) Diff(now Current, want Wanted) Plan {
	p := Plan{Reset: []Check{}, Ask: []string{}, Labels: w.diffOf(now, &want)}
	live := want.Gated && want.Open
	for _, c := range now.Checks {
		current := live && c.Head == want.Head && c.Name == want.Verdict.Check
		retired := want.Open && !want.Gated && c.Head == want.Head
		if c.Shared || current || c.Outcome != policy.Success && !retired {
			continue
		}
		if r := w.reset(c, want); r.Digest != c.Digest {
			p.Reset = append(p.Reset, r)
		}
	}
	if !live {
		p.Comment, p.Unask = w.retired(now, want), want.Unask
		return p
	}
	check := w.Check(want.Head, want.Verdict)
	if !slices.ContainsFunc(now.Checks, func(c StandingCheck) bool {
		return c.Head == check.Head && c.Name == check.Name && c.Digest == check.Digest
	}) {
		p.Check = &check
	}
	p.Ask = append(p.Ask, want.Ask...)
	p.Assign = want.assign(now, w.limits.Assignees)
	p.Comment = w.Comment(now, want)
	return p
}

// Comment returns the comment if it is wanted and must change. Where the gate is open and
// never commented, it goes on saying nothing.
func (w *Messages) Comment(now Current, want Wanted) *Comment {
	if !want.Comments || !want.Gated || !want.Open {
		return nil
	}
	if !now.HasComment && (want.Draft || now.Deleted || want.Verdict.Unwarned == policy.Success) {
		return nil
	}
	body := w.commentBody(want)
	d := digest(body)
	if now.Comment == d {
		return nil
	}
	return &Comment{Body: body, Digest: d, Create: !now.HasComment}
}

// retired is the comment of a pull request that is closed, or that no policy gates any
// longer. What is merged is left as it is.
func (w *Messages) retired(now Current, want Wanted) *Comment {
	if want.Merged || !now.HasComment {
		return nil
	}
	id := "comment.ungated"
	if !want.Open {
		id = "comment.closed"
	}
	body := Mark + "\n" + w.in(want.Verdict.Language).text(id, nil).Markdown()
	if d := digest(body); d != now.Comment {
		return &Comment{Body: body, Digest: d}
	}
	return nil
}

// Check returns the check that shows a verdict on a head.
func (w *Messages) Check(head string, v policy.Verdict) Check {
	c := Check{Head: head, Name: v.Check, Outcome: v.Outcome, Title: w.Title(v), Summary: w.Summary(v)}
	if v.Proposal != nil {
		for _, f := range v.Proposal.Faults {
			changed := slices.ContainsFunc(v.Files, func(file policy.FileVerdict) bool { return file.Path == f.File })
			if changed && len(c.Annotations) < w.limits.Annotations {
				c.Annotations = append(c.Annotations, Annotation{Path: f.File, Line: max(f.Line, 1), Text: f.Text})
			}
		}
	}
	return withDigest(c)
}

// PendingWhileReading returns the check that a head has while a new event on it can't be
// judged: an earlier success must not stand in the meantime.
func (w *Messages) PendingWhileReading(head, name, language string) Check {
	return w.pending(head, name, language, "title.rereading")
}

// Unjudged returns the check that a head has where its judging failed: whether the gate is
// open is not known.
func (w *Messages) Unjudged(head, name, language string) Check {
	said := w.in(language).text("title.unjudged", nil)
	return withDigest(Check{Head: head, Name: name, Outcome: policy.Error, Title: said.Plain(), Summary: said.Markdown()})
}

// Bare returns a check that shows the outcome of another one, in words that any
// forge takes: plain ASCII, less than 100 bytes. It is written where the other's
// are refused, so that no older success stands in its place.
func Bare(c Check) Check {
	text := map[policy.Outcome]string{
		policy.Success: "Nothing is missing.", policy.Pending: "Review is missing.",
		policy.Failure: "The gate is closed.", policy.Error: "The gate is closed.",
	}[c.Outcome]
	return withDigest(Check{Head: c.Head, Name: c.Name, Outcome: c.Outcome, Title: text, Summary: text})
}

func (w *Messages) reset(c StandingCheck, want Wanted) Check {
	why := "title.superseded"
	switch {
	case !want.Open:
		why = "title.closed"
	case !want.Gated:
		why = "title.ungated"
	case c.Head == want.Head:
		why = "title.retargeted"
	}
	return w.pending(c.Head, c.Name, want.Verdict.Language, why)
}

func (w *Messages) pending(head, name, language, why string) Check {
	said := w.in(language).text(why, nil)
	return withDigest(Check{Head: head, Name: name, Outcome: policy.Pending, Title: said.Plain(), Summary: said.Markdown()})
}

func withDigest(c Check) Check {
	c.Title = basic(c.Title)
	parts := []string{string(c.Outcome), c.Title, c.Summary}
	for _, a := range c.Annotations {
		parts = append(parts, fmt.Sprint(a.Path, ":", a.Line, ":", a.Text))
	}
	c.Digest = digest(parts...)
	return c
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
