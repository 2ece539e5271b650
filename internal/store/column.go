package store

import (
	"encoding/json"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/document"
)

// columnVersion is that of the JSON in tables that is read by Column. Raise it as
// those of document.go.
const columnVersion = 1

var columnKind = document.Kind{Name: "what was seen of a pull request", Version: columnVersion}

// Versioned is a value as it is stored in a column, with the version of its form.
type Versioned[T any] struct {
	V     int `json:"v"`
	Value T   `json:"value"`
}

// Document returns a value's JSON, with the version of its form.
func Document[T any](value T) (string, error) {
	text, err := json.Marshal(Versioned[T]{columnVersion, value})
	return string(text), err
}

// Column reads what Document gave, now or in an earlier version.
type Column[T any] struct{ Value *T }

// Scan implements sql.Scanner.
func (c Column[T]) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("document: stored as %T", v)
	}
	var doc Versioned[T]
	if err := columnKind.Decode([]byte(text), &doc); err != nil {
		return err
	}
	*c.Value = doc.Value
	return nil
}

// KeepSightings is how many sightings of a pull request are kept, besides the first
// one and those that reviews need.
const KeepSightings = 300
