// Package deploy holds what runs the service elsewhere: a compose file, a
// systemd unit and a GitHub App manifest. It has tests only, which hold them,
// the Dockerfile and the action to the code that they speak of.
package deploy
