package github_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// meddler changes what the server answers: it is given a request, what was sent
// and the answer, and gives what the client gets.
type meddler func(req *http.Request, sent, answer string) string

func (m meddler) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	changed := m(req, string(sent), string(answer))
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	res.Header.Del("Content-Length")
	return res, nil
}

func isGraphQL(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/graphql") }

// walk lists all files below a commit through Trees, level by level, as
// "mode path".
func (w *world) walk(commit string) ([]string, error) {
	type dir struct{ path, id string }
	var out []string
	for level := []dir{{"", commit}}; len(level) > 0; {
		var ids []string
		for _, d := range level {
			ids = append(ids, d.id)
		}
		trees, err := w.app.Trees(w.t.Context(), linux, ids)
		if err != nil {
			return nil, err
		}
		var below []dir
		for _, d := range level {
			for _, e := range trees[d.id] {
				if e.Mode == pull.Directory {
					below = append(below, dir{d.path + e.Name + "/", e.ID})
				} else {
					out = append(out, string(e.Mode)+" "+d.path+e.Name)
				}
			}
		}
		level = below
	}
	slices.Sort(out)
	return out, nil
}

// grow commits one file of each kind and gives the commit and its list.
func (w *world) grow() (commit string, want []string) {
	w.t.Helper()
	commit, err := w.repo.Commit(fake.Change{Branch: "main", Author: "carol", Files: map[string]*fake.File{
		"lib/x.c": {Content: "x"}, "lib.c": {Content: "sorts before lib/"}, "lib0": {Content: "and after"},
		"run": {Content: "#!", Mode: pull.Executable}, "link": {Content: "run", Mode: pull.Symlink},
		"sub": {Content: strings.Repeat("a", 40), Mode: pull.Submodule},
	}})
	check(w.t, err)
	return commit, []string{"100644 .github/review-gate.yml", "100644 a.c", "100644 b.c", "100644 lib.c", "100644 lib/x.c", "100644 lib0",
		"100755 run", "120000 link", "160000 sub"}
}

func TestTrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	commit, want := w.grow()
	got, err := w.walk(commit)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	trees, err := w.app.Trees(t.Context(), linux, []string{commit, commit})
	check(t, err)
	if len(trees) != 1 {
		t.Errorf("%d trees for one id", len(trees))
	}
	_, err = w.app.Trees(t.Context(), linux, []string{commit, strings.Repeat("1", 40)})
	wantKind(t, err, forge.ErrNotFound)
}

// TestTreesOfStrangeNames holds that names which are no UTF-8 come whole,
// although JSON can't carry them.
func TestTreesOfStrangeNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.commit("main", "carol", map[string]string{"d/\xff\xfe.c": "x", "d/caf\u00e9.c": "y"})
	got, err := w.walk(w.repo.Tip("main"))
	check(t, err)
	if !slices.Contains(got, "100644 d/\xff\xfe.c") || !slices.Contains(got, "100644 d/caf\u00e9.c") {
		t.Errorf("%q", got)
	}
}

// TestTreesHoldListsToGit holds that a list which lost an entry on its way is
// asked for again, and never taken.
func TestTreesHoldListsToGit(t *testing.T) {
	t.Parallel()
	cut := func(answer string) string {
		answer = strings.ReplaceAll(answer, `"name":"lib.c"`, `"name":"lib.d"`)
		answer = strings.ReplaceAll(answer, `"nameRaw":"bGliLmM="`, `"nameRaw":"bGliLmQ="`)
		return strings.ReplaceAll(answer, `"path":"lib.c"`, `"path":"lib.d"`)
	}
	w := newWorld(t, meddler(func(req *http.Request, _, answer string) string {
		if isGraphQL(req) {
			return cut(answer)
		}
		return answer
	}))
	commit, want := w.grow()
	got, err := w.walk(commit)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read by REST (-want +got):\n%s", diff)
	}
	lossy := func(answer string) string { return strings.ReplaceAll(cut(answer), "lib.d", `lib\ufffd.c`) }
	w = newWorld(t, meddler(func(_ *http.Request, _, answer string) string { return lossy(answer) }))
	commit, _ = w.grow()
	if _, err := w.walk(commit); err == nil || !strings.Contains(err.Error(), "git's own id") {
		t.Errorf("a wrong list everywhere: %v", err)
	}
	w = newWorld(t, meddler(func(req *http.Request, _, answer string) string {
		if isGraphQL(req) {
			return `{"data":{"repository":{}}}`
		}
		return strings.ReplaceAll(answer, `"truncated":false`, `"truncated":true`)
	}))
	commit, _ = w.grow()
	if _, err := w.walk(commit); err == nil {
		t.Error("a truncated list passes")
	}
}

