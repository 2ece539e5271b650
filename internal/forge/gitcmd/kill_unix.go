//go:build unix

package gitcmd

import (
	"os/exec"
	"syscall"
)

// killAll has a command's whole group of processes killed with it: git starts others.
func killAll(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
