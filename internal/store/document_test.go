package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestDocumentsComeBack holds that what is written is read again, as it was and
// with nothing of what stood there before.
func TestDocumentsComeBack(t *testing.T) {
	t.Parallel()
	head := pull.Head{ID: "h", BaseBranch: "main", SeenAt: time.Unix(1, 0).In(time.FixedZone("", 3600)),
		Files: []pull.Content{{Path: "a", Status: pull.Added}}}
	packed, err := PackHead(&head)
	if err != nil {
		t.Fatal(err)
	}
	got := pull.Head{Count: 7, Past: true}
	if err := UnpackHead(packed, &got); err != nil {
		t.Fatal(err)
	}
	head.SeenAt = head.SeenAt.UTC()
	if diff := cmp.Diff(head, got); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
}

// TestDocumentsOfALaterVersion holds that what a later version wrote is an
// error, and not read as something else.
func TestDocumentsOfALaterVersion(t *testing.T) {
	t.Parallel()
	packed, err := Pack([]byte(`{"v":1000,"id":"h"}`))
	if err != nil {
		t.Fatal(err)
	}
	var head pull.Head
	if err := UnpackHead(packed, &head); err == nil || !strings.Contains(err.Error(), "written by a later version of reviewgate") {
		t.Error(err)
	}
	if head.ID != "" {
		t.Errorf("%+v", head)
	}
}
