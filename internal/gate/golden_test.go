package gate

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/publish"
)

var update = flag.Bool("update", false, "write golden records of this version, from those of the one before, where there are none")

// golden returns the files of the golden records of a version. Those of a
// version that was released are never written again.
func golden(t *testing.T, version int) []string {
	t.Helper()
	dir := filepath.Join("testdata", "records", strconv.Itoa(version))
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err == nil && len(files) == 0 && *update && version > 1 {
		must(t, os.MkdirAll(dir, 0o755))
		for _, file := range golden(t, version-1) {
			files = append(files, renew(t, dir, file))
		}
	}
	must(t, err)
	if len(files) == 0 {
		t.Fatalf("no golden records of version %d; write them with -update, and look at them", version)
	}
	return files
}

// renew writes an older golden record in the form of now, with the verdict of now.
func renew(t *testing.T, dir, old string) string {
	t.Helper()
	r, err := decodeRecord(contents(t, old))
	must(t, err)
	r.refill()
	body, err := r.Encode()
	must(t, err)
	words, err := publish.NewMessages()
	must(t, err)
	again, _, err := Replay(words, body, func(id string) ([]byte, error) { return nil, fmt.Errorf("the record lacks %s", id) })
	must(t, err)
	r.Verdict, r.Plan = again.Verdict, again.Plan
	body, err = r.Encode()
	must(t, err)
	file := filepath.Join(dir, filepath.Base(old))
	must(t, os.WriteFile(file, append(body, '\n'), 0o644))
	return file
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return bytes.TrimSuffix(text, []byte("\n"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestGoldenRecords holds that records of each version that was ever written
// are still read, key for key, and come out again.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	must(t, err)
	for version := 1; version <= recordVersion; version++ {
		for _, file := range golden(t, version) {
			t.Run(fmt.Sprint(version, "/", strings.TrimSuffix(filepath.Base(file), ".json")), func(t *testing.T) {
				t.Parallel()
				body := contents(t, file)
				everyKeyIsRead(t, version, body)
				replays(t, words, body)
			})
		}
	}
}

// everyKeyIsRead holds that nothing in a record is passed over, and that one of
// this version is what would be written now.
func everyKeyIsRead(t *testing.T, version int, body []byte) {
	t.Helper()
	doc, err := recordKind.Current(body)
	must(t, err)
	var r Record
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	must(t, d.Decode(&r))
	if version != recordVersion {
		return
	}
	again, err := json.Marshal(r)
	must(t, err)
	if diff := cmp.Diff(string(body), string(again)); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
}

// replays holds that a record's verdict comes out again to the byte, and its
// plan but for the words of people.
func replays(t *testing.T, words *publish.Messages, body []byte) {
	t.Helper()
	again, old, err := Replay(words, body, func(id string) ([]byte, error) { return nil, fmt.Errorf("the record lacks %s", id) })
	must(t, err)
	want, err := json.Marshal(old.Verdict)
	must(t, err)
	got, err := json.Marshal(again.Verdict)
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
	if old.Plan.Check == nil {
		again.Plan.Check = nil // other words make a check that has to be written
	}
	if diff := cmp.Diff(wordless(old.Plan), wordless(again.Plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if old.Ref != again.Ref || old.Head != again.Head || !old.At.Equal(again.At) || old.Gated != again.Gated {
		t.Errorf("run %v, was %v", again.Ref, old.Ref)
	}
}

// wordless is a plan without what people read, and its digests.
func wordless(p publish.Plan) publish.Plan {
	bare := func(c publish.Check) publish.Check {
		return publish.Check{Head: c.Head, Name: c.Name, Outcome: c.Outcome}
	}
	out := publish.Plan{Ask: p.Ask, Assign: p.Assign, Labels: publish.Labels{Add: p.Labels.Add, Remove: p.Labels.Remove}}
	for _, c := range p.Reset {
		out.Reset = append(out.Reset, bare(c))
	}
	if p.Check != nil {
		c := bare(*p.Check)
		out.Check = &c
	}
	return out
}

// TestRecordOfAnotherVersion holds that a record of a later version is refused,
// not replayed as something else.
func TestRecordOfAnotherVersion(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	must(t, err)
	for version, want := range map[int]string{
		recordVersion + 1: "written by a later version of reviewgate",
		0:                 "which no version of reviewgate writes",
	} {
		body := fmt.Appendf(nil, `{"v":%d,"inputs":{"gated":true}}`, version)
		if _, _, err := Replay(words, body, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}