// TestTreesThatAreTooMuch holds that a refused query is halved, and that REST
// reads what GraphQL refuses alone.
func TestTreesThatAreTooMuch(t *testing.T) {
	t.Parallel()
	limit := 4
	w := newWorld(t, meddler(func(req *http.Request, sent, answer string) string {
		if isGraphQL(req) && strings.Count(sent, ": GitObjectID!") > limit {
			return `{"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits for this query exceeded."}]}`
		}
		return answer
	}))
	texts := map[string]string{}
	for i := range 120 {
		texts[fmt.Sprintf("d%03d/f.c", i)] = "x\n"
	}
	commit := w.commit("main", "carol", texts)
	got, err := w.walk(commit)
	check(t, err)
	if len(got) != 123 {
		t.Errorf("%d files", len(got))
	}
	w = newWorld(t, meddler(func(req *http.Request, sent, answer string) string {
		if isGraphQL(req) && strings.Contains(sent, "entries") {
			return `{"errors":[{"message":"Something went wrong"}]}`
		}
		return answer
	}))
	commit, want := w.grow()
	got, err = w.walk(commit)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by REST alone (-want +got):\n%s", diff)
	}
}

// differ counts the files in which two commits differ, level by level, reading
// only directories that differ.
func (w *world) differ(a, b string) int {
	w.t.Helper()
	files := 0
	for level := [][2]string{{a, b}}; len(level) > 0; {
		var ids []string
		for _, pair := range level {
			ids = append(ids, pair[:]...)
		}
		trees, err := w.app.Trees(w.t.Context(), linux, ids)
		check(w.t, err)
		var below [][2]string
		for _, pair := range level {
			before := map[string]gittree.Entry{}
			for _, e := range trees[pair[0]] {
				before[e.Name] = e
			}
			for _, e := range trees[pair[1]] {
				switch old := before[e.Name]; {
				case old == e:
				case e.Mode == pull.Directory:
					below = append(below, [2]string{old.ID, e.ID})
				default:
					files++
				}
			}
		}
		level = below
	}
	return files
}

// TestTreesInFewCalls counts what it costs to hold a large change against its
// trees.
func TestTreesInFewCalls(t *testing.T) {
	t.Parallel()
	for files, most := range map[int]int{3000: 10, 10_000: 29} {
		w := newWorld(t, nil)
		texts := map[string]string{}
		commit := func(word string) string {
			for i := range files {
				dir := i % (files / 15)
				texts[fmt.Sprintf("d%02d/s%03d/f%d.c", dir%20, dir, i)] = fmt.Sprint(word, i)
			}
			return w.commit("main", "carol", texts)
		}
		a, b := commit("old"), commit("new")
		w.ResetCalls()
		if got := w.differ(a, b); got != files {
			t.Errorf("%d files differ of %d", got, files)
		}
		calls, points := 0, 0
		for _, c := range w.Calls() {
			if c.Pattern == "/graphql" || strings.Contains(c.Pattern, "/git/trees/") {
				calls, points = calls+1, points+c.Points
			}
		}
		t.Logf("%d files in %d directories: %d calls of %d points", files, files/15+20, calls, points)
		if calls > most {
			t.Errorf("%d files in %d calls", files, calls)
		}
	}
}

// history builds commits by name: each with the names of its parents.
func (w *world) history(lines ...string) map[string]string {
	w.t.Helper()
	ids := map[string]string{}
	for _, line := range lines {
		names := strings.Fields(line)
		c := fake.Change{Branch: "history-" + names[0], Author: "carol", Message: line,
			Files: map[string]*fake.File{names[0]: {Content: line}}}
		if len(names) > 1 {
			c.From = ids[names[1]]
		}
		for _, p := range names[min(2, len(names)):] {
			c.Parents = append(c.Parents, ids[p])
		}
		id, err := w.repo.Commit(c)
		check(w.t, err)
		ids[names[0]] = id
	}
	return ids
}

func TestMergeBases(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		history []string
		a, b    string
		want    string
	}{
		"a branch":               {[]string{"o", "m o", "t o", "h t"}, "m", "h", "o"},
		"itself":                 {[]string{"o"}, "o", "o", "o"},
		"an ancestor":            {[]string{"o", "m o"}, "m", "o", "o"},
		"a descendant":           {[]string{"o", "m o", "h m"}, "o", "h", "o"},
		"the base merged in":     {[]string{"o", "m1 o", "m2 m1", "t o", "h t m1"}, "m2", "h", "m1"},
		"merged in thrice":       {[]string{"o", "m1 o", "m2 m1", "m3 m2", "m4 m3", "t o", "u t m1", "v u m2", "h v m3"}, "m4", "h", "m3"},
		"crossed":                {[]string{"o", "x o", "y o", "m x y", "h y x"}, "m", "h", "x y"},
		"crossed, one forgotten": {[]string{"o", "x o", "y o", "z y", "m x z", "h z x y"}, "m", "h", "x z"},
		"three":                  {[]string{"o", "x o", "y o", "z o", "m x y z", "h z y x"}, "m", "h", "x y z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			ids := w.history(tt.history...)
			var want []string
			for name := range strings.FieldsSeq(tt.want) {
				want = append(want, ids[name])
			}
			slices.Sort(want)
			for range 2 { // once more from what is kept
				got, err := w.app.MergeBases(t.Context(), linux, ids[tt.a], ids[tt.b])
				check(t, err)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("of %v (-want +got):\n%s", slices.Sorted(maps.Keys(ids)), diff)
				}
			}
			compares := 0
			for _, c := range w.Calls() {
				if strings.Contains(c.Pattern, "/compare/") {
					compares++
				}
			}
			if compares > 4 {
				t.Errorf("%d calls", compares)
			}
		})
	}
}

