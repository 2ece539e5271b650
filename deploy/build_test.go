package deploy_test

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What people pull grows unnoticed, and each module is one more to trust.
const (
	// 32 MiB held until people could sign in: OAuth 2.0 and sessions took 340 kB on top of
	// 33,571 kB; 33 MiB until forges could be probed, which took 190 kB on top of 34,439 kB.
	maxBinary  = 33<<20 + 512<<10 // bytes
	maxModules = 53
)

// undelivered are what only the demo and tests use.
var undelivered = []string{"go-git/", "go-crypto", "circl", "gqlparser", "invopop", "jsonschema"}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// dockerfile gives the instructions of the Dockerfile, continued lines joined.
func dockerfile(t *testing.T) []string {
	t.Helper()
	var instructions []string
	for line := range strings.Lines(strings.ReplaceAll(read(t, "../Dockerfile"), "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			instructions = append(instructions, strings.Join(strings.Fields(line), " "))
		}
	}
	return instructions
}

var buildLine = regexp.MustCompile(
	`^RUN CGO_ENABLED=0 GOOS=\$TARGETOS GOARCH=\$TARGETARCH go build -tags nodemo -trimpath -ldflags "([^"]*)" -o (\S+) (\S+)$`)

var build struct {
	sync.Once
	binary, version, output string
}

// binary builds with the Dockerfile's own line, once for all tests.
func binary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the binary")
	}
	build.Do(func() {
		for _, line := range dockerfile(t) {
			m := buildLine.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			dir, err := os.MkdirTemp("", "reviewgate-build-")
			if err != nil {
				t.Fatal(err)
			}
			build.version = "v0.0.0-built-by-a-test"
			build.binary = filepath.Join(dir, filepath.Base(m[2]))
			cmd := exec.Command("go", "build", "-tags", "nodemo", "-trimpath", "-ldflags", strings.ReplaceAll(m[1], "${VERSION}", build.version),
				"-o", build.binary, m[3])
			cmd.Dir = ".."
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
			out, err := cmd.CombinedOutput()
			if build.output = string(out); err != nil {
				build.binary = ""
				build.output += err.Error()
			}
		}
	})
	if build.binary == "" {
		t.Fatalf("the Dockerfile's build line is missing or fails: %s", build.output)
	}
	return build.binary
}

// TestMain removes the binary that the tests shared.
func TestMain(m *testing.M) {
	code := m.Run()
	if build.binary != "" {
		_ = os.RemoveAll(filepath.Dir(build.binary)) // best effort: it is the system's temporary directory
	}
	os.Exit(code)
}

// TestBinaryIsSmallAndStatic holds that the binary runs on an empty image.
func TestBinaryIsSmallAndStatic(t *testing.T) {
	t.Parallel()
	name := binary(t)
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > maxBinary {
		t.Errorf("%d bytes, more than %d", info.Size(), maxBinary)
	}
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("it needs %v", libraries)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a loader")
		}
	}
	if file.Section(".symtab") != nil {
		t.Error("symbols are not stripped")
	}
}

// TestBinaryIsOfFewModules holds that what only the demo and tests use is not delivered.
func TestBinaryIsOfFewModules(t *testing.T) {
	t.Parallel()
	info, err := buildinfo.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d modules", len(info.Deps))
	if len(info.Deps) > maxModules {
		t.Errorf("%d modules, more than %d", len(info.Deps), maxModules)
	}
	yaml := 0
	for _, m := range info.Deps {
		if strings.Contains(m.Path, "yaml") {
			yaml++
		}
		if slices.ContainsFunc(undelivered, func(name string) bool { return strings.Contains(m.Path, name) }) {
			t.Errorf("%s is in it", m.Path)
		}
	}
	if yaml != 1 {
		t.Errorf("%d YAML libraries are in it", yaml)
	}
}

// TestShippedBuildsHaveNoDemo holds all ways that a binary is delivered to the same tag.
func TestShippedBuildsHaveNoDemo(t *testing.T) {
	t.Parallel()
	for name, flag := range map[string]string{"../Dockerfile": "-tags nodemo ", ".goreleaser.yaml": "- -tags=nodemo\n",
		"../action.yml": "-tags nodemo "} {
		if !strings.Contains(read(t, name), flag) {
			t.Errorf("%s builds without %q", name, flag)
		}
	}
}

func TestBinaryTellsItsVersion(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), binary(t), "version").Output()
	if err != nil || !bytes.Contains(out, []byte(build.version)) {
		t.Errorf("%s, %v; want %s", out, err, build.version)
	}
}

// TestDockerfile holds what people rely on.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	instructions := dockerfile(t)
	all := strings.Join(instructions, "\n") + "\n"
	for _, want := range []string{
		"USER 65532:65532\n", "EXPOSE 8080\n", "VOLUME /var/lib/reviewgate\n", "COPY go.mod go.sum ./\n",
		`ENTRYPOINT ["/reviewgate"]` + "\n", `CMD ["serve", "--config", "/etc/reviewgate/reviewgate.yml"]` + "\n",
		"--no-install-recommends --yes ca-certificates git ", "COPY LICENSE deploy/" + notices + " /licenses/\n",
		`CMD ["/reviewgate", "ready", "--config", "/etc/reviewgate/reviewgate.yml"]` + "\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	if !regexp.MustCompile(`(?m)^FROM debian:\d+\.\d+-slim$`).MatchString(all) {
		t.Error("what the image is made on is not pinned to a release")
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if version == nil || !strings.Contains(all, " golang:"+version[1]+"-") {
		t.Errorf("the image is not of go.mod's version %v", version)
	}
	for _, line := range instructions {
		if from, ok := strings.CutPrefix(line, "COPY "); ok && !strings.HasPrefix(from, "--") {
			for _, name := range strings.Fields(from)[:len(strings.Fields(from))-1] {
				if _, err := os.Stat(filepath.Join("..", name)); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
}
