package rest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestValues holds in which spellings values are read, and that anything else is an error
// and not a default.
func TestValues(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"t":"a"}`: "a 0 false -", `{"t":5}`: "5 0 false -", `{"t":null}`: " 0 false -", `{"t":true}`: "true 0 false -", `{"t":{}}`: "error",
		`{"t":[]}`: "error", `{"n":5}`: " 5 false -", `{"n":"5"}`: " 5 false -", `{"n":""}`: " 0 false -", `{"n":null}`: " 0 false -",
		`{"n":"five"}`: "error", `{"n":1.5}`: "error", `{"n":[1]}`: "error", `{"f":true}`: " 0 true -", `{"f":1}`: " 0 true -",
		`{"f":"1"}`: " 0 true -", `{"f":"true"}`: " 0 true -", `{"f":"false"}`: " 0 false -", `{"f":0}`: " 0 false -", `{"f":null}`: " 0 false -",
		`{"f":""}`: " 0 false -", `{"f":2}`: "error", `{"f":"yes"}`: "error", `{"f":{}}`: "error",
		`{"m":"2026-11-02T09:00:00+08:00"}`: " 0 false 01:00", `{"m":""}`: " 0 false -", `{"m":null}`: " 0 false -", `{"m":"2026-11-02"}`: "error",
		`{"m":1633685391}`: "error",
	} {
		var v struct {
			T Text
			N Number
			F Flag
			M Moment
		}
		got := "error"
		if err := json.Unmarshal([]byte(in), &v); err == nil {
			at := "-"
			if !v.M.IsZero() {
				at = v.M.Format("15:04")
			}
			got = fmt.Sprintf("%s %d %t %s", v.T, v.N, v.F, at)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]int{`[1,2]`: 2, `[]`: 0, `null`: 0, `{"id":1}`: 1, `"x"`: -1, `5`: -1} {
		var v Many[json.RawMessage]
		n := -1
		if err := json.Unmarshal([]byte(in), &v); err == nil {
			n = len(v)
		}
		if n != want {
			t.Errorf("%s: %d, want %d", in, n, want)
		}
	}
}

// FuzzPull holds that no answer makes the decoder panic, and that a whole one has a head.
func FuzzPull(f *testing.F) {
	for _, seed := range []string{`{"id":"1","number":3,"state":"open","assignees":[{"login":"a","accept":1},"b"],"head":{"sha":"x"},"base":{"ref":"m"}}`,
		`{"testers":{"login":"x"},"labels":null,"mergeable_state":{"approval_testers_required_passed":0}}`, `[]`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Pull
		if json.Unmarshal(data, &p) != nil || p.Whole(int(p.Number)) != nil {
			return
		}
		if p.Head.SHA == "" || p.Assignees == nil && p.Reviewers == nil {
			t.Errorf("%s counts as whole", data)
		}
		for _, m := range p.Asked() {
			if id := m.Approval().ID; id <= 0 || id%history.Givings != 0 {
				t.Errorf("an approval has the number %d", id)
			}
		}
	})
}

// TestAsked holds that who is asked in two lists is one person, and that approvals are
// numbered by the account, whatever its login becomes.
func TestAsked(t *testing.T) {
	t.Parallel()
	var p Pull
	err := json.Unmarshal([]byte(`{"assignees":[{"id":5,"login":"alice","accept":false},{"id":6,"login":"bob","accept":true}],`+
		`"approval_reviewers":[{"id":5,"login":"Alice","accept":true},{"id":"","login":"carol"}]}`), &p)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, m := range p.Asked() {
		got += fmt.Sprintf("%s %t; ", m.Login, m.Accept)
	}
	if got != "Alice true; carol false; bob true; " {
		t.Errorf("%s", got)
	}
	a, b := Member{User: User{ID: "5", Login: "alice"}}, Member{User: User{ID: "5", Login: "renamed"}}
	c, d := Member{User: User{Login: "carol"}}, Member{User: User{Login: "Carol"}}
	if a.Approval().ID != b.Approval().ID || c.Approval().ID != d.Approval().ID || a.Approval().ID == c.Approval().ID {
		t.Errorf("%d, %d, %d, %d", a.Approval().ID, b.Approval().ID, c.Approval().ID, d.Approval().ID)
	}
}

// TestForEverybody holds that a repository is for everybody that says so, and of which nothing
// says otherwise.
func TestForEverybody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"public":true,"private":false,"internal":false}`: true, `{"public":1,"private":0,"internal":0}`: true,
		`{"public":true,"private":false}`: true, `{"public":true,"private":false,"internal":true}`: false,
		`{"public":true,"private":true,"internal":false}`: false, `{"public":false,"private":false,"internal":false}`: false,
		`{"public":true}`: false, `{"private":false}`: false, `{}`: false, `{"public":null,"private":null}`: false,
	} {
		var r Repo
		if err := json.Unmarshal([]byte(text), &r); err != nil || r.ForEverybody() != want {
			t.Errorf("%s: %t, %v", text, r.ForEverybody(), err)
		}
	}
}

