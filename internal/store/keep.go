package store

import "time"

// Keep is how long things are kept that verdicts no longer need. Zero fields
// keep them for ever.
type Keep struct {
	Deliveries time.Duration // and given-up work
	Runs       time.Duration
	Closed     time.Duration // closed pull requests, since their last change
}

// Pruned counts what was dropped for its age.
type Pruned struct{ Deliveries, Runs, Pulls, Blobs int64 }
