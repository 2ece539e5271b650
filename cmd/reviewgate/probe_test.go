package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// probing runs the command on a double, with what is typed, and returns how it ended and what it
// printed.
func probing(ctx context.Context, stdin io.Reader, args ...string) (code int, out, errs string) {
	var stdout, stderr strings.Builder
	code = run(ctx, append([]string{"probe"}, args...), stdin, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// scratch is a double with a repository that nothing happened in, and a file of the token.
func scratch(t *testing.T) (g giteetest.Gitee, token string) {
	t.Helper()
	gittest.Need(t)
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/scratch", map[string]string{"README": "hello\n"}
	g = giteetest.NewGitee(t, fake.New(time.Now), rest.Options{}, cast)
	token = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("token-gate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return g, token
}

// TestProbe holds that the command says what it will do and does nothing before the repository's
// name is typed, that the report is all that it prints to its output, and that the token is in
// neither.
func TestProbe(t *testing.T) {
	t.Parallel()
	g, token := scratch(t)
	config := filepath.Join(filepath.Dir(token), "reviewgate.yml")
	text := "forges:\n  - {name: ours, kind: gitee, token_file: token, api_url: " + g.URL + "/api/v5/, webhook_secret_file: token}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	direct := []string{"--repo", "acme/scratch", "--token-file", token, "--api-url", g.URL + "/api/v5"}
	served := []string{"--repo", "acme/scratch", "--config", config, "--forge", "ours", "--language", "zh-CN"}
	for _, typed := range []string{"", "acme/linux\n", "yes\n"} {
		code, out, errs := probing(t.Context(), strings.NewReader(typed), direct...)
		if code != exitError || out != "" || !strings.Contains(errs, "close the pull requests") || !strings.Contains(errs, "nothing was done") {
			t.Errorf("%q: %d\n%s\n%s", typed, code, out, errs)
		}
	}
	for _, call := range g.Calls() {
		if call.Method != http.MethodGet {
			t.Errorf("not asked, and sent %s %s", call.Method, call.Path)
		}
	}
	for name, c := range map[string]struct {
		typed string
		args  []string
		says  string
	}{
		"typed": {"acme/scratch\n", direct, "Does a push reset"}, "yes": {"", append(served, "--yes"), "推送是否重置"},
	} {
		code, out, errs := probing(t.Context(), strings.NewReader(c.typed), c.args...)
		if code != exitPass || !strings.Contains(out, c.says) || strings.Contains(out+errs, "token-gate") || strings.Contains(out, "acme") {
			t.Errorf("%s: %d\n%s\n%s", name, code, out, errs)
		}
	}
	if n := len(g.Repo.PullRequests()); n != 8 {
		t.Errorf("%d pull requests", n)
	}
}

// TestProbeUnasked holds that an interrupt ends the waiting for a name, and what is refused.
func TestProbeUnasked(t *testing.T) {
	t.Parallel()
	g, token := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	g.OnCall(func(a rest.Answered) {
		if a.Pattern == "/repos/{owner}/{repo}/pulls" {
			cancel()
		}
	})
	typing, _ := io.Pipe() // nothing comes
	args := []string{"--repo", "acme/scratch", "--token-file", token, "--api-url", g.URL + "/api/v5"}
	if code, out, errs := probing(ctx, typing, args...); code != exitError || out != "" || !strings.Contains(errs, "canceled") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
	for says, args := range map[string][]string{
		"write gitee or gitcode": {"--forge", "github", "--repo", "a/b"}, "no token: set GITCODE_TOKEN": {"--forge", "gitcode", "--repo", "a/b"},
		"read token": {"--repo", "a/b", "--token-file", token + "-not"}, "want owner/name": {"--repo", "a", "--token-file", token},
		"configures no Gitee": {"--config", filepath.Join("testdata", "none.yml"), "--repo", "a/b"},
	} {
		if says == "configures no Gitee" {
			args[1] = filepath.Join(filepath.Dir(token), "reviewgate.yml")
			text := "forges:\n  - {name: gitee, kind: gitea, token_file: token, api_url: https://git.example/api/v1/, webhook_secret_file: token}\n"
			if err := os.WriteFile(args[1], []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if code, _, errs := probing(t.Context(), strings.NewReader(""), args...); code != exitError || !strings.Contains(errs, says) {
			t.Errorf("%s: %d %s", says, code, errs)
		}
	}
}
