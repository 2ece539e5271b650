package gitee

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestKnownAreBounded holds that what is remembered of repositories is bounded, and that it
// is forgotten after a while: rights are given and taken.
func TestKnownAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_790_000_000, 0)
	f, err := New(Config{Kind: Kind, Token: "t", Content: nothing{}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	repo := func(n int) pull.Repo { return pull.Repo{Owner: "acme", Name: fmt.Sprint(n)} }
	for n := range maxKnown + 1 {
		f.note(repo(n), func(m *repoMemory) { m.way = byLabel })
	}
	if len(f.known) > maxKnown || f.recall(repo(maxKnown)).way != byLabel {
		t.Errorf("%d are known", len(f.known))
	}
	now = now.Add(knownFor + time.Second)
	f.note(repo(0), func(*repoMemory) {})
	if len(f.known) != 1 || f.recall(repo(maxKnown)).way != "" {
		t.Errorf("%d are known after a while", len(f.known))
	}
}

// TestCrowd holds that pull requests of one head are told of by one list for all parts of one
// question, with whose they are and from where, and by another one later.
func TestCrowd(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, Kind, nil)
	now := time.Now()
	f.cfg.Now = func() time.Time { return now }
	lists := func() int { return strings.Count(strings.Join(s.wroteAndRead(), "\n")+"\n", "GET pulls\n") }
	for _, numbers := range [][]int{{3, 4}, {5, 3}, {6}} {
		glances, err := f.Crowd(t.Context(), request.Repo, numbers)
		if err != nil || len(glances) != map[bool]int{true: 1}[slices.Contains(numbers, 3)] {
			t.Fatalf("%v: %v, %v", numbers, glances, err)
		}
		if r := glances[3].Request; numbers[0] == 3 && (!r.Open || r.Head != headOne || r.BaseBranch != "main" || r.Author.Login != "dave" ||
			r.HeadBranch != "topic" || r.Ref != request) {
			t.Errorf("%+v", r)
		}
	}
	if n := lists(); n != 1 {
		t.Errorf("%d lists", n)
	}
	now = now.Add(crowdFor + time.Second)
	if _, err := f.Crowd(t.Context(), request.Repo, []int{3}); err != nil || lists() != 1 {
		t.Errorf("no other list later, %v", err)
	}
	s.denied["GET pulls"] = http.StatusBadGateway
	if _, err := f.Crowd(t.Context(), pull.Repo{Forge: "site", Owner: "acme", Name: "other"}, []int{3}); err == nil {
		t.Error("a list that can't be read is no error")
	}
}
