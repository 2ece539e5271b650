package publish

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

func newWords(t testing.TB) *Messages {
	t.Helper()
	w, err := NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sample is a verdict with a bit of everything.
func sample(t testing.TB, language string) policy.Verdict {
	t.Helper()
	threshold, err := share.ParseThreshold("80%")
	if err != nil {
		t.Fatal(err)
	}
	v := policy.Verdict{
		Outcome: policy.Pending, Unwarned: policy.Pending, Mode: policy.Enforce, Check: "review-gate",
		Ratio: share.Ratio{Reviewed: 12, Counted: 21}, Threshold: threshold, Language: language,
		Contact: "https://openanolis.cn/sig/Cloud-Kernel or @acme/mm",
		Reasons: []policy.Note{{Code: policy.NoteBelow, Count: 12, Limit: 21}},
	}
	for i, name := range []string{"mm", "fs/erofs"} {
		v.Subsystems = append(v.Subsystems, policy.SubsystemVerdict{Name: name, Title: name, Ratio: share.Ratio{Reviewed: i, Counted: 2},
			Holds: true, CanApprove: []string{"alice", "@acme/mm"}, Missing: 1, Candidates: []string{"alice"}, Contact: "DingTalk 1234"})
		v.Files = append(v.Files, policy.FileVerdict{Path: name + "/@alice `x`.c", State: policy.Unreviewed, Subsystems: []string{name},
			Needs: []policy.Need{{Path: name, Subsystems: []string{name}, Missing: 1, Candidates: []string{"alice"}}},
			Notes: []policy.Note{{Code: policy.NoteStale, Who: "alice", Commit: strings.Repeat("a", 40)}}})
	}
	v.Files = append(v.Files, policy.FileVerdict{Path: "fs/erofs/ok.c", State: policy.Reviewed, ApprovedBy: []string{"bob"}},
		policy.FileVerdict{Path: "go.lock", State: policy.Ignored})
	return v
}

func TestTitle(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	change := func(f func(*policy.Verdict)) policy.Verdict { v := sample(t, "en"); f(&v); return v }
	tests := []struct {
		v    policy.Verdict
		want string
	}{
		{sample(t, "en"), "12 of 21 files reviewed (57%), 80% needed; waiting for mm, fs/erofs"},
		{sample(t, "zh-CN"), "已评审 12/21 个文件（57%），需要 80%；等待 mm、fs/erofs"},
		{change(func(v *policy.Verdict) { v.Outcome = policy.Success }),
			"warning only: 12 of 21 files reviewed (57%), 80% needed; waiting for mm, fs/erofs"},
		{change(func(v *policy.Verdict) { v.Outcome, v.Unwarned = policy.Success, policy.Success }),
			"12 of 21 files reviewed (57%), 80% needed; not reviewed: mm, fs/erofs"},
		{change(func(v *policy.Verdict) {
			v.Outcome, v.Unwarned = policy.Error, policy.Error
			v.Faults = []strictyaml.Fault{{File: "policy.yml", Line: 2, Text: "broken"}}
		}), "error: policy.yml:2: broken"},
		{change(func(v *policy.Verdict) {
			v.Outcome, v.Unwarned = policy.Failure, policy.Failure
			v.Blocks = []policy.Block{{Who: "alice", Certain: true}}
			v.Reasons = []policy.Note{{Code: policy.NoteBlocked, Who: "alice"}}
		}), "changes requested by alice; 12 of 21 files reviewed (57%), 80% needed; waiting for mm, fs/erofs"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, w.Title(tt.v)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestTitleNeverTooLong(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	v := sample(t, "en")
	for i := range 50 {
		name := fmt.Sprintf("subsystem-with-a-long-name-%d", i)
		v.Subsystems = append(v.Subsystems, policy.SubsystemVerdict{Name: name, Ratio: share.Ratio{Counted: 1}})
		v.Files = append(v.Files, policy.FileVerdict{Needs: []policy.Need{{Subsystems: []string{name}, Missing: 1}}})
	}
	got := w.Title(v)
	if n := utf8.RuneCountInString(got); n > usual.Title || !strings.Contains(got, "more") {
		t.Errorf("%d characters: %s", n, got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	for _, language := range []string{"en", "zh-CN"} {
		got := w.Summary(sample(t, language))
		file := "testdata/summary." + language + ".md"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", language, diff)
		}
	}
}

func TestSummaryIsCutOnALine(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	v := sample(t, "zh-CN")
	for i := range 4000 {
		v.Files = append(v.Files, policy.FileVerdict{Path: fmt.Sprintf("文档/%06d/说明说明说明.md", i), State: policy.Reviewed,
			ApprovedBy: []string{fmt.Sprint("alice", i)}})
	}
	got := w.Summary(v)
	if n := len(got); n > usual.Summary || n < usual.Summary*9/10 {
		t.Errorf("%d characters", n)
	}
	lines := strings.Split(got, "\n")
	if last := lines[len(lines)-1]; last != "_其余内容已省略：检查结果放不下更多文字。_" {
		t.Errorf("last line %q", last)
	}
	if strings.Count(got, "<details>") != strings.Count(got, "</details>") {
		t.Error("details left open")
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.c": "`a.c`", "@alice/x": "`@alice/x`", "a`b": "``a`b``", "`a": "`` `a ``", "a\nb": "`a?b`", "a\u202eb": "`a\\u202eb`",
		"@": "`@`", "\u200b\ufeff\u2060\u200e\u200f": "`\\u200b\\ufeff\\u2060\\u200e\\u200f`", "a\u200d\u200cb": "`a\u200d\u200cb`",
		"\U000e0041": "`\\U000e0041`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"<em>x</em>": "&lt;em&gt;x&lt;/em&gt;", "@alice": "@<!-- -->alice", "a_b*c": `a\_b\*c`, "a\r\nb": "a??b", "![x](y)": `\!\[x\](y)`,
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := contact("ask https://x.org/a_b or @mm"), "ask <https://x.org/a_b> or @<!-- -->mm"; got != want {
		t.Errorf("contact = %q, want %q", got, want)
	}
}

// codeOf returns the text of a code, which may be a constant of a package below policy, as
// in Code(command.WhyEdited).
func codeOf(t *testing.T, e ast.Expr) (text string) {
	t.Helper()
	if literal, ok := e.(*ast.BasicLit); ok {
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Error(err)
		}
		return text
	}
	why := e.(*ast.CallExpr).Args[0].(*ast.SelectorExpr)
	files, err := filepath.Glob("../policy/" + why.X.(*ast.Ident).Name + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == why.Sel.Name {
				text = codeOf(t, spec.Values[0])
			}
			return text == ""
		})
	}
	return text
}

// TestEveryNoteHasWords finds the codes in the source of package policy.
func TestEveryNoteHasWords(t *testing.T) {
	t.Parallel()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../policy/verdict.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	messages := map[string]map[string]string{}
	for _, l := range languages {
		raw, err := locales.ReadFile("locales/" + l + ".yml")
		if err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := yaml.Unmarshal(raw, &read); err != nil {
			t.Fatal(err)
		}
		messages[l] = map[string]string{}
		for id, forms := range read {
			messages[l][id] = fmt.Sprint(forms)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Note") {
			return true
		}
		codes++
		value := codeOf(t, spec.Values[0])
		for _, l := range languages {
			if messages[l]["note."+value] == "" {
				t.Errorf("%s: no words for note %s", l, value)
			}
		}
		return true
	})
	if codes < 20 {
		t.Errorf("found %d codes", codes)
	}
	for id := range messages["en"] {
		if messages["zh-CN"][id] == "" {
			t.Errorf("zh-CN lacks %s", id)
		}
	}
	if len(messages["en"]) != len(messages["zh-CN"]) {
		t.Error("zh-CN has messages that en lacks")
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	open := sample(t, "en")
	open.Outcome, open.Unwarned = policy.Success, policy.Success
	green := StandingCheck{Head: "h0", Name: "review-gate", Outcome: policy.Success}
	tests := map[string]struct {
		now   Current
		want  Wanted
		check bool
		reset []string
		note  bool
	}{
		"opened": {Current{}, Wanted{Head: "h1", Gated: true, Open: true, Verdict: sample(t, "en"), Comments: true}, true,
			nil, true},
		"open gate says nothing": {Current{}, Wanted{Head: "h1", Gated: true, Open: true, Verdict: open, Comments: true}, true, nil, false},
		"open gate ends its comment": {Current{HasComment: true, Comment: "x"},
			Wanted{Head: "h1", Gated: true, Open: true, Verdict: open, Comments: true}, true, nil, true},
		"no comments wanted": {Current{}, Wanted{Head: "h1", Gated: true, Open: true, Verdict: sample(t, "en")}, true, nil, false},
		"superseded": {Current{Checks: []StandingCheck{green}},
			Wanted{Head: "h1", Gated: true, Open: true, Verdict: sample(t, "en")}, true, []string{"superseded by a newer head"}, false},
		"superseded, earned by another": {
			Current{Checks: []StandingCheck{{Head: "h0", Name: "review-gate", Outcome: policy.Success, Shared: true}}},
			Wanted{Head: "h1", Gated: true, Open: true, Verdict: sample(t, "en")}, true, nil, false},
		"closed": {Current{Checks: []StandingCheck{green}}, Wanted{Head: "h0", Gated: true, Verdict: open, Comments: true}, false,
			[]string{"the pull request is closed"}, false},
		"ungated": {Current{Checks: []StandingCheck{green}}, Wanted{Head: "h0", Open: true, Verdict: open, Comments: true}, false,
			[]string{"this pull request is no longer gated"}, false},
		"other check name": {Current{Checks: []StandingCheck{{Head: "h0", Name: "old", Outcome: policy.Success}}},
			Wanted{Head: "h0", Gated: true, Open: true, Verdict: open}, true, []string{"the base branch of this pull request changed"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.Diff(tt.now, tt.want)
			var reset []string
			for _, c := range p.Reset {
				reset = append(reset, c.Title)
				if c.Outcome != policy.Pending {
					t.Errorf("reset to %s", c.Outcome)
				}
			}
			if diff := cmp.Diff(tt.reset, reset); diff != "" {
				t.Errorf("reset (-want +got):\n%s", diff)
			}
			if (p.Check != nil) != tt.check || (p.Comment != nil) != tt.note {
				t.Errorf("check %v, comment %v", p.Check != nil, p.Comment != nil)
			}
		})
	}
}

// TestDiffTwiceIsEmpty holds that a Plan carried out leaves nothing to do.
func TestDiffTwiceIsEmpty(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := sample(t, rapid.SampledFrom([]string{"en", "zh-CN"}).Draw(rt, "language"))
		v.Unwarned = rapid.SampledFrom([]policy.Outcome{policy.Error, policy.Failure, policy.Pending, policy.Success}).Draw(rt, "outcome")
		v.Outcome = v.Unwarned
		want := Wanted{Head: "h1", Gated: rapid.Bool().Draw(rt, "gated"), Open: rapid.Bool().Draw(rt, "open"), Verdict: v,
			Comments: rapid.Bool().Draw(rt, "comments")}
		now := Current{HasComment: rapid.Bool().Draw(rt, "note")}
		for _, head := range []string{"h0", "h1"} {
			if rapid.Bool().Draw(rt, head) {
				now.Checks = append(now.Checks, StandingCheck{Head: head, Name: "review-gate", Outcome: policy.Success})
			}
		}
		p := w.Diff(now, want)
		for _, c := range p.Reset {
			now.write(c)
		}
		if p.Check != nil {
			now.write(*p.Check)
		}
		if p.Comment != nil {
			now.Comment, now.HasComment = p.Comment.Digest, true
		}
		if again := w.Diff(now, want); !again.Empty() {
			rt.Fatalf("left to do: %+v", again)
		}
	})
}

func (s *Current) write(c Check) {
	for i := range s.Checks {
		if s.Checks[i].Head == c.Head && s.Checks[i].Name == c.Name {
			s.Checks[i].Outcome, s.Checks[i].Digest = c.Outcome, c.Digest
			return
		}
	}
	s.Checks = append(s.Checks, StandingCheck{Head: c.Head, Name: c.Name, Outcome: c.Outcome, Digest: c.Digest})
}

func TestCommentPingsNobody(t *testing.T) {
	t.Parallel()
	body := newWords(t).commentBody(Wanted{Verdict: sample(t, "en")})
	for _, line := range strings.Split(body, "\n") {
		outside := ""
		for i, part := range strings.Split(line, "`") {
			if i%2 == 0 {
				outside += part
			}
		}
		if i := strings.Index(outside, "@"); i >= 0 && !strings.HasPrefix(outside[i:], "@<!-- -->") {
			t.Errorf("%q mentions somebody", line)
		}
	}
	if !strings.HasPrefix(body, Mark) || !strings.Contains(body, "DingTalk 1234") {
		t.Errorf("comment:\n%s", body)
	}
}
