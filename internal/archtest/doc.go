// Package archtest holds the tree to its own rules: who may import whom, what
// pure packages keep away from, and how large things grow. It has tests only.
//
// It promises to read files and nothing else: a test that asked the go command
// would be answered from the test cache after the tree had changed.
package archtest
