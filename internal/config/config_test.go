package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "reviewgate.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const minimal = `forges:
  - name: github
    kind: github
    webhook_secret_file: secret
    token_file: token
`

func TestLoadFillsInDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, minimal), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Listen, c.AdminListen, c.Database, c.PublicURL, c.DefaultPolicy, c.DefaultSubsystems}
	want := []string{"127.0.0.1:8080", "127.0.0.1:8081", "sqlite:reviewgate.db", "", "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"unknown keys, at each level": {
			"lisen: a\nforges:\n  - name: github\n    app: {id: 1, key: x}\n  - secret: x\n",
			`F:1: unknown key "lisen"; did you mean "listen"?
F:4: unknown key "key"; known here: id, private_key_file
F:5: unknown key "secret"; known here: api_url, app, bots, content, kind, name, oauth, token_file, webhook_mode, webhook_secret_file, writes_per_minute`,
		},
		"all values at once": {
			"listen: nonsense\nadmin_listen: ':'\npublic_url: gate.example.org\ndatabase: mysql:x\nforges: []\n",
			`F: listen "nonsense": want HOST:PORT, such as 127.0.0.1:8080
F: public_url "gate.example.org": want an address such as https://gate.example.org
F: database "mysql:x": want sqlite:PATH or postgres://USER@HOST:PORT/NAME
F: no forges; list at least one under forges:`,
		},
		"content and clones": {
			"mirror: {disk: 20MB, fetches: -1, filter: all}\nforges:\n  - {name: a, kind: github, content: git, token_file: t, " +
				"webhook_secret_file: s}\n  - {name: b, kind: github, content: svn, token_file: t, webhook_secret_file: s}\n",
			`F: data_dir is missing: content: git keeps clones there
F: mirror.fetches: want 1 or more
F: mirror.filter "all": write tree:0, blob:none or none
F:4: content "svn": write api or git`,
		},
		"a size": {"mirror:\n  disk: 20\n", `F:2: "20" is no size; write it as 20GB`},
		"all forges at once": {
			"forges:\n  - name: GitHub\n    kind: gitlab\n    api_url: ftp://x\n  - name: a\n    kind: github\n    webhook_secret_file: s\n    " +
				"app: {id: 1}\n    token_file: t\n  - name: a\n    kind: github\n    webhook_secret_file: s\n    app: {id: 1}\n",
			`F:2: forge name "GitHub": small letters, digits and dashes only, such as github
F:2: forge kind "gitlab": write github, gitea, gitee or gitcode
F:2: a forge needs either an app or a token_file
F:2: webhook_secret_file is missing: without a secret anybody could forge deliveries
F:5: a forge needs either an app or a token_file
F:10: an app needs both id and private_key_file
F:10: duplicate forge name "a"`,
		},
		"people who sign in": {
			"admins: [alice, 'none:alice', 'a:alice', 'b:alice']\npublic_url: https://gate.example.org\nforges:\n" +
				"  - {name: a, kind: github, token_file: t, webhook_secret_file: s, oauth: {client_id: 1, client_secret_file: c}}\n" +
				"  - {name: b, kind: github, token_file: t, webhook_secret_file: s}\n" +
				"  - {name: c, kind: github, token_file: t, webhook_secret_file: s, oauth: {client_secret_file: c}}\n",
			`F: admins "alice": write FORGE:LOGIN, such as github:alice, or FORGE:@ORGANISATION/TEAM
F: admins "none:alice": no forge "none" is configured
F: admins "b:alice": nobody can sign in by b; give it oauth
F:6: oauth needs both client_id and client_secret_file`,
		},
		"teams of people who sign in": {
			"admins: ['a:@acme/ops', 'a:@acme', 'a:@acme/x/y', 'b:@acme/ops']\npublic_url: https://gate.example.org\nforges:\n" +
				"  - {name: a, kind: github, token_file: t, webhook_secret_file: s, oauth: {client_id: 1, client_secret_file: c}}\n" +
				"  - {name: b, kind: gitee, token_file: t, webhook_secret_file: s, oauth: {client_id: 1, client_secret_file: c}}\n",
			`F: admins "a:@acme": write FORGE:LOGIN, such as github:alice, or FORGE:@ORGANISATION/TEAM
