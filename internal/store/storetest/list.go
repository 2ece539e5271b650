package storetest

import (
	"fmt"
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// listsApart holds that lists of files come back as they were, whether they were stored
// whole or by their difference, that equal ones have one name, and that one is forgotten
// only where none refers to it.
func listsApart(t *testing.T, s Store) {
	var first []pull.Content
	for i := range 300 {
		first = append(first, pull.Content{Path: fmt.Sprintf("mm/%03d.c", i), Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular,
			OldID: fmt.Sprint("old", i), ID: fmt.Sprint("new", i)})
	}
	edited := append([]pull.Content(nil), first...)
	edited[7].ID, edited[8].ID = "x", "y"
	fewer := append(append([]pull.Content{{Path: "a", Status: pull.Added, Mode: pull.Regular, ID: "a"}}, first[200:]...), first[:50]...)
	heads := []pull.Head{
		{ID: "h1", Files: first, Hidden: []string{"mm/003.c"}, SeenAt: at(1), Complete: true},
		{ID: "h2", Files: edited, SeenAt: at(2), Complete: true},
		{ID: "h3", Files: fewer, SeenAt: at(3), Complete: true},
		{ID: "h4", Files: edited, SeenAt: at(4), Complete: true},
		{ID: "h5", SeenAt: at(5), Complete: true},
	}
	for i := range heads {
		check(t, s.Remember(t.Context(), ref(1), history.Update{Head: &heads[i]}))
	}
	same(t, "heads", heads, recall(t, s, ref(1)).Heads)
	m, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	var names []string
	for i, h := range m.Heads {
		same(t, "files of "+h.ID, 0, len(h.Files))
		same(t, "has a list", i < 4, h.List != "")
		names = append(names, h.List)
	}
	same(t, "equal lists have one name", names[1], names[3])
	more := pull.Head{ID: "h6", Files: first[:3], SeenAt: at(6)}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Head: &more, Forget: []string{names[0], names[1], "none"}}))
	left, err := s.Lists(t.Context(), ref(1), names[:4])
	check(t, err)
	same(t, "the list that others refer to stays", true, len(left[names[0]].Files) == len(first))
	_, kept := left[names[1]]
	same(t, "a forgotten list is kept", false, kept)
	same(t, "the rest", fewer, left[names[2]].Files)
	other, err := s.Lists(t.Context(), ref(2), names[:4])
	check(t, err)
	same(t, "lists of another pull request", 0, len(other))
}
