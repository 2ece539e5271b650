package pull

import "time"

// Merged is a merged pull request, as far as it is told how it was reviewed.
type Merged struct {
	// Request has Author, Files, Complete, Reviews, OpenedAt, and UpdatedAt: when it was merged.
	Request Request
	Pushed  time.Time // when its last head was made, or else it was opened; zero: not known
}
