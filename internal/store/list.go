package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/document"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// listVersion is that of the lists of files that heads change. Raise it as those of
// document.go.
const listVersion = 1

var listKind = document.Kind{Name: "a stored list of files", Version: listVersion}

// listDocument is a list of files as it is stored: whole, or as what it has of another
// one and what it has not.
type listDocument struct {
	V      int        `json:"v"`
	Parts  []listPart `json:"parts"`
	Hidden []string   `json:"hidden,omitempty"`
}

// listPart is a stretch of a list: so many files of the other list, from a place on, or
// files of its own.
type listPart struct {
	From  int            `json:"from,omitempty"`
	Many  int            `json:"many,omitempty"`
	Files []pull.Content `json:"files,omitempty"`
}

// LightenAtOnce is of how many heads from before lists were kept apart the lists are taken
// out whenever a new head of the pull request comes.
const LightenAtOnce = 20

// PackedList is a list of files as it is stored.
type PackedList struct {
	Digest string // of the list; equal ones are stored once
	Base   string // digest of the list that Body refers to; empty where Body is whole
	Body   []byte // gzip of JSON
}

// ListDigest names a list of files; it is empty for that of none.
func ListDigest(l pull.List) (string, error) {
	if len(l.Files) == 0 {
		return "", nil
	}
	text, err := json.Marshal(listDocument{Parts: []listPart{{Files: l.Files}}, Hidden: l.Hidden})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// PackList packs a list by its difference from another one where that is less than half
// of it: a push changes few files, and a list of 3,000 takes 200 KB. base is nil where
// there is none.
func PackList(digest string, l pull.List, base *pull.List, baseDigest string) (PackedList, error) {
	whole, err := packList(listDocument{V: listVersion, Parts: []listPart{{Files: l.Files}}, Hidden: l.Hidden})
	if err != nil || base == nil {
		return PackedList{Digest: digest, Body: whole}, err
	}
	differ, err := packList(listDocument{V: listVersion, Parts: listParts(l.Files, base.Files), Hidden: l.Hidden})
	if err != nil || len(differ) > len(whole)/2 {
		return PackedList{Digest: digest, Body: whole}, err
	}
	return PackedList{Digest: digest, Base: baseDigest, Body: differ}, nil
}

func packList(doc listDocument) ([]byte, error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return Pack(data)
}

// listParts writes a list as stretches of another one, and of its own.
func listParts(files, base []pull.Content) []listPart {
	places := make(map[string]int, len(base))
	for i := range base {
		places[base[i].Path] = i
	}
	var parts []listPart
	for _, f := range files {
		at, ok := places[f.Path]
		ok = ok && base[at] == f
		var last *listPart
		if len(parts) > 0 {
			last = &parts[len(parts)-1]
		}
		switch {
		case ok && last != nil && last.Many > 0 && last.From+last.Many == at:
			last.Many++
		case ok:
			parts = append(parts, listPart{From: at, Many: 1})
		case last != nil && last.Many == 0:
			last.Files = append(last.Files, f)
		default:
			parts = append(parts, listPart{Files: []pull.Content{f}})
		}
	}
	return parts
}

// UnpackList reads what PackList gave, now or in an earlier version; base is the list
// that it was packed against.
func UnpackList(packed []byte, base pull.List) (l pull.List, err error) {
	data, err := Unpack(packed)
	if err != nil {
		return l, err
	}
	var doc listDocument
	if err := listKind.Decode(data, &doc); err != nil {
		return l, err
	}
	for _, p := range doc.Parts {
		if p.From < 0 || p.Many < 0 || p.From+p.Many > len(base.Files) {
			return l, fmt.Errorf("%s refers to files that its base does not have; restore it from a backup", listKind.Name)
		}
		l.Files = append(append(l.Files, base.Files[p.From:p.From+p.Many]...), p.Files...)
	}
	l.Hidden = slices.Clone(doc.Hidden)
	return l, nil
}

// ListRow is a list as a row has it.
type ListRow struct {
	PackedList
	BaseBody []byte // of the list that it refers to; nil where it is whole
}

// Unpack reads the list of a row.
func (r *ListRow) Unpack() (l pull.List, err error) {
	var base pull.List
	if r.Base != "" {
		if r.BaseBody == nil {
			return l, fmt.Errorf("%s lacks the one that it refers to; restore it from a backup", listKind.Name)
		}
		if base, err = UnpackList(r.BaseBody, pull.List{}); err != nil {
			return l, err
		}
	}
	return UnpackList(r.Body, base)
}

// HeadRow is a head as rows have it: itself, and the list of what it changes.
type HeadRow struct {
	*pull.Head
	Body []byte
	List PackedList
}

// NewHeadRow makes rows of a head; the zero HeadRow of none. keyframe gives the newest
// list of the pull request that is stored whole, if any.
func NewHeadRow(h *pull.Head, keyframe func() (ListRow, bool, error)) (row HeadRow, err error) {
	if h == nil {
		return row, nil
	}
	row.Head = h
	list := pull.List{Files: h.Files, Hidden: h.Hidden}
	digest, err := ListDigest(list)
	if err != nil {
		return row, err
	}
	apart := *h
	if apart.List = digest; digest != "" {
		apart.Files, apart.Hidden = nil, nil
	}
	if row.Body, err = PackHead(&apart); err != nil || digest == "" {
		return row, err
	}
	var base *pull.List
	key, ok, err := keyframe()
	if err != nil {
		return row, err
	}
	if ok {
		l, err := key.Unpack()
		if err != nil {
			return row, err
		}
		base = &l
	}
	row.List, err = PackList(digest, list, base, key.Digest)
	return row, err
}
