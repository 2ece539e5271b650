package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/config"
)

// TestShownHasNoSecret holds that no value which only the environment may give, and no password
// of an address, is shown, whatever keys there will be.
func TestShownHasNoSecret(t *testing.T) {
	t.Parallel()
	var c config.Config
	forge := config.Forge{Name: "github", Kind: "github", APIURL: "https://u:hunter2@forge.example.org/api/v3/?t=hunter2"}
	if n := fill(reflect.ValueOf(&c).Elem()) + fill(reflect.ValueOf(&forge).Elem()); n < 5 {
		t.Errorf("%d secrets were found", n)
	}
	c.Forges, c.Database = []config.Forge{forge}, "postgres://gate:hunter2@hunter2@db/gate?password=hunter2"
	c.PublicURL = "https://u:hunter2@gate.example.org"
	text, err := c.Shown()
	if err != nil || strings.Contains(text, "hunter2") || !strings.Contains(text, "gate.example.org") || !strings.Contains(text, "db/gate") {
		t.Errorf("%v\n%s", err, text)
	}
}

// fill sets each text of a struct that the file can't give, and says how many.
func fill(v reflect.Value) (n int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Struct:
			n += fill(v.Field(i))
		case f.Type.Kind() == reflect.String && f.Tag.Get("yaml") == "-":
			v.Field(i).SetString("hunter2")
			n++
		}
	}
	return n
}

// TestShownCanBeRead holds that what is shown is a configuration, and the same.
func TestShownCanBeRead(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../../config/reviewgate.example.yml", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Shown()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"deliveries: 14d", "share: 25%", "- '@acme/admins'", "client_secret_file: /etc/reviewgate/client-secret"} {
		if !strings.Contains(text, line) {
			t.Errorf("without %q:\n%s", line, text)
		}
	}
	name := filepath.Join(t.TempDir(), "again.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := again.Shown(); err != nil || twice != text {
		t.Errorf("%v\n%s\nand then\n%s", err, text, twice)
	}
}
