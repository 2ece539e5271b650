package publish

import "cmp"

// Limits are the longest that a forge takes. Of those that are zero the default holds.
type Limits struct {
	Title       int `json:"title,omitzero"`       // of a check, in characters
	Summary     int `json:"summary,omitzero"`     // of a check, in bytes
	Comment     int `json:"comment,omitzero"`     // in bytes
	Label       int `json:"label,omitzero"`       // the name of one, in characters
	Annotations int `json:"annotations,omitzero"` // of one check
	Assignees   int `json:"assignees,omitzero"`   // of one pull request
	Requested   int `json:"requested,omitzero"`   // people and teams asked for review of one pull request
}

// usual are the limits that hold where a forge names none, and in records that name none.
var usual = Limits{Title: 140, Summary: 65535, Comment: 65535, Label: 50, Annotations: 50, Assignees: 10, Requested: 15}

// OrUsual fills in the limits that are zero.
func (l Limits) OrUsual() Limits {
	return Limits{
		Title: cmp.Or(l.Title, usual.Title), Summary: cmp.Or(l.Summary, usual.Summary), Comment: cmp.Or(l.Comment, usual.Comment),
		Label: cmp.Or(l.Label, usual.Label), Annotations: cmp.Or(l.Annotations, usual.Annotations),
		Assignees: cmp.Or(l.Assignees, usual.Assignees), Requested: cmp.Or(l.Requested, usual.Requested),
	}
}
