package forge_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestLineIsBounded holds that of a repository's pull requests that wait for a write so
// many keep their turn however often they come before it, that one more is put at the
// line's end again at each try, and that there is room for it when a turn has passed.
func TestLineIsBounded(t *testing.T) {
	t.Parallel()
	const line = 10_000
	synctest.Test(t, func(t *testing.T) {
		down := false
		p := paced(writes(60), &down)
		told := func(n int) time.Time {
			t.Helper()
			ctx := forge.For(t.Context(), pull.Ref{Repo: refOf(1).Repo, Number: n})
			res, err := p.RoundTrip(request(t, http.MethodPost, "https://forge.example/", "").WithContext(ctx))
			if err == nil {
				res.Body.Close()
				return time.Time{}
			}
			limit, refused := errors.AsType[*forge.LimitError](err)
			if !refused {
				t.Fatal(err)
			}
			return limit.Until
		}
		other := 1_000_000 // uses up what there is
		for told(other).IsZero() {
			other++
		}
		first := told(1)
		for n := 2; n < line; n++ { // other has a place in it
			told(n)
		}
		last, beyond := told(line-1), told(line)
		switch again := told(line); {
		case !told(1).Equal(first) || !told(line-1).Equal(last):
			t.Errorf("told %s and %s, and then %s and %s", first, last, told(1), told(line-1))
		case !beyond.After(last) || !again.After(beyond):
			t.Errorf("beyond the line: told %s and %s, after %s", beyond, again, last)
		}
		<-time.After(time.Until(first) + 5*time.Second)
		for told(other).IsZero() {
			other++
		}
		again := told(line)
		if kept := told(line); again.IsZero() || !kept.Equal(again) {
			t.Errorf("a turn has passed: told %s and %s", again, kept)
		}
	})
}
