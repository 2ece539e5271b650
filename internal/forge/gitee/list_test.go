package gitee

import (
	"fmt"
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
