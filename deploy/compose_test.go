package deploy_test

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/config"
)

// parse reads a YAML file and refuses keys that v does not have.
func parse(t *testing.T, file string, v any) string {
	t.Helper()
	text := read(t, file)
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return text
}

// composeFile is what the tests know of a compose file.
type composeFile struct {
	Services map[string]composeService
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
}

type composeService struct {
	Build       struct{ Context string }
	Image       string
	Command     []string
	Restart     string
	StopGrace   string                                `yaml:"stop_grace_period"`
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Ports       []string
	Environment map[string]string
	Healthcheck struct {
		Test              []string
		Interval, Timeout string
		StartPeriod       string `yaml:"start_period"`
		Retries           int
	}
	Volumes, Secrets, Networks, Tmpfs []string
	ReadOnly                          bool     `yaml:"read_only"`
	CapDrop                           []string `yaml:"cap_drop"`
	SecurityOpt                       []string `yaml:"security_opt"`
	ShmSize                           string   `yaml:"shm_size"`
	MemLimit                          string   `yaml:"mem_limit"`
}

func TestCompose(t *testing.T) {
	t.Parallel()
	for file, postgres := range map[string]bool{"compose.yml": true, "compose.sqlite.yml": false} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var doc composeFile
			text := parse(t, file, &doc)
			s := doc.Services["reviewgate"]
			if s.Build.Context != ".." || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
				t.Errorf("%+v", s)
			}
			checkVariables(t, file, text)
			checkCommand(t, file, s.Command)
			if test := s.Healthcheck.Test; len(test) < 3 || test[0] != "CMD" || test[1] != "/reviewgate" {
				t.Errorf("the health check is %v, and there is nothing else in the image", test)
			} else {
				checkCommand(t, file, test[2:])
			}
			checkComposeNames(t, doc)
			c, err := config.Load("../config/reviewgate.example.yml", s.Environment)
			if err != nil || c.Listen != "0.0.0.0:8080" || c.Forges[0].WebhookSecretFile != "/run/secrets/webhook-secret" ||
				c.Postgres() != postgres {
				t.Errorf("%+v, %v", c, err)
			}
			checkComposePorts(t, s, c)
			if postgres {
				checkComposeDatabase(t, doc, c)
			}
		})
	}
}

// checkComposePorts holds that both addresses are published, to this machine only.
func checkComposePorts(t *testing.T, s composeService, c config.Config) {
	t.Helper()
	var want []string
	for _, address := range []string{c.Listen, c.AdminListen} {
		n := strconv.Itoa(port(t, address))
		want = append(want, "127.0.0.1:"+n+":"+n)
		if host, _, _ := strings.Cut(address, ":"); host != "0.0.0.0" {
			t.Errorf("%s can't be reached from outside of its container", address)
		}
	}
	if diff := cmp.Diff(want, s.Ports); diff != "" {
		t.Errorf("ports (-listened +published):\n%s", diff)
	}
}

// checkComposeNames holds that secrets, volumes and networks that services use
// are there, and that those that are there are used.
func checkComposeNames(t *testing.T, doc composeFile) {
	t.Helper()
	used := map[string]bool{}
	for name, s := range doc.Services {
		for _, secret := range s.Secrets {
			used[secret] = true
			if doc.Secrets[secret].File == "" || !slices.Contains(slices.Collect(maps.Values(s.Environment)), "/run/secrets/"+secret) {
				t.Errorf("%s: secret %s has no file or is not used", name, secret)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := doc.Volumes[from]; !ok && !strings.HasPrefix(from, "./") {
				t.Errorf("%s: no volume %s", name, from)
			}
			used[from] = true
		}
		for _, n := range s.Networks {
			if _, ok := doc.Networks[n]; !ok {
				t.Errorf("%s: no network %s", name, n)
			}
		}
		for other := range s.DependsOn {
			if len(doc.Services[other].Healthcheck.Test) == 0 {
				t.Errorf("%s waits for %s, which has no health check", name, other)
			}
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(doc.Secrets)), slices.Collect(maps.Keys(doc.Volumes))) {
		if !used[name] {
			t.Errorf("nothing uses %s", name)
		}
	}
}

// checkComposeDatabase holds both sides of the database to each other.
func checkComposeDatabase(t *testing.T, doc composeFile, c config.Config) {
	t.Helper()
	u, err := url.Parse(c.Database)
	if err != nil {
		t.Fatal(err)
	}
	server, ok := doc.Services[u.Hostname()]
	if !ok || server.Environment["POSTGRES_USER"] != u.User.Username() || "/"+server.Environment["POSTGRES_DB"] != u.Path {
		t.Errorf("%s is not the server %+v", c.Database, server)
	}
	if server.Environment["POSTGRES_PASSWORD_FILE"] != c.DatabasePasswordFile {
		t.Errorf("the password is in %s and in %s", server.Environment["POSTGRES_PASSWORD_FILE"], c.DatabasePasswordFile)
	}
	if _, tag, ok := strings.Cut(server.Image, ":"); !ok || tag == "latest" {
		t.Errorf("the image %s is not pinned", server.Image)
	}
	if len(server.Ports) > 0 || !doc.Networks["database"].Internal {
		t.Error("the database can be reached from outside")
	}
}