// TestCommentWithoutTimes holds that a comment of which a time is missing counts as edited.
func TestCommentWithoutTimes(t *testing.T) {
	t.Parallel()
	at := Moment{time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	for edited, c := range map[bool][]Comment{
		false: {{CreatedAt: at, UpdatedAt: at}},
		true:  {{}, {CreatedAt: at}, {UpdatedAt: at}, {CreatedAt: at, UpdatedAt: Moment{at.Add(time.Second)}}},
	} {
		for _, one := range c {
			if got := one.Read().Edited; got != edited {
				t.Errorf("%+v: %t", one, got)
			}
		}
	}
}

// TestAccounts holds by what an account is told from others: a number, 24 hexadecimal digits, or
// the latter beside another number; and that other digits which come as text are none, as a GitCode
// has two kinds of them.
func TestAccounts(t *testing.T) {
	t.Parallel()
	const hex, other = "61f0c3a1b2c3d4e5f6071829", "61f0c3a1b2c3d4e5f607182a"
	number := pull.AccountNumber(hex)
	for text, want := range map[string]int64{
		`{"login":"a","id":5}`: 5, `{"login":"a","id":"5"}`: 0, `{"login":"a","id":"` + hex + `"}`: number, `{"login":"a"}`: 0, `"a"`: 0,
		`{"login":"a","id":5,"object_id":"` + hex + `"}`: number, `{"login":"a","id":"5","object_id":"` + hex + `"}`: number,
		`{"login":"a","object_id":"` + hex + `"}`: number, `{"login":"a","id":"` + hex + `","object_id":""}`: number, `{"login":"a","id":null}`: 0,
		`{"login":"a","id":"-5"}`: 0, `{"login":"a","id":-5}`: 0, `{"login":"a","id":"` + other + `"}`: pull.AccountNumber(other),
	} {
		var u User
		if err := json.Unmarshal([]byte(text), &u); err != nil || u.Person().ID != want || u.Person().Login != "a" {
			t.Errorf("%s: %+v, want %d; %v", text, u.Person(), want, err)
		}
	}
	if n := pull.AccountNumber(other); n == number {
		t.Error("two accounts have one number")
	}
	for text, want := range map[string]bool{
		`{"id":"` + hex + `"}`: true, `{"id":"850001","object_id":"` + hex + `"}`: true, `{"id":"` + other + `"}`: false, `{"id":5}`: false,
		`{"id":"` + hex + `","object_id":"` + other + `"}`: false, `{}`: false,
	} {
		var p Permission
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Of(number) != want || p.Of(0) {
			t.Errorf("%s: %t; %v", text, p.Of(number), err)
		}
	}
}

// TestAccountOfApproval holds that an approval has one number in whatever way its account is told.
func TestAccountOfApproval(t *testing.T) {
	t.Parallel()
	const hex = "61f0c3a1b2c3d4e5f6071829"
	want := int64(0)
	for _, text := range []string{`{"login":"a","id":"` + hex + `"}`, `{"login":"a","id":850001,"object_id":"` + hex + `"}`,
		`{"login":"b","object_id":"` + strings.ToUpper(hex) + `"}`, `{"login":"a","id":"850001","object_id":"` + hex + `"}`} {
		var m Member
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		got := m.Approval()
		if want == 0 {
			want = got.ID
		}
		if got.ID != want || got.Author.ID != pull.AccountNumber(hex) {
			t.Errorf("%s: %+v, want %d", text, got, want)
		}
	}
}
