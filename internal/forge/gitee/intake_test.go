package gitee

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// vector is a signed delivery.
type vector struct {
	Secret    string
	Timestamp string            `json:"timestamp_ms"`
	Token     string            `json:"x_gitee_token"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body_base64"`
	Signed    map[string]string `json:"headers_signed"`
	Password  map[string]string `json:"headers_password"`
}

func readVector(t *testing.T, kind string) (v vector) {
	t.Helper()
	if err := json.Unmarshal(readShared(t, kind+"/signature-vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func headerOf(pairs map[string]string) http.Header {
	h := http.Header{}
	for name, value := range pairs {
		h.Set(name, value)
	}
	return h
}

// takes returns the key of a delivery; empty where it is refused.
func takes(t *testing.T, in webhook.Intake, header http.Header, now time.Time, body string) string {
	t.Helper()
	proof, err := in.Verify(header, now)
	if err != nil {
		if !errors.Is(err, webhook.ErrUnsigned) {
			t.Errorf("refused by %v", err)
		}
		return ""
	}
	for _, part := range []string{body[:len(body)/2], body[len(body)/2:]} {
		if _, err := proof.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	key, err := proof.Key()
	if err != nil {
		return ""
	}
	return key
}

func intakeOf(t *testing.T, kind, mode, secret string) webhook.Intake {
	t.Helper()
	f, err := New(Config{Name: "site", Kind: kind, Token: "t", WebhookMode: mode, Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Intake(nil); err == nil {
		t.Error("an empty secret is taken")
	}
	in, err := f.Intake([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestGiteeSignature holds Gitee's two modes: what they take, for how long, and that a
// delivery counts once.
func TestGiteeSignature(t *testing.T) {
	t.Parallel()
	v := readVector(t, Kind)
	at := time.UnixMilli(1790000000000)
	in := intakeOf(t, Kind, "", v.Secret)
	signed := headerOf(v.Headers)
	signed.Set("X-Gitee-Token", v.Token)
	const body = `{"hook_id":788005,"number":3}`
	key := takes(t, in, signed, at, body)
	if key == "" || strings.Contains(key, v.Token) {
		t.Errorf("the vector has the key %q", key)
	}
	if again := takes(t, in, signed, at.Add(time.Minute), body); again != key {
		t.Errorf("sent again it has the key %q", again)
	}
	if other := takes(t, in, signed, at, `{"hook_id":788005,"number":4}`); other == key || other == "" {
		t.Errorf("another one of the same moment has the key %q", other)
	}
	for name, c := range map[string]struct {
		header func(http.Header)
		at     time.Time
	}{
		"old":            {func(http.Header) {}, at.Add(freshFor + time.Second)},
		"of the future":  {func(http.Header) {}, at.Add(-freshFor - time.Second)},
		"another time":   {func(h http.Header) { h.Set("X-Gitee-Timestamp", "1790000000001") }, at},
		"no time":        {func(h http.Header) { h.Del("X-Gitee-Timestamp") }, at},
		"no signature":   {func(h http.Header) { h.Del("X-Gitee-Token") }, at},
		"the secret":     {func(h http.Header) { h.Set("X-Gitee-Token", v.Secret) }, at},
		"not whole":      {func(h http.Header) { h.Set("X-Gitee-Token", v.Token[:20]) }, at},
		"another's form": {func(h http.Header) { h.Set("X-Gitee-Token", "sha256="+v.Token) }, at},
	} {
		header := signed.Clone()
		c.header(header)
		if key := takes(t, in, header, c.at, body); key != "" {
			t.Errorf("%s: taken as %q", name, key)
		}
	}
	word := intakeOf(t, Kind, Password, v.Secret)
	if takes(t, word, signed, at, body) != "" {
		t.Error("a signature passes for the password")
	}
	header := signed.Clone()
	header.Set("X-Gitee-Token", v.Secret)
	if key := takes(t, word, header, at, body); key == "" || strings.Contains(key, v.Secret) {
		t.Errorf("the password has the key %q", key)
	}
	if takes(t, word, header, at.Add(time.Hour), body) != "" {
		t.Error("an old password is taken")
	}
}

// TestGitCodeSignature holds GitCode's: its signature covers the body, and each delivery has
// a number.
func TestGitCodeSignature(t *testing.T) {
	t.Parallel()
	v := readVector(t, KindGitCode)
	data, err := base64.StdEncoding.DecodeString(v.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, number := string(data), v.Signed["X-GitCode-Delivery"]
	signed, word := intakeOf(t, KindGitCode, Signature, v.Secret), intakeOf(t, KindGitCode, Password, v.Secret)
	for name, c := range map[string]struct {
		in     webhook.Intake
		header map[string]string
		body   string
		want   string
	}{
		"signed":                   {signed, v.Signed, body, number},
		"another body":             {signed, v.Signed, body + " ", ""},
		"the password, by mode":    {signed, v.Password, body, ""},
		"password":                 {word, v.Password, body, number},
		"a signature, by mode":     {word, v.Signed, body, ""},
		"another word":             {word, map[string]string{"X-GitCode-Token": "loopback", "X-GitCode-Delivery": "1"}, body, ""},
		"nothing, where a word is": {word, nil, body, ""},
	} {
		if got := takes(t, c.in, headerOf(c.header), time.Now(), c.body); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestDeliveriesOfOneMoment tells deliveries apart that were signed in one millisecond, and
// one from none wherever its body is divided.
func TestDeliveriesOfOneMoment(t *testing.T) {
	t.Parallel()
	key := func(parts ...string) string {
		t.Helper()
		s := &stamped{"1", "t", sha256.New()}
		for _, part := range parts {
			if _, err := s.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		key, err := s.Key()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	const push, pull = `{"hook_id":788005,"hook_name":"push_hooks"}`, `{"hook_id":788005,"hook_name":"merge_request_hooks"}`
	if key(push) == key(pull) {
		t.Error("a push and what it means for a pull request are one")
	}
	for at := range len(push) {
		if key(push[:at], push[at:]) != key(push) {
			t.Fatalf("divided at %d it is another one", at)
		}
	}
}

// hintsOf decodes a delivery, and returns what it hints at.
func hintsOf(t *testing.T, f *Forge, header map[string]string, body string) []webhook.Hint {
	t.Helper()
	event, err := f.Decode(headerOf(header), []byte(body))
	if err != nil {
		t.Errorf("%s: %v", body, err)
	}
	return event.Hints
}

// TestRecordedDeliveries decodes every recorded delivery, by both spellings of its name.
func TestRecordedDeliveries(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Name: "site", Kind: Kind, Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	readShared(t, "gitee/events.json")
	words := map[string]string{"pr": "Merge Request Hook", "note": "Note Hook", "push": "Push Hook", "tag": "Tag Push Hook",
		"issue": "Issue Hook"}
	want := map[string]int{
		"pr_open": 9, "pr_update": 9, "pr_labeled": 9, "pr_unlabeled": 9, "pr_close": 7, "pr_merge": 9, "push": -1, "push_branch_create": -1,
		"push_branch_delete": -1, "note_hook_pr_comment": 0, "note_hook_issue_comment": 0, "tag_create": 0, "tag_delete": 0,
		"issue_hook_open": 0, "issue_hook_assign": 0, "issue_hook_delete": 0, "issue_hook_state_change": 0,
	}
	files, err := os.ReadDir(filepath.Join(shared, "gitee", "webhooks"))
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d recorded deliveries, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		kind, _, _ := strings.Cut(name, "_")
		body := string(readShared(t, "gitee/webhooks/"+file.Name()))
		var told struct {
			Hook string `json:"hook_name"`
		}
		if err := json.Unmarshal([]byte(body), &told); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{words[kind], told.Hook} {
			hints := hintsOf(t, f, map[string]string{"X-Gitee-Event": word}, body)
			got := 0
			if len(hints) == 1 {
				if h := hints[0]; h.Repo.Name == "" || h.RepoID == 0 || !h.UpdatedAt.IsZero() || h.At != "" {
					t.Errorf("%s: %+v", name, h)
				}
				if got = hints[0].Number; hints[0].Branch != "" {
					got = -1
				}
			}
			if (want[name] == 0) != (got == 0) || want[name] < 0 && got != -1 || want[name] > 0 && got <= 0 {
				t.Errorf("%s as %q: hints at %d, want %d", name, word, got, want[name])
			}
		}
	}
}

// TestEvents holds what hints at what: an action that is not known means to look again, and
// our own comments do not.
func TestEvents(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Name: "site", Kind: Kind, Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	f.self = &rest.User{ID: "7", Login: "gate"}
	const at = `"project":{"id":1,"path_with_namespace":"acme/linux","name":"The Kernel","default_branch":"main"}`
	pulls, notes, pushes := map[string]string{"X-Gitee-Event": "Merge Request Hook"}, map[string]string{"X-Gitee-Event": "note_hooks"},
		map[string]string{"X-Gitee-Event": "Push Hook"}
	of := func(change func(*webhook.Hint)) []webhook.Hint {
		h := webhook.Hint{Repo: request.Repo, RepoID: 1}
		change(&h)
		return []webhook.Hint{h}
	}
	third := of(func(h *webhook.Hint) { h.Number = 3 })
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   []webhook.Hint
	}{
		"an approval":        {pulls, `{"action":"approved",` + at + `,"number":3}`, third},
		"any action":         {pulls, `{"action":"sung",` + at + `,"pull_request":{"number":3}}`, third},
		"by its body's word": {nil, `{"hook_name":"merge_request_hooks",` + at + `,"number":3}`, third},
		"a command":          {notes, `{"action":"comment","note":"/recheck",` + at + `,"pull_request":{"number":3}}`, third},
		"a command of a number": {notes, `{"action":"comment","note":"/recheck","comment":{"id":"12","body":"/recheck"},` + at + `,"pull_request":{"number":3}}`,
			of(func(h *webhook.Hint) { h.Number, h.Review = 3, &pull.Told{Review: 12, State: pull.Spoken} })},
		"one that is deleted": {notes, `{"action":"deleted","comment":{"id":12,"body":"/recheck"},` + at + `,"pull_request":{"number":3}}`,
			of(func(h *webhook.Hint) {
				h.Number, h.Review = 3, &pull.Told{Review: 12, State: pull.Spoken, Dismissed: true}
			})},
		"talk":                {notes, `{"action":"comment","note":"hello",` + at + `,"pull_request":{"number":3}}`, nil},
		"edited talk":         {notes, `{"action":"edited","note":"hello",` + at + `,"pull_request":{"number":3}}`, third},
		"deleted talk":        {notes, `{"action":"deleted","comment":{"body":"hello"},` + at + `,"pull_request":{"number":3}}`, third},
		"our own command":     {notes, `{"action":"comment","note":"/recheck","sender":{"id":7},` + at + `,"pull_request":{"number":3}}`, third},
		"our own, by name":    {notes, `{"action":"comment","note":"/recheck","sender":{"id":7,"login":"gate"},` + at + `,"pull_request":{"number":3}}`, nil},
		"on an issue":         {notes, `{"action":"comment","note":"/recheck",` + at + `,"issue":{"number":"I1"}}`, nil},
		"a push":              {pushes, `{"ref":"refs/heads/main","before":"` + headOne + `","total_commits_count":1,` + at + `}`, of(func(h *webhook.Hint) { h.Branch, h.Default = "main", true })},
		"a rewritten branch":  {pushes, `{"ref":"refs/heads/wip","before":"` + headOne + `","total_commits_count":0,` + at + `}`, of(func(h *webhook.Hint) { h.Branch, h.Rewritten = "wip", true })},
		"a tag":               {pushes, `{"ref":"refs/tags/v1",` + at + `}`, nil},
		"a run of somebody's": {nil, `{"action":"completed","check_run":{"name":"review-gate","head_sha":"abc"},` + at + `}`, of(func(h *webhook.Hint) { h.Head, h.Check = "abc", "review-gate" })},
		"a run asked for":     {nil, `{"action":"rerequested","check_run":{"name":"review-gate","head_sha":"abc"},` + at + `}`, of(func(h *webhook.Hint) { h.Head = "abc" })},
		"no repository":       {pulls, `{"action":"open","number":3}`, nil},
	} {
		if diff := cmp.Diff(c.want, hintsOf(t, f, c.header, c.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, c := range []struct{ kind, body string }{
		{"application/x-www-form-urlencoded", "payload=%7B%7D"}, {"application/json", "payload="}, {"application/json", `{"project":{"path_with_namespace":"x"}}`},
	} {
		header := headerOf(pulls)
		header.Set("Content-Type", c.kind)
		if _, err := f.Decode(header, []byte(c.body)); err == nil {
			t.Errorf("%s: no error", c.body)
		}
	}
}

// TestGitCodeEvents holds the shapes of a GitCode's deliveries, as they were recorded.
func TestGitCodeEvents(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Name: "site", Kind: KindGitCode, Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	header := func(word string) map[string]string {
		return map[string]string{"X-GitCode-Event": word, "X-GitCode-Delivery": "1"}
	}
	for file, c := range map[string]struct {
		word   string
		number int
	}{
		"pr_create": {"Merge Request Hook", 4}, "pr_note": {"Note Hook", 4}, "push_code": {"Push Hook", 0}, "issues_note": {"Note Hook", 0},
		"issues_create": {"Issue Hook", 0},
	} {
		hints := hintsOf(t, f, header(c.word), string(readShared(t, "gitcode/go-gitcode/webhook/"+file+".json")))
		wants := map[bool]int{true: 1, false: 0}[c.number > 0 || file == "push_code"]
		if file == "pr_note" && (len(hints) != 1 || hints[0].Review == nil || hints[0].Review.Review != 1530794) {
			t.Errorf("the comment's number is not told: %+v", hints)
		}
		if len(hints) != wants || wants > 0 && (hints[0].Number != c.number || hints[0].Repo.Owner != "org-a") {
			t.Errorf("%s: %+v", file, hints)
		}
	}
	if _, err := f.Decode(headerOf(map[string]string{"X-GitCode-Event": "Note Hook"}), []byte(`{}`)); err == nil {
		t.Error("a delivery without a number is taken")
	}
	f.self = &rest.User{ID: "66", Login: "gate"}
	own := `{"object_kind":"note","user":{"id":5,"username":"Gate"},"project":{"path_with_namespace":"acme/linux"},"merge_request":{"iid":3},` +
		`"object_attributes":{"note":"/recheck"}}`
	if hints := hintsOf(t, f, header("Note Hook"), own); hints != nil {
		t.Errorf("our own: %+v", hints)
	}
}
