package proposal

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// seenMerged is the record of a look that saw a pull request merged.
const seenMerged = `{"inputs":{"snapshot":{"Request":{"Merged":true}}}}`

// was is a record that the tests' Past reads.
type was struct {
	Branch  string         `json:"branch"`
	Outcome policy.Outcome `json:"outcome"`
	Paths   int            `json:"paths"`
	From    int            `json:"from"`
	Padding []byte         `json:"padding"`
}

func readWas(record []byte) (s policy.Snapshot, v policy.Verdict, err error) {
	var w was
	if err := json.Unmarshal(record, &w); err != nil {
		return s, v, err
	}
	s.Request.BaseBranch, v.Unwarned = w.Branch, w.Outcome
	for i := range w.Paths {
		s.Request.Files = append(s.Request.Files, pull.File{Content: pull.Content{Path: fmt.Sprint(w.From + i)}})
	}
	return s, v, nil
}

// mergedRuns are pull requests that were merged with some records, the last first.
func mergedRuns(t *testing.T, records ...was) *knownRuns {
	t.Helper()
	runs := &knownRuns{bodies: map[int][]byte{}, judged: map[int][]byte{}}
	for i, w := range records {
		body, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		n := i + 1
		runs.closed = append(runs.closed, history.PullState{Ref: pull.Ref{Repo: linux, Number: n}})
		runs.bodies[n], runs.judged[n] = []byte(seenMerged), body
	}
	return runs
}

func repeated(n int, w was) []was {
	list := make([]was, n)
	for i := range list {
		list[i] = w
	}
	return list
}

// TestMergedIsBounded holds that a proposal judges so many merged pull requests once more, those
// of its own base branch that were judged.
func TestMergedIsBounded(t *testing.T) {
	t.Parallel()
	one := was{Branch: "main", Outcome: policy.Success}
	large := was{Branch: "main", Outcome: policy.Pending, Padding: make([]byte, maxMergedBytes/4)} // a third more in JSON
	for name, tt := range map[string]struct {
		records []was
		want    int
	}{
		"few":              {repeated(3, one), 3},
		"other branches":   {append(repeated(3, was{Branch: "stable", Outcome: policy.Success}), one), 1},
		"not judged":       {append(repeated(3, was{Branch: "main"}), one), 1},
		"too many":         {repeated(maxMerged+1, one), maxMerged},
		"as many":          {repeated(maxMerged, one), maxMerged},
		"closed":           {append(repeated(maxClosed, was{Branch: "stable", Outcome: policy.Success}), one), 0},
		"a closed fewer":   {append(repeated(maxClosed-1, was{Branch: "stable", Outcome: policy.Success}), one), 1},
		"bytes":            {repeated(4, large), 2},
		"paths":            {[]was{{"main", policy.Success, maxMergedPaths, 0, nil}, one, one}, 3},
		"a path too many":  {[]was{{"main", policy.Success, maxMergedPaths + 1, 0, nil}, one, one}, 1},
		"the same paths":   {[]was{{"main", policy.Success, maxMergedPaths, 0, nil}, {"main", policy.Success, maxMergedPaths, 0, nil}, one}, 3},
		"nothing":          {nil, 0},
		"an error of ours": {[]was{{Branch: "main", Outcome: policy.Error}}, 1},
	} {
		e := New(Config{Runs: mergedRuns(t, tt.records...), Past: readWas, Log: slog.New(slog.DiscardHandler)})
		l := &snapshot.Reading{}
		l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 999}, BaseBranch: "main"}
		got, _, err := e.lastMerged(t.Context(), l)
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d, want %d; %v", name, len(got), tt.want, err)
		}
	}
}

// TestMergedPassesOver holds that a record which can't be read costs the others nothing, and that
// without a store nothing is told.
func TestMergedPassesOver(t *testing.T) {
	t.Parallel()
	one := was{Branch: "main", Outcome: policy.Success}
	runs := mergedRuns(t, one, one, one)
	runs.judged[2] = []byte("torn")
	e := New(Config{Runs: runs, Past: readWas, Log: slog.New(slog.DiscardHandler)})
	l := &snapshot.Reading{}
	l.Snapshot.Request = pull.Request{Ref: pull.Ref{Repo: linux, Number: 999}, BaseBranch: "main"}
	if got, _, err := e.lastMerged(t.Context(), l); err != nil || len(got) != 2 || !got[0].passed {
		t.Errorf("%v, %v", got, err)
	}
	if m, err := New(Config{}).merged(t.Context(), l); err != nil || *m != (policy.MergedWhatIf{}) {
		t.Errorf("%v, %v", m, err)
	}
}
