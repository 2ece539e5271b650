// Package snapshot reads one moment of a pull request: all that its verdict is made of,
// from the forge and from what is remembered. It writes nothing to the forge; what it
// notices it hands to [Notes] at once, since a comment or a review may be gone a moment
// later.
package snapshot
