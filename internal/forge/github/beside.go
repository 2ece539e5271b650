package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// testMergeAnswer is the commit that merging would give, with its statuses.
type testMergeAnswer struct {
	OID    string `json:"oid"`
	Status *struct {
		Contexts []struct {
			Context string    `json:"context"`
			State   string    `json:"state"`
			At      time.Time `json:"createdAt"`
		} `json:"contexts"`
	} `json:"status"`
}

// testMerge reads it; nil is none.
func (a *testMergeAnswer) testMerge() seam.TestMerge {
	if a == nil {
		return seam.TestMerge{}
	}
	out := seam.TestMerge{Commit: a.OID}
	if a.Status == nil {
		return out
	}
	// Names compare without case, but are listed apart: the latest of them decides. Of
	// two of one second it is not known which that is.
	out.Shows = map[string]policy.Outcome{}
	at := map[string]time.Time{}
	for _, c := range a.Status.Contexts {
		name, shows := strings.ToLower(c.Context), seam.OutcomeOf(strings.ToLower(c.State))
		before, there := out.Shows[name]
		switch {
		case !there || c.At.After(at[name]):
			out.Shows[name], at[name] = shows, c.At
		case c.At.Equal(at[name]) && before != shows:
			out.Shows[name] = ""
		}
	}
	return out
}

// TestMerges implements seam.Beside. Where GitHub refuses a query for its size, it is
// halved; where it does not tell of test merges, there are none.
func (f *Forge) TestMerges(ctx context.Context, repo pull.Repo, numbers []int) (map[int]seam.TestMerge, error) {
	if len(numbers) == 0 || f.refuses("potentialMergeCommit") {
		return nil, nil
	}
	vars := map[string]any{}
	var lines strings.Builder
	for i, n := range numbers {
		fmt.Fprintf(&lines, "p%d: pullRequest(number: %d) { potentialMergeCommit { ...TestMerge } }\n", i, n)
	}
	text := strings.NewReplacer("#vars", "", "#pulls", lines.String()).Replace(besideText)
	var a struct {
		Repository map[string]json.RawMessage `json:"repository"`
	}
	err := f.query(ctx, repo, document(text), vars, &a)
	gone := errors.Is(err, forge.ErrNotFound) // one of them
	if (tooMuch(err) || gone) && len(numbers) > 1 {
		return halves(numbers, func(half []int) (map[int]seam.TestMerge, error) { return f.TestMerges(ctx, repo, half) })
	}
	if gone {
		return map[int]seam.TestMerge{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the test merges of %d pull requests of %s: %w", len(numbers), repo, err)
	}
	out := map[int]seam.TestMerge{}
	for i, n := range numbers {
		var pr *struct {
			TestMerge *testMergeAnswer `json:"potentialMergeCommit"`
		}
		if err := json.Unmarshal(a.Repository["p"+strconv.Itoa(i)], &pr); err != nil {
			return nil, fmt.Errorf("read the test merge of %s#%d: %w", repo, n, err)
		}
		if pr != nil && pr.TestMerge != nil {
			out[n] = pr.TestMerge.testMerge()
		}
	}
	return out, nil
}

var (
	_ seam.Beside     = (*Forge)(nil)
	_ seam.Protection = (*Forge)(nil)
)
