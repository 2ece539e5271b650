// Package document reads JSON that an earlier version of the program stored.
//
// A document carries its version under the key "v". The package promises that
// one of an unknown version is an error that says what to do, and never read as
// something else. What a document holds, and how an older one becomes a newer
// one, its Kind's owner says.
package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Kind is one kind of stored document.
type Kind struct {
	Name    string // for messages, such as "the record of a run"
	Version int    // that is written now
	// Upgrades make the next version of a document of a version. One without
	// an entry can be read as it is.
	Upgrades map[int]Upgrade
}

// Upgrade gives a document in the form of the next version; its "v" may stay.
type Upgrade func(doc []byte) ([]byte, error)

// Decode reads a document of any known version.
func (k Kind) Decode(doc []byte, into any) error {
	doc, err := k.Current(doc)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(doc, into); err != nil {
		return fmt.Errorf("read %s: %w", k.Name, err)
	}
	return nil
}

// Current gives a document of any known version in the form that is written
// now.
func (k Kind) Current(doc []byte) ([]byte, error) {
	version, err := Version(doc)
	if err != nil {
		return nil, fmt.Errorf("read the version of %s: %w", k.Name, err)
	}
	switch {
	case version > k.Version:
		return nil, fmt.Errorf("%s was written by a later version of reviewgate, in form %d, and this one knows forms up to %d; run the "+
			"version that wrote it, or a later one", k.Name, version, k.Version)
	case version < 1:
		return nil, fmt.Errorf("%s has form %d, which no version of reviewgate writes; restore it from a backup", k.Name, version)
	}
	for ; version < k.Version; version++ {
		upgrade, ok := k.Upgrades[version]
		if !ok {
			continue
		}
		if doc, err = upgrade(doc); err != nil {
			return nil, fmt.Errorf("read %s of form %d: %w", k.Name, version, err)
		}
	}
	return doc, nil
}

// Version gives the version of a document. One that says none is the first,
// which had no "v".
func Version(doc []byte) (int, error) {
	// Documents may be large, and "v" comes first in those that have it.
	if rest, ok := bytes.CutPrefix(doc, []byte(`{"v":`)); ok {
		if end := bytes.IndexAny(rest, ",}"); end >= 0 {
			doc = append([]byte(`{"v":`), rest[:end]...)
			doc = append(doc, '}')
		}
	}
	var of struct {
		V *int `json:"v"`
	}
	if err := json.Unmarshal(doc, &of); err != nil {
		return 0, err
	}
	if of.V == nil {
		return 1, nil
	}
	return *of.V, nil
}

// List reads a list of documents of any known versions; version is that of one which was
// read.
func List[T any](k Kind, list []byte, version func(T) int) ([]T, error) {
	all := make([]T, 0, bytes.Count(list, []byte(`{"v":`)))
	if err := json.Unmarshal(list, &all); err == nil && !slices.ContainsFunc(all, func(v T) bool { return version(v) != k.Version }) {
		return all, nil
	}
	var docs []json.RawMessage
	if err := json.Unmarshal(list, &docs); err != nil {
		return nil, fmt.Errorf("read %s: %w", k.Name, err)
	}
	all = make([]T, len(docs))
	for i, doc := range docs {
		if err := k.Decode(doc, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