// TestMergeBasesOfAnything holds the merge bases of random histories to the
// definition: the common ancestors that are no ancestor of another one.
func TestMergeBasesOfAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	crossed := 0
	for round := range 25 {
		var lines, names []string
		above := map[string]map[string]bool{} // ancestors, with itself
		for i := range 14 {
			name := fmt.Sprintf("r%dc%d", round, i)
			parents := map[string]bool{}
			for range min(i, 1+rng.IntN(3)) {
				parents[names[max(0, i-1-rng.IntN(6))]] = true
			}
			above[name] = map[string]bool{name: true}
			for p := range parents {
				maps.Copy(above[name], above[p])
			}
			lines = append(lines, strings.Join(append([]string{name}, slices.Sorted(maps.Keys(parents))...), " "))
			names = append(names, name)
		}
		ids := w.history(lines...)
		for range 6 {
			a, b := names[9+rng.IntN(5)], names[9+rng.IntN(5)]
			var want []string
			for c := range above[a] {
				best := above[b][c]
				for o := range above[a] {
					best = best && (o == c || !above[b][o] || !above[o][c])
				}
				if best {
					want = append(want, ids[c])
				}
			}
			slices.Sort(want)
			got, err := w.app.MergeBases(t.Context(), linux, ids[a], ids[b])
			check(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s and %s in\n%s\n(-want +got):\n%s", a, b, strings.Join(lines, "\n"), diff)
			}
			if len(want) > 1 {
				crossed++
			}
		}
	}
	if crossed < 5 {
		t.Errorf("only %d pairs have several merge bases", crossed)
	}
}

// TestMergeBasesOfManyMeetings holds that a branch into which its base was
// merged day by day is understood, and that one which crossed its base at more
// places than anybody can look at is refused with advice.
func TestMergeBasesOfManyMeetings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	lines := []string{"o", "m0 o", "t0 o"}
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("m%d m%d", i+1, i), fmt.Sprintf("t%d t%d m%d", i+1, i, i+1))
	}
	crossing := []string{"o", "a o", "b o"}
	for i := range 31 {
		crossing = append(crossing, fmt.Sprintf("x%d o", i), fmt.Sprintf("a a x%d", i), fmt.Sprintf("b b x%d", i))
	}
	ids := w.history(lines...)
	got, err := w.app.MergeBases(t.Context(), linux, ids["m40"], ids["t40"])
	if err != nil || !slices.Equal(got, []string{ids["m40"]}) {
		t.Errorf("%v, %v", got, err)
	}
	ids = w.history(crossing...)
	if got, err := w.app.MergeBases(t.Context(), linux, ids["a"], ids["b"]); err == nil || !strings.Contains(err.Error(), "rebase") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestMergeBasesOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	orphan, err := w.repo.Orphan("alone", "carol", map[string]*fake.File{"x": {Content: "x"}})
	check(t, err)
	got, err := w.app.MergeBases(t.Context(), linux, w.repo.Tip("main"), orphan)
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = w.app.MergeBases(t.Context(), linux, w.repo.Tip("main"), strings.Repeat("1", 40))
	wantKind(t, err, forge.ErrNotFound)
}

// TestMergeBasesNeedTheWholeList holds that a list of commits which is shorter
// than its count is an error, and that a long one is read.
func TestMergeBasesNeedTheWholeList(t *testing.T) {
	t.Parallel()
	lie := false
	w := newWorld(t, meddler(func(req *http.Request, _, answer string) string {
		if lie && strings.Contains(req.URL.Path, "/compare/") {
			return strings.ReplaceAll(answer, `"total_commits":260`, `"total_commits":261`)
		}
		return answer
	}))
	base := w.repo.Tip("main")
	for i := range 260 {
		w.commit("long", "dave", map[string]string{"a.c": fmt.Sprint(i, "\n")})
	}
	got, err := w.app.MergeBases(t.Context(), linux, base, w.repo.Tip("long"))
	if err != nil || !slices.Equal(got, []string{base}) {
		t.Errorf("%v, %v", got, err)
	}
	lie = true
	w.commit("main", "carol", map[string]string{"b.c": "new"}) // nothing is kept of the new tip
	if got, err := w.app.MergeBases(t.Context(), linux, w.repo.Tip("main"), w.repo.Tip("long")); err == nil {
		t.Errorf("%v from 260 commits of 261", got)
	}
}
