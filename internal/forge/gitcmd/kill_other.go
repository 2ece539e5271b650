//go:build !unix

package gitcmd

import "os/exec"

// killAll leaves it to git's helpers to end when git does.
func killAll(*exec.Cmd) {}
