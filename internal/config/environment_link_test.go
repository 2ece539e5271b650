package config

import "testing"

// TestServiceLinks holds that what Kubernetes sets for a service of our name is none of
// ours, and that what is nearly ours is told.
func TestServiceLinks(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{
		"REVIEWGATE_SERVICE_HOST": false, "REVIEWGATE_SERVICE_PORT": false, "REVIEWGATE_SERVICE_PORT_HTTP": false, "REVIEWGATE_PORT": false,
		"REVIEWGATE_PORT_8080_TCP_ADDR": false, "REVIEWGATE_PORTS": true, "REVIEWGATE_DATABSE": true, "REVIEWGATE_DATABASE": false,
	} {
		if got := UnknownVariables(map[string]string{name: "x"}); len(got) > 0 != told {
			t.Errorf("%s: %v", name, got)
		}
	}
}
