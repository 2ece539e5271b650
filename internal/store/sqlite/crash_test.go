package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// crashDir is the environment variable that makes this test binary the process
// to be killed.
const crashDir = "REVIEWGATE_CRASH_DIR"

// crashRefs is how many pull requests the killed process works on.
const crashRefs = 8

// TestCrash kills a process that accepts deliveries and works them, several
// times at random moments. Afterwards each pull request was evaluated in the
// state of its last acknowledged delivery, or a later one.
func TestCrash(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := crashing(dir); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	dir := t.TempDir()
	if err := reopen(t, filepath.Join(dir, "db")).Close(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	for range 4 {
		killOnce(t, dir, crashRefs+dice.IntN(2*crashRefs), time.Duration(dice.IntN(20))*time.Millisecond)
	}
	s := reopen(t, filepath.Join(dir, "db"))
	f := &forge{dir: dir}
	if err := s.Start(t.Context(), queue.Options{Work: f.work, FirstRetry: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	untilIdle(t, s)
	acked, worked := f.read(t, "acked"), f.read(t, "worked")
	if len(acked) < crashRefs {
		t.Fatalf("only %d pull requests had deliveries", len(acked))
	}
	for ref, n := range acked {
		if worked[ref] < n {
			t.Errorf("%s: worked in state %d, acknowledged %d", ref, worked[ref], n)
		}
	}
	if diff := cmp.Diff(map[string]int{}, f.read(t, "overlaps")); diff != "" {
		t.Errorf("run at once:\n%s", diff)
	}
}

// killOnce starts the process, and kills it so long after so many deliveries
// were acknowledged.
func killOnce(t *testing.T, dir string, deliveries int, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrash$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for deliveries > 0 && lines.Scan() {
		if lines.Text() == "acked" {
			deliveries--
		} else {
			t.Log(lines.Text())
		}
	}
	<-time.After(after)
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("it ended by itself: %v", err)
	}
}

// crashing accepts and works until it is killed.
func crashing(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(dir, "db"), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	f := &forge{dir: dir}
	if err := s.Start(ctx, queue.Options{Work: f.work, FirstRetry: time.Millisecond}); err != nil {
		return err
	}
	ended := make(chan error)
	for number := 1; number <= crashRefs; number++ {
		go func() {
			for {
				if err := f.push(ctx, s, number); err != nil {
					ended <- err
					return
				}
				fmt.Println("acked")
			}
		}()
	}
	return <-ended
}

// forge is the world outside of the store: a state per pull request, and logs
// of what was acknowledged and what was worked. A kill loses no write to a
// file.
type forge struct {
	dir     string
	running sync.Map
}

func crashRef(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "o", Name: "r"}, Number: number}
}

// push changes a pull request and delivers the event.
func (f *forge) push(ctx context.Context, s *Store, number int) error {
	ref := crashRef(number)
	n := f.state(ref) + 1
	if err := os.WriteFile(f.file(ref)+"~", []byte(strconv.Itoa(n)), 0o600); err != nil {
		return err
	}
	if err := os.Rename(f.file(ref)+"~", f.file(ref)); err != nil {
		return err
	}
	if err := s.Accept(ctx, webhook.Delivery{
		Forge: "github", ID: fmt.Sprint(number, "/", n), Hints: []webhook.Hint{{Repo: ref.Repo, Number: number}},
	}); err != nil {
		return err
	}
	return f.note("acked", ref, n)
}

func (f *forge) work(_ context.Context, ref pull.Ref) error {
	if _, twice := f.running.LoadOrStore(ref, true); twice {
		return f.note("overlaps", ref, 1)
	}
	defer f.running.Delete(ref)
	n := f.state(ref)
	if n%7 == 3 && rand.IntN(2) == 0 {
		return errors.New("the forge answers 502")
	}
	return f.note("worked", ref, n)
}

func (f *forge) file(ref pull.Ref) string {
	return filepath.Join(f.dir, "state"+strconv.Itoa(ref.Number))
}

func (f *forge) state(ref pull.Ref) int {
	data, _ := os.ReadFile(f.file(ref)) // none yet: state 0
	n, _ := strconv.Atoi(string(data))
	return n
}

func (f *forge) note(log string, ref pull.Ref, n int) error {
	file, err := os.OpenFile(filepath.Join(f.dir, log), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %d\n", ref, n)
	return errors.Join(err, file.Close())
}

// read returns the highest number that a log has of each pull request.
func (f *forge) read(t *testing.T, log string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, log))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	highest := map[string]int{}
	for line := range strings.Lines(string(data)) {
		var ref string
		var n int
		if _, err := fmt.Sscan(line, &ref, &n); err != nil {
			t.Fatal(err)
		}
		highest[ref] = max(highest[ref], n)
	}
	return highest
}

// untilIdle waits until nothing is left to do.
func untilIdle(t *testing.T, s *Store) {
	t.Helper()
	until(t, s, func(b queue.Backlog) bool { return b == queue.Backlog{} })
}

// until waits for a backlog.
func until(t *testing.T, s *Store, holds func(queue.Backlog) bool) {
	t.Helper()
	tick, end := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		b, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if holds(b) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within 20 s; the backlog is %+v", b)
		}
	}
}
