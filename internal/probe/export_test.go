package probe

// Sentences are those of both languages, by key.
var Sentences = sentences
