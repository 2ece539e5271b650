package publish

// Blocking is how a check keeps a pull request from being merged, where that is not by a
// branch that requires it: the message that says so.
type Blocking string

// The ways.
const (
	BlocksAsUsual  Blocking = ""
	BlocksByTest   Blocking = "blocks.test"   // a test of our account is required
	BlocksByOneOf  Blocking = "blocks.one_of" // so is a test, but others' count as well
	BlocksByThread Blocking = "blocks.thread" // our thread has to be resolved
	BlocksNothing  Blocking = "blocks.nothing"
)
