package deploy_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/config"
)

const unitFile = "systemd/reviewgate.service"

// unit gives the settings of a unit, by section and key: "[Service]User".
func unit(t *testing.T, text string) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line
		case !ok:
			t.Errorf("%s: %q is no setting", unitFile, line)
		default:
			keys[section+key] = append(keys[section+key], value)
		}
	}
	return keys
}

// dropIn gives what the unit's comment says to add for Postgres.
func dropIn(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(read(t, unitFile)) {
		if setting, ok := strings.CutPrefix(line, "#   "); ok {
			b.WriteString(setting)
		}
	}
	return b.String()
}

// configured reads the configuration as a unit's environment has it, and fails
// for credentials that the unit does not load.
func configured(t *testing.T, text string) config.Config {
	t.Helper()
	keys, environ := unit(t, text), map[string]string{}
	for _, e := range keys["[Service]Environment"] {
		name, value, _ := strings.Cut(e, "=")
		environ[name] = value
		if credential, ok := strings.CutPrefix(value, "%d/"); ok && !slices.ContainsFunc(keys["[Service]LoadCredential"], func(load string) bool {
			return strings.HasPrefix(load, credential+":/etc/reviewgate/")
		}) {
			t.Errorf("%s: no credential %s", name, credential)
		}
	}
	c, err := config.Load("../config/reviewgate.example.yml", environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSystemd holds the unit to the binary and its configuration.
func TestSystemd(t *testing.T) {
	t.Parallel()
	text := read(t, unitFile)
	keys := unit(t, text)
	words := strings.Fields(strings.Join(keys["[Service]ExecStart"], " "))
	if len(words) < 2 || words[0] != "/usr/local/bin/reviewgate" {
		t.Fatalf("ExecStart=%v", words)
	}
	checkVariables(t, unitFile, text)
	checkCommand(t, unitFile, words[1:])
	for _, want := range []string{"DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute",
		"RestrictNamespaces"} {
		if !slices.Equal(keys["[Service]"+want], []string{"yes"}) {
			t.Errorf("%s=%v", want, keys["[Service]"+want])
		}
	}
	if c, state := configured(t, text), "/var/lib/"+strings.Join(keys["[Service]StateDirectory"], " "); path.Dir(c.DatabasePath()) != state {
		t.Errorf("%s is not in %s, and nothing else may be written to", c.Database, state)
	}
	if c := configured(t, text+dropIn(t)); !c.Postgres() || c.DatabasePasswordFile != "%d/database-password" {
		t.Errorf("with what is to be added: %s with %s", c.Database, c.DatabasePasswordFile)
	}
}

// TestSystemdAnalyze has systemd itself judge the unit, alone and with what its
// comment says to add.
func TestSystemdAnalyze(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skipf("no systemd-analyze: %v", err)
	}
	alone := strings.ReplaceAll(read(t, unitFile), "/usr/local/bin/reviewgate", binary(t))
	for name, text := range map[string]string{"alone": alone, "with Postgres": alone + dropIn(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "reviewgate.service")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"verify", "--man=no", "--recursive-errors=no", file},
				{"security", "--offline=yes", "--threshold=20", file}, // of 100: what is left open is the network
			} {
				out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
				if strings.Contains(string(out), "unrecognized option") {
					t.Skipf("systemd-analyze is older than 250: %s", out)
				}
				if err != nil {
					t.Errorf("%s: %v\n%s", args[0], err, out)
				}
			}
		})
	}
}