F: admins "a:@acme/x/y": write FORGE:LOGIN, such as github:alice, or FORGE:@ORGANISATION/TEAM
F: admins "b:@acme/ops": b has no teams; name its people`,
		},
		"people who sign in to nothing": {
			"forges:\n  - {name: a, kind: github, token_file: t, webhook_secret_file: s, oauth: {client_id: 1, client_secret_file: c}}\n",
			"F: oauth of a needs public_url: the forge sends people back there",
		},
		"people who sign in where pages are off": {
			"pages: off\npublic_url: https://gate.example.org\nforges:\n" +
				"  - {name: a, kind: github, token_file: t, webhook_secret_file: s, oauth: {client_id: 1, client_secret_file: c}}\n",
			"F: oauth of a lets people sign in to pages, and pages are off; remove one of them",
		},
		"a registration that is none": {"forges:\n  - name: github\n    oauth: 12\n",
			"F:3: want a registration, such as {client_id: Iv1.12, client_secret_file: client-secret}"},
		"a secret of people in the file": {"forges:\n  - name: github\n    oauth: {client_id: a, client_secret: hunter2}\n",
			`F:3: unknown key "client_secret"; known here: client_id, client_secret_file`},
		"a Gitea without its address, as an app": {
			"forges:\n  - name: forge\n    kind: gitea\n    webhook_secret_file: s\n    app: {id: 1, private_key_file: k}\n",
			`F:2: api_url "": want https://HOST/api/v1/
