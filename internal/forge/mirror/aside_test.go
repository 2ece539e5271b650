package mirror_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// answer has the server answer the fetches of an object in another way, and counts them.
func (w *world) answer(id string, do func(http.ResponseWriter, *http.Request)) (asked *atomicCount) {
	asked = &atomicCount{make(chan struct{}, 1000)}
	w.server.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		w.check(err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("want "+id)) {
			return false
		}
		asked.seen <- struct{}{}
		do(rw, r)
		return true
	}
	return asked
}

type atomicCount struct{ seen chan struct{} }

func (c *atomicCount) wait()  { <-c.seen }
func (c *atomicCount) n() int { return len(c.seen) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// move has topic move a file and change it, so that its texts have to be read to see that, and
// returns the new one's id.
func (w *world) move() string {
	w.Write("mm/new.c", lines("mm/a.c")+"and more\n")
	w.Git("rm", "--quiet", "mm/a.c")
	w.Commit("move")
	return w.ID("topic:mm/new.c")
}

// apart is what topic changes where a move is not seen.
var apart = []string{`removed "" "mm/a.c" 100644 `, `added "" "mm/new.c"  100644`}

// TestOthersAreServedMeanwhile holds that files of one pull request that take long keep no other
// one of the repository waiting, though one fetch at once is allowed.
func TestOthersAreServedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) { c.Fetches, c.Aside = 1, time.Hour })
	w.changes()
	w.Git("checkout", "--quiet", "-b", "honest", "main")
	w.Write("mm/b.c", "honest\n")
	w.Commit("honest")
	w.Request("refs/pull/2/head", "honest")
	w.Git("checkout", "--quiet", "topic")
	asked := w.answer(w.move(), hang)
	look, honest := w.look(), w.look()
	honest.Request.Head, honest.Request.Ref.Number = w.ID("honest"), 2
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := w.mirror.Files(ctx, look); done <- err }()
	asked.wait()
	if c, err := w.mirror.Files(t.Context(), honest); err != nil || len(c.Files) != 1 {
		t.Errorf("the other one: %d files, %v", len(c.Files), err)
	}
	soon, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if text, err := w.mirror.Blob(soon, linux, w.ID("main:README"), 1<<20); err != nil || len(text) == 0 {
		t.Errorf("a file of another one: %d bytes, %v", len(text), err)
	}
	select {
	case err := <-done:
		t.Errorf("the first one ended before: %v", err)
	default:
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the first one: %v", err)
	}
}

// TestMovesThatTakeTooLong holds that a move that can't be seen in time is a file that goes and
// one that comes, and stays so, for the process that follows, too.
func TestMovesThatTakeTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) { c.Aside = 5 * time.Second })
	w.changes()
	asked := w.answer(w.move(), hang)
	if got := w.changes(); !sameLines(got, apart) || asked.n() != 1 {
		t.Errorf("%d fetches: %s", asked.n(), cmp.Diff(apart, got))
	}
	w.server.Before = nil
	for range 2 {
		if got := w.changes(); !sameLines(got, apart) {
			t.Error("afterwards", cmp.Diff(apart, got))
		}
		w.open()
	}
	w.Git("mv", "mm/new.c", "mm/newer.c")
	w.Write("mm/newer.c", lines("mm/a.c")+"and even more\n")
	w.Commit("more")
	if got := w.changes(); len(got) != 1 || !strings.HasPrefix(got[0], "renamed") {
		t.Errorf("other files: %q", got)
	}
}

// sameLines reports whether two lists have the same lines, in whatever order.
func sameLines(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// endless answers with a pack of one file that never ends.
func endless(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	if asked, err := io.ReadAll(r.Body); err != nil || !bytes.Contains(asked, []byte("0009done\n")) {
		fmt.Fprint(rw, "0014acknowledgments\n000aready\n0001")
	}
	fmt.Fprint(rw, "000dpackfile\n")
	pack := packets{rw}
	fmt.Fprint(pack, "PACK\x00\x00\x00\x02\x00\x00\x00\x01\xbf")
	pack.Write(binary.AppendUvarint(nil, 1<<40)) //nolint:errcheck // the copy below fails too
	text, err := zlib.NewWriterLevel(pack, zlib.NoCompression)
	for err == nil {
		_, err = text.Write(make([]byte, 32<<10))
	}
}

// packets writes a pack as a server sends it.
type packets struct{ io.Writer }

func (p packets) Write(data []byte) (int, error) {
	for part := range slices.Chunk(data, 32<<10) {
		if _, err := fmt.Fprintf(p.Writer, "%04x\x01%s", len(part)+5, part); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

// TestMovesThatAreTooLarge holds that what is fetched to see moves is a part of the disk, and
// that a file is fetched as far as it is read, and the whole clone stays.
func TestMovesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mirror.Config) { c.Disk, c.Aside = 40<<20, time.Hour })
	w.changes()
	id := w.move()
	asked := w.answer(id, endless)
	if got := w.changes(); !sameLines(got, apart) || asked.n() != 1 {
		t.Errorf("%d fetches: %s", asked.n(), cmp.Diff(apart, got))
	}
	for range 2 {
		if _, err := w.mirror.Blob(t.Context(), linux, id, 1<<20); !errors.Is(err, pull.ErrTooLarge) || asked.n() != 2 {
			t.Errorf("a file: %v, %d fetches", err, asked.n())
		}
		if _, err := w.mirror.Patch(t.Context(), w.look(), 1<<20); !errors.Is(err, pull.ErrTooLarge) || asked.n() > 3 {
			t.Errorf("a patch: %v, %d fetches", err, asked.n())
		}
	}
	w.server.Before = nil
	if text, err := w.mirror.Blob(t.Context(), linux, id, 2<<20); err != nil || len(text) == 0 {
		t.Errorf("a file of which more is read: %v", err)
	}
}
