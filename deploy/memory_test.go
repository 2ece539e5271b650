package deploy_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestMemoryLimits holds that the limits that are shipped stand above what the service
// takes at the most, whatever comes in, as its own test measures that with the soft limit
// that it sets itself, and that nothing sets another soft limit.
func TestMemoryLimits(t *testing.T) {
	t.Parallel()
	most := number(t, "../cmd/reviewgate/flood_test.go", `\bmostResident = (\d+)\n`)
	soft := number(t, "../cmd/reviewgate/serve.go", `\bsoftMemory = (\d+) << 20\n`)
	if soft >= most {
		t.Errorf("garbage is collected sooner from %d MiB on, and %d are the most", soft, most)
	}
	_, c, _ := readDeployment(t)
	limits := map[string]string{"deployment.yaml": strings.TrimSuffix(c.Resources.Limits["memory"], "Mi")}
	for _, file := range []string{"compose.yml", "compose.sqlite.yml"} {
		var doc composeFile
		parse(t, file, &doc)
		limits[file] = strings.TrimSuffix(doc.Services["reviewgate"].MemLimit, "m")
	}
	limits[unitFile] = strings.TrimSuffix(strings.Join(unit(t, read(t, unitFile))["[Service]MemoryMax"], " "), "M")
	for file, text := range limits {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < most*11/10 {
			t.Errorf("%s: a limit of %q MiB, want a tenth more than %d (%v)", file, text, most, err)
		}
	}
	for _, file := range []string{"kubernetes/deployment.yaml", "compose.yml", "compose.sqlite.yml", unitFile, "../Dockerfile"} {
		if strings.Contains(read(t, file), "GOMEMLIMIT") {
			t.Errorf("%s sets another soft limit than is measured", file)
		}
	}
}

// number finds a number in a file.
func number(t *testing.T, file, pattern string) int {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(read(t, file))
	if m == nil {
		t.Fatalf("%s: no %s", file, pattern)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
