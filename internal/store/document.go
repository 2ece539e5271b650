package store

import (
	"encoding/json"
	"fmt"
)

// documentVersion is that of the JSON in tables that hold a Document. Raise it when
// what a key means changes, and have ReadDocument bring older ones up to date.
const documentVersion = 1

// document is a value as it is stored in a column.
type document[T any] struct {
	V     int `json:"v"`
	Value T   `json:"value"`
}

// Document gives a value's JSON, with the version of its form.
func Document[T any](value T) (string, error) {
	text, err := json.Marshal(document[T]{documentVersion, value})
	return string(text), err
}

// ReadDocument reads what Document gave, of any version so far.
func ReadDocument[T any](text string, into *T) error {
	var d document[T]
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	if d.V != documentVersion {
		return fmt.Errorf("stored in form %d, and this program reads form %d; run the newer program, or restore a backup from before the upgrade", d.V, documentVersion)
	}
	*into = d.Value
	return nil
}

// Column is a value that is stored as a Document.
type Column[T any] struct{ Value *T }

// Scan implements sql.Scanner.
func (c Column[T]) Scan(v any) error {
	switch text := v.(type) {
	case string:
		return ReadDocument(text, c.Value)
	case []byte:
		return ReadDocument(string(text), c.Value)
	}
	return fmt.Errorf("document: stored as %T", v)
}

// KeepSightings is how many sightings of a pull request are kept, besides the first
// one and those that reviews need.
const KeepSightings = 300
