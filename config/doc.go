// Package config holds examples for people: the service's configuration,
// policies, an ownership map, and the workflows of a CI step. It has tests only,
// which load each of them with the parser that the service uses; the workflows are
// held to what they are safe by in package deploy, and played in cmd/reviewgate.
package config
