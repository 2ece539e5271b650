package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestTrailers prints who reviewed, once there is somebody, and writes it into the comment of
// an open gate.
func TestTrailers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\npeople: people.yml\n", files: map[string]string{
		"people.yml": "version: 1\npeople:\n  - {key: a, name: Alice Li, emails: [alice@corp.example], logins: {github: alice}}\n"}})
	token := w.dir + "/token"
	check0(t, writePrivate(token, []byte("token-alice")))
	ask := func() (int, string) {
		var out, problems bytes.Buffer
		args := []string{"trailers", "--api-url", w.server.URL + "/", "--token-file", token, "--repo", "acme/linux", "--pr", "1"}
		code := run(t.Context(), args, nil, &out, &problems)
		return code, out.String() + problems.String()
	}
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	if code, text := ask(); code != exitFail || strings.Contains(text, "Reviewed-by") {
		t.Errorf("before a review: exit %d\n%s", code, text)
	}
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	const line = "Reviewed-by: Alice Li <alice@corp.example>\n"
	if code, text := ask(); code != exitPass || !strings.HasPrefix(text, line) || strings.Count(text, line) != 2 {
		t.Errorf("exit %d\n%s", code, text)
	}
	w.quiet()
	comments := pr.Comments()
	if len(comments) == 0 || !strings.Contains(comments[len(comments)-1].Body, line) {
		t.Errorf("the comment lacks them: %+v", comments)
	}
}
