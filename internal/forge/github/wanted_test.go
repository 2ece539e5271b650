package github

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bigPayload is a pull_request event of about 20 KB, as a forge sends them.
func bigPayload() []byte {
	return []byte(`{"action":"synchronize","number":12,"pull_request":{"number":12,"title":"\"}{","body":"` +
		strings.Repeat(`line \"of\" text {[\n`, 900) +
		`","head":{"repo":{"number":99}}},"repository":{"id":1,"full_name":"acme/linux","default_branch":"main"},"installation":{"id":7},"sender":{"login":"ann"}}`)
}

// TestWantedReadsAsMuch holds that what is read of a payload is what decoding
// all of it would give.
func TestWantedReadsAsMuch(t *testing.T) {
	t.Parallel()
	bodies := [][]byte{bigPayload(), []byte(`{"issue":{"number":3,"pull_request":{}},"team":null,"repository":null}`), []byte("{}")}
	for _, e := range examples(t) {
		for _, body := range e.Examples {
			bodies = append(bodies, body)
		}
	}
	for _, body := range bodies {
		var want, got payload
		wantErr, gotErr := json.Unmarshal(body, &want), unmarshalWanted(body, &got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Errorf("%.100s: %v, want %v", body, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(payload{})); wantErr == nil && diff != "" {
			t.Errorf("%.100s (-want +got):\n%s", body, diff)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	var body []byte
	for _, e := range examples(b) {
		if e.Name == "pull_request" {
			body = e.Examples[0]
		}
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var p payload
		if err := unmarshalWanted(body, &p); err != nil {
			b.Fatal(err)
		}
	}
}
