// Package sources reads what repositories say of themselves, their policy and their
// ownership files: where they stand, what stands in their place, and whose they are. It
// keeps what is compiled, and tells a verdict's basis from any other, so that a sweep sees
// what moved.
//
// Files of other repositories are read for those alone who may name them, and a check
// never quotes them (package policy, §7).
package sources
