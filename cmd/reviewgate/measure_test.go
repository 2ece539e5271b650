package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// built is the program as a release is built: it starts in a tenth of the time
// that one with the race detector takes.
var built struct {
	sync.Once
	file string
	err  error
}

// builtProgram gives the program's path. It is built once for all tests.
func builtProgram(t testing.TB) string {
	t.Helper()
	built.Do(func() {
		dir, err := os.MkdirTemp("", "reviewgate-release-")
		if err != nil {
			built.err = err
			return
		}
		built.file = filepath.Join(dir, "reviewgate")
		cmd := exec.Command("go", "build", "-tags", "nodemo", "-trimpath", "-ldflags", "-s -w", "-o", built.file, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	check0(t, built.err)
	return built.file
}

// tests are all tests, after which the program is removed.
type tests struct{ *testing.M }

func (m tests) Run() int {
	for _, name := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"} { // of the run that tests this
		_ = os.Unsetenv(name) // fails for names that are none
	}
	code := m.M.Run()
	if built.file != "" {
		_ = os.RemoveAll(filepath.Dir(built.file)) // best effort: it is the system's temporary directory
	}
	return code
}

// TestFootprint bounds what one binary needs: on disk, to start, and in memory.
func TestFootprint(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	program := builtProgram(t)
	info, err := os.Stat(program)
	check0(t, err)
	t.Logf("binary: %.1f MB", float64(info.Size())/1e6)
	if info.Size() > 45e6 {
		t.Errorf("the stripped binary has %d bytes, want 45 MB at most", info.Size())
	}
	w := newWorld(t, worldOptions{idle: true, policy: commentPolicy})
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	start := time.Now()
	p := w.spawn(program)
	w.until("ready", func() bool { status, _ := get(t, "http://"+p.public+"/readyz"); return status == http.StatusOK })
	ready := time.Since(start)
	t.Logf("ready on a new database after %s", ready.Round(time.Millisecond))
	if ready > 5*time.Second {
		t.Errorf("ready after %s", ready)
	}
	postAll(t, p.public, []delivery{pullDelivery("opened", pr.Number())})
	w.expect(pr, "in_progress", "0 of 2")
	w.until("idle", p.idle)
	own := residentKB(t, p.cmd.Process.Pid, ownLine)
	t.Logf("resident after one pull request: %.1f MB, of which %.1f its own",
		float64(residentKB(t, p.cmd.Process.Pid, residentLine))/1024, float64(own)/1024)
	if own > 25<<10 { // of the program's file the system keeps more or less, and drops it when it likes
		t.Errorf("%d kB of its own, want 25 MB at most", own)
	}
}

// BenchmarkIdle measures the share of one processor, in percent, that a service
// takes while nothing happens: it polls, beats and looks what is due.
func BenchmarkIdle(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, worldOptions{idle: true})
			if engine == "postgres" {
				w.database = postgrestest.Open(b).Database(b, "")
			}
			pr := w.open("topic", "mm/a.c")
			p := w.spawn(builtProgram(b))
			w.expect(pr, "in_progress", "0 of 1")
			w.until("idle", p.idle)
			start, before := time.Now(), processorTime(b, p.cmd.Process.Pid)
			for b.Loop() {
				<-time.After(5 * time.Second)
			}
			b.ReportMetric(100*(processorTime(b, p.cmd.Process.Pid)-before).Seconds()/time.Since(start).Seconds(), "cpu-%")
		})
	}
}

// processorTime is how long a process has run so far. Linux counts it in
// hundredths of a second.
func processorTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skipf("no processor time is shown here: %v", err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:])) // from the third on
	var ticks time.Duration
	for _, f := range fields[11:13] { // user's and system's, proc_pid_stat(5)
		n, err := strconv.Atoi(f)
		check0(t, err)
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond
}

// What a process's resident memory is and was at the most.
var (
	residentLine = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)
	ownLine      = regexp.MustCompile(`(?m)^RssAnon:\s+(\d+) kB$`) // without the program's file
	peakLine     = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)
)

// residentKB is a process's resident memory in kB.
func residentKB(t testing.TB, pid int, line *regexp.Regexp) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("no memory is shown here: %v", err)
	}
	m := line.FindSubmatch(data)
	if m == nil {
		t.Fatalf("no memory in %s", data)
	}
	n, err := strconv.Atoi(string(m[1]))
	check0(t, err)
	return n
}

// TestGracefulStop sends SIGTERM while evaluations are under way: one ends in
// time, the other is cut, and both are right after the next start.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: commentPolicy})
	ends, hangs := w.open("ends", "mm/a.c"), w.open("hangs", "fs/a.c")
	heads := func(pr string) func(*http.Request) bool {
		return func(r *http.Request) bool { return postCheck.is(r) && strings.Contains(bodyOf(t, r), pr) }
	}
	endsAt, releaseEnds := w.Hold(heads(ends.Head()))
	hangsAt, releaseHangs := w.Hold(heads(hangs.Head()))
	defer releaseEnds()
	defer releaseHangs()
	p := w.spawn(builtProgram(w.t))
	postAll(t, p.public, []delivery{pullDelivery("ends", ends.Number()), pullDelivery("hangs", hangs.Number())})
	<-endsAt
	<-hangsAt
	check0(t, p.terminate())
	w.until("intake closed", func() bool { status, _ := get(t, "http://"+p.public+"/readyz"); return status == 0 })
	releaseEnds()
	ctx, cancel := context.WithTimeout(t.Context(), 2*10*time.Second+5*time.Second)
	defer cancel()
	select {
	case <-p.exited:
	case <-ctx.Done():
		t.Fatalf("still there\n%s", p.log)
	}
	if p.err != nil {
		t.Errorf("exit: %v\n%s", p.err, p.log)
	}
	w.expect(ends, "in_progress", "0 of 1")
	w.once(ends)
	releaseHangs()
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		if listing(r) {
			return refused
		}
		return nil
	})
	p = w.spawn(builtProgram(w.t))
	w.expect(hangs, "in_progress", "0 of 1")
	w.until("idle", p.idle)
	w.once(ends)
	w.once(hangs)
}

// bodyOf reads a request's body, of which the double keeps a copy.
func bodyOf(t *testing.T, r *http.Request) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("read body: %v", err)
	}
	return string(data)
}

// TestForgedDelivery sends a delivery that somebody else has signed: it is
// refused, it causes no evaluation, and its body is in no log.
func TestForgedDelivery(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	pr := w.open("topic", "mm/a.c")
	address := w.svc.Public()
	forged := pullDelivery("forged", pr.Number())
	forged.sign = "a guess"
	forged.body = append(forged.body[:len(forged.body)-1], `,"note":"words of a stranger"}`...)
	if status := forged.post(t, address); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
	genuine := forged
	genuine.sign = testSecret
	if status := genuine.post(t, address); status != http.StatusAccepted {
		t.Errorf("status %d of the same delivery, signed", status)
	}
	w.expect(pr, "in_progress", "0 of 1")
	w.settled()
	if n := w.evaluations(pr); n != 1 {
		t.Errorf("%d evaluations", n)
	}
	if strings.Contains(w.log.String(), "words of a stranger") {
		t.Error("the log holds a delivery's body")
	}
}