F:2: a Gitea knows no apps: make an account for the gate, and give its token by token_file`,
		},
		"a GitHub at no address": {
			"forges:\n  - name: github\n    kind: github\n    api_url: ftp://x\n    webhook_secret_file: s\n    token_file: t\n",
			`F:2: api_url "ftp://x": want https://api.github.com/, or https://HOST/api/v3/`,
		},
		"a forge that is none": {"forges: [github]\n", "F:1: want a forge, such as {name: github, kind: github}"},
		"an app that is none": {"forges:\n  - name: github\n    app: 12\n",
			"F:3: want an app, such as {id: 12, private_key_file: app.pem}"},
		"a secret in the file is unknown": {"forges:\n  - name: github\n    webhook_secret: hunter2\n",
			`F:3: unknown key "webhook_secret"; known here: api_url, app, bots, content, kind, name, oauth, token_file, webhook_mode, webhook_secret_file, writes_per_minute`},
		"a Gitee with what is GitHub's": {"forges:\n  - {name: gitee, kind: gitee, app: {id: 1, private_key_file: k}, content: api, webhook_mode: md5, " +
			"webhook_secret_file: s}\n",
			"F:2: there are no apps: make an account for the gate, and give its token by token_file\n" +
				"F:2: content: it is always read by git; remove the key, or write git\n" +
				`F:2: webhook_mode "md5": write signature or password`},
		"a GitHub with what is Gitee's": {"forges:\n  - {name: github, kind: github, token_file: t, bots: [ci], webhook_secret_file: s}\n",
			"F:2: webhook_mode and bots are of a Gitee or a GitCode; remove them"},
		"no SQLite path": {"database: 'sqlite:'\n" + minimal,
			`F: database "sqlite:": want sqlite:PATH or postgres://USER@HOST:PORT/NAME`},
		"empty": {"", "F: the file is empty; write at least: listen: …"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, tt.in)
			_, err := config.Load(file, nil)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(err.Error(), file, "F")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvironmentWins(t *testing.T) {
	t.Parallel()
	file := write(t, minimal+"listen: 127.0.0.1:1\n")
	c, err := config.Load(file, map[string]string{
		"REVIEWGATE_LISTEN":                        "127.0.0.1:2",
		"REVIEWGATE_ADMIN_LISTEN":                  "127.0.0.1:3",
		"REVIEWGATE_PUBLIC_URL":                    "https://gate.example.org",
		"REVIEWGATE_DATABASE":                      "sqlite:/x.db",
		"REVIEWGATE_FORGES_0_NAME":                 "first",
		"REVIEWGATE_FORGES_0_WEBHOOK_SECRET":       "s1",
		"REVIEWGATE_FORGES_1_NAME":                 "second",
		"REVIEWGATE_FORGES_1_KIND":                 "github",
		"REVIEWGATE_FORGES_1_APP_ID":               "7",
		"REVIEWGATE_FORGES_1_APP_PRIVATE_KEY":      "key",
		"REVIEWGATE_FORGES_1_WEBHOOK_SECRET_FILE":  "s2",
		"REVIEWGATE_UNKNOWN":                       "ignored: others may use the prefix",
		"LISTEN":                                   "not ours",
		"REVIEWGATE_FORGES_1_APP_PRIVATE_KEY_FILE": "",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	got = append(got, c.Listen, c.AdminListen, c.PublicURL, c.DatabasePath())
	for _, f := range c.Forges {
		got = append(got, f.Name, f.Kind, f.TokenFile, f.WebhookSecret, f.WebhookSecretFile, f.App.PrivateKey)
	}
	want := []string{
		"127.0.0.1:2", "127.0.0.1:3", "https://gate.example.org", "/x.db",
		"first", "github", "token", "s1", "secret", "",
		"second", "github", "", "", "s2", "key",
	}
	if diff := cmp.Diff(want, got); diff != "" || c.Forges[1].App.ID != 7 {
		t.Errorf("app %d (-want +got):\n%s", c.Forges[1].App.ID, diff)
	}
}

func TestEnvironmentAlone(t *testing.T) {
	t.Parallel()
	c, err := config.Load("", map[string]string{
		"REVIEWGATE_FORGES_0_NAME": "github", "REVIEWGATE_FORGES_0_KIND": "github",
		"REVIEWGATE_FORGES_0_TOKEN": "t", "REVIEWGATE_FORGES_0_WEBHOOK_SECRET": "s",
	})
	if err != nil || len(c.Forges) != 1 || c.Forges[0].Token != "t" {
		t.Errorf("%d forges, %v", len(c.Forges), err)
	}
}

// TestSecretsStayOut puts secrets wherever they fit, and where they do not, and
// looks for them in the errors.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	environ := map[string]string{
		"REVIEWGATE_FORGES_0_APP_ID":          secret,
		"REVIEWGATE_FORGES_0_TOKEN":           secret,
		"REVIEWGATE_FORGES_0_WEBHOOK_SECRET":  secret,
		"REVIEWGATE_FORGES_0_APP_PRIVATE_KEY": secret,
	}
	_, err := config.Load("", environ)
	if want := "the environment variable REVIEWGATE_…_ID: want a value of type int64"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	delete(environ, "REVIEWGATE_FORGES_0_APP_ID")
	if _, err = config.Load("", environ); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v, want an error without the secret", err)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	file := write(t, minimal)
	c, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret": "  s3cret\n", "blank": " \n"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ value, file, want, fault string }{
		{value: "", file: "secret", want: "s3cret"},
		{value: " v ", file: "secret", want: "v"},
		{value: "", file: "blank", fault: "the token in blank is empty"},
		{value: " ", file: "", fault: "the token is empty"},
		{value: "", file: "missing", fault: "read the token: open "},
	}
	for _, tt := range tests {
		got, err := c.Secret("the token", tt.value, tt.file)
		if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && !strings.HasPrefix(err.Error(), tt.fault) {
			t.Errorf("Secret(%q, %q) = %q, %v; want %q, %s", tt.value, tt.file, got, err, tt.want, tt.fault)
		}
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	t.Parallel()
	file := write(t, minimal)
	c, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(file)
	for in, want := range map[string]string{"": "", "/abs": "/abs", "policy.yml": filepath.Join(dir, "policy.yml")} {
		if got := c.Path(in); got != want {
			t.Errorf("Path(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := c.DatabasePath(), filepath.Join(dir, "reviewgate.db"); got != want {
		t.Errorf("DatabasePath() = %q, want %q", got, want)
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yml"), nil); err == nil ||
		!strings.HasPrefix(err.Error(), "read configuration: open ") {
		t.Errorf("%v", err)
	}
}

// TestIsAdmin holds that an admin is who is listed, by that forge; logins compare without case.
func TestIsAdmin(t *testing.T) {
	t.Parallel()
	c := config.Config{Admins: []string{"github:Alice", "gitea:"}}
	for who, want := range map[[2]string]bool{
		{"github", "alice"}: true, {"gitea", "alice"}: false, {"github", "bob"}: false,
		{"github", ""}: false, {"gitea", ""}: false, {"", ""}: false,
	} {
		if got := c.IsAdmin(who[0], who[1]); got != want {
			t.Errorf("%v: %v", who, got)
		}
	}
}
