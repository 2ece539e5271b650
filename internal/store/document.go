package store

import (
	"encoding/json"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/document"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The versions of what is stored as JSON. Raise one when a key gets another
// name or meaning, or when leaving a new one out means something else than its
// zero value; the upgrade from the version before goes into the kind below, and
// stays.
const (
	headVersion    = 1
	reasonsVersion = 1
)

var (
	headKind    = document.Kind{Name: "a stored head", Version: headVersion}
	reasonsKind = document.Kind{Name: "why somebody was asked", Version: reasonsVersion}
)

// headDocument is a head as it is stored.
type headDocument struct {
	V int `json:"v"`
	pull.Head
}

// reasonsDocument is why somebody was asked, as it is stored.
type reasonsDocument struct {
	V int `json:"v"`
	policy.AskedVerdict
}

// PackHead writes a head as gzip of JSON, its time in UTC; nil for none.
func PackHead(h *pull.Head) ([]byte, error) {
	if h == nil {
		return nil, nil
	}
	doc := headDocument{V: headVersion, Head: *h}
	doc.SeenAt = h.SeenAt.UTC()
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return Pack(data)
}

// UnpackHead reads what PackHead wrote, now or in an earlier version.
func UnpackHead(packed []byte, h *pull.Head) error {
	data, err := Unpack(packed)
	if err != nil {
		return err
	}
	var doc headDocument
	if err := headKind.Decode(data, &doc); err != nil {
		return err
	}
	*h = doc.Head
	return nil
}

// Reasons is why somebody was asked.
type Reasons policy.AskedVerdict

// JSON gives what is stored.
func (r Reasons) JSON() (string, error) {
	data, err := json.Marshal(reasonsDocument{V: reasonsVersion, AskedVerdict: policy.AskedVerdict(r)})
	return string(data), err
}

// Scan implements sql.Scanner: it reads what JSON gave, now or in an earlier
// version.
func (r *Reasons) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("reasons: stored as %T", v)
	}
	var doc reasonsDocument
	if err := reasonsKind.Decode([]byte(text), &doc); err != nil {
		return err
	}
	*r = Reasons(doc.AskedVerdict)
	return nil
}
