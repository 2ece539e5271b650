// Package config holds examples for people: the service's configuration,
// policies and an ownership map. It has tests only, which load each of them
// with the parser that the service uses.
package config
