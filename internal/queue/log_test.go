package queue_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/queue"
)

func TestQuietLetsOnlyWarningsThrough(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := queue.Quiet(slog.New(slog.NewTextHandler(&b, nil))).With("job", 1).WithGroup("g")
	log.Info("every five seconds")
	log.Warn("something is wrong")
	if got := b.String(); strings.Contains(got, "five") || !strings.Contains(got, "wrong") || !strings.Contains(got, "job=1") {
		t.Errorf("log:\n%s", got)
	}
}
