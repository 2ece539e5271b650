// Package deploy holds what runs the service elsewhere: compose files,
// Kubernetes manifests, a systemd unit, a GitHub App manifest, alerts for
// Prometheus and what goreleaser needs. It has tests only, which hold them, the
// Dockerfile and the action to the code that they speak of.
package deploy
