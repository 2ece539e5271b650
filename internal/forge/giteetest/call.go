package giteetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// Answer is what a call got.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Object reads an answer that is an object.
func (a Answer) Object(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(a.Body, &out); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return out
}

// List reads an answer that is a list of objects.
func (a Answer) List(t testing.TB) []map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal(a.Body, &out); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return out
}

// Call makes a call below the API's root as a user, or as nobody, with a JSON body, a form,
// or none.
func (p Place) Call(t testing.TB, as, method, path string, body any) Answer {
	t.Helper()
	media, text := "application/json", []byte(nil)
	if form, ok := body.(url.Values); ok {
		media, text = "application/x-www-form-urlencoded", []byte(form.Encode())
	} else if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL+"/api/v5"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	if as != "" {
		req.Header.Set("Authorization", "Bearer token-"+as)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{res.StatusCode, res.Header, answer}
}

// Want makes a call, and ends the test unless it has a status.
func (p Place) Want(t testing.TB, status int, as, method, path string, body any) Answer {
	t.Helper()
	a := p.Call(t, as, method, path, body)
	if a.Status != status {
		t.Fatalf("%s %s as %q: status %d, want %d: %s", method, path, as, a.Status, status, a.Body)
	}
	return a
}

// Like lists in what an answer is not like a recorded one: each key of the recording must be
// there, with a value of the same type of JSON. What is null in the recording, or empty in
// one of the two, may be anything.
func Like(recorded, got []byte) ([]string, error) {
	var want, have any
	if err := json.Unmarshal(recorded, &want); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(got, &have); err != nil {
		return nil, err
	}
	return unlike("", want, have), nil
}

func unlike(at string, want, have any) (out []string) {
	if want == nil || have == nil && at == "" {
		return nil
	}
	if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", have) {
		return []string{fmt.Sprintf("%s is %T, recorded is %T", at, have, want)}
	}
	switch want := want.(type) {
	case map[string]any:
		have := have.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, ok := have[name]
			if !ok {
				out = append(out, at+"."+name+" is missing")
				continue
			}
			out = append(out, unlike(at+"."+name, want[name], value)...)
		}
	case []any:
		have := have.([]any)
		if len(want) > 0 && len(have) > 0 {
			return unlike(at+"[]", want[0], have[0])
		}
	}
	return out
}
