// Package states shows what people read in the states that a pull request is in most
// often, in each language, as golden texts and as a page for people to look at. It has no
// code of its own.
package states
