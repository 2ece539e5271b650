package states

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const owners = `version: 1
subsystems:
  - {name: mm, title: {en: Memory management, zh-CN: 内存管理}, paths: ["mm/**"], maintainers: [alice, mei], threshold: 100%, contact: mm@cloud-kernel.example}
  - {name: fs/erofs, title: {en: EROFS, zh-CN: EROFS 文件系统}, paths: ["fs/erofs/**"], maintainers: [bob, qiao-ran], contact: DingTalk 1234}
  - {name: net, title: {en: Networking, zh-CN: 网络}, paths: ["net/**"], maintainers: ["@acme/net"]}
  - {name: rest, fallback: true, maintainers: [carol]}
`

const head, older = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"

// state is one of the nine.
type state struct {
	threshold string
	files     []string
	approvals map[string]string // login: the head that was approved
	changed   []string          // since older
	author    string
	comment   string // of carol
	rules     string // more lines of the policy
	faults    []strictyaml.Fault
	teams     map[string]policy.Team
	asked     []string
}

func states() map[string]state {
	ten := []string{"Documentation/erofs.rst", "fs/erofs/data.c", "fs/erofs/zdata.c", "fs/erofs/super.c", "mm/a.c", "mm/b.c", "mm/c.c",
		"mm/d.c", "net/core.c", "net/sock.c"}
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("drivers/net/wireless/chip%d/core.c", i))
	}
	many[299] = "mm/slab.c"
	return map[string]state{
		"1-opened": {threshold: "80%", files: ten, asked: []string{"qiao-ran", "mei"}},
		"2-changed-since-approval": {threshold: "100%", files: []string{"mm/a.c", "mm/b.c"},
			approvals: map[string]string{"alice": older}, changed: []string{"mm/b.c"}},
		"3-enough-and-still-waiting": {threshold: "80%", files: ten,
			approvals: map[string]string{"bob": head, "carol": head, "nina": head, "alice": older}, changed: []string{"mm/d.c"}},
		"4-author-is-the-only-maintainer": {threshold: "100%", files: []string{"README"}, author: "carol"},
		"5-team-unreadable": {threshold: "100%", files: []string{"net/core.c"},
			teams: map[string]policy.Team{
				"acme/net": {Unread: "GitHub answers 404 for @acme/net: there is no such team, or this credential may not read members"}}},
		"6-300-files": {threshold: "80%", files: many},
		"7-overridden": {threshold: "100%", files: []string{"mm/a.c", "fs/erofs/data.c"},
			approvals: map[string]string{"alice": head}, comment: "/override " + head + " CVE-2026-1 is under way"},
		"8-passed-at-4-of-6": {threshold: "60%", files: []string{"README", "fs/erofs/data.c", "mm/a.c", "mm/b.c", "mm/c.c",
			"net/core.c"}, approvals: map[string]string{"alice": head, "carol": head}},
		"9-broken-policy": {files: []string{"mm/a.c"},
			faults: []strictyaml.Fault{{File: ".github/review-gate.yml", Line: 3, Text: `unknown key "tresholds"; did you mean "threshold"?`}}},
	}
}

var day = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// snapshot is what is read of a pull request in a state.
func snapshot(t *testing.T, st state, language string) policy.Snapshot {
	t.Helper()
	s := policy.Snapshot{Now: day.Add(2 * time.Hour), Teams: st.teams, PolicyFiles: []string{".github/review-gate.yml"}, Faults: st.faults,
		Mendable:       len(st.faults) > 0,
		ServerOverride: []ownership.Owner{{Login: "root"}}}
	if s.Teams == nil {
		s.Teams = map[string]policy.Team{"acme/net": {Members: []pull.Person{{Login: "nina", ID: 4}, {Login: "noah", ID: 4}}}}
	}
	if len(st.faults) > 0 {
		s.Rules = policy.Rules{Check: policy.DefaultCheck, Language: language, Comment: true}
	} else {
		p, err := policyfile.Parse("p.yml", []byte("version: 1\nthreshold: \""+st.threshold+"\"\nlanguage: "+language+
			"\ncontact: https://lists.cloud-kernel.example\noverride: {allowed: [carol]}\n"+st.rules))
		if err != nil {
			t.Fatal(err)
		}
		s.Rules, _ = p.For("main", "main")
		if s.Owners, _, err = formats.Parse([]formats.Source{{Format: formats.Subsystems, Path: ".github/subsystems.yml",
			Files: []ownership.File{{Path: ".github/subsystems.yml", Data: []byte(owners)}}}}, "forge"); err != nil {
			t.Fatal(err)
		}
	}
	author := pull.Person{Login: "dave", ID: 9}
	if st.author != "" {
		author.Login = st.author
	}
	s.Request = pull.Request{Ref: pull.Ref{Repo: pull.Repo{Forge: "forge", Owner: "acme", Name: "linux"}, Number: 7}, Author: author,
		Head: head, HeadBranch: "topic", BaseBranch: "main", BaseTip: "m", MergeBase: "m",
		Open: true, Complete: true, BaseMovesKnown: true, ReviewRequestsKnown: true, OpenedAt: day.Add(-48 * time.Hour)}
	old := pull.Head{ID: older, BaseBranch: "main", BaseTip: "m", MergeBase: "m", SeenAt: day.Add(-24 * time.Hour), Complete: true,
		MovesKnown: true}
	for _, path := range st.files {
		c := pull.Content{Path: path, Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: "0", ID: "new " + path}
		s.Request.Files = append(s.Request.Files, pull.File{Content: c})
		if slices.Contains(st.changed, path) {
			c.ID = "old " + path
		}
		old.Files = append(old.Files, c)
	}
	now := old
	now.ID, now.SeenAt, now.Files = head, day, nil
	for _, f := range s.Request.Files {
		now.Files = append(now.Files, f.Content)
	}
	s.Heads = []pull.Head{old, now}
	s.Seen.CommitsStay = true
	s.Seen.Sightings = []pull.Sighting{
		{Number: 1, Head: older, BaseBranch: "main", BaseTip: "m", At: day.Add(-24 * time.Hour), MovesKnown: true},
		{Number: 2, Head: head, BaseBranch: "main", BaseTip: "m", At: day, MovesKnown: true}}
	for i, login := range slices.Sorted(maps.Keys(st.approvals)) {
		r := pull.Review{ID: int64(i + 1), Author: pull.Person{Login: login, ID: int64(len(login))}, State: pull.Approved,
			Commit: st.approvals[login], At: day.Add(time.Hour), CanWrite: true}
		sight := pull.Sight{Review: r.ID, State: r.State, Commit: r.Commit, Before: 2, In: 2, Since: 2}
		if r.Commit == older {
			r.At = day.Add(-20 * time.Hour)
			sight.Before, sight.In, sight.Since = 1, 1, 1
		}
		s.Request.Reviews, s.Seen.Sights = append(s.Request.Reviews, r), append(s.Seen.Sights, sight)
	}
	if st.comment != "" {
		s.Request.Comments = []pull.Comment{{ID: 50, Author: pull.Person{Login: "carol", ID: 77}, Body: st.comment, At: day.Add(time.Hour)}}
		s.Seen.Sights = append(s.Seen.Sights, pull.Sight{Review: 50, State: pull.Spoken, Before: 2, In: 2, Since: 2})
	}
	return s
}

// mostLines is how many lines of a terminal are held; of many files each has one.
const mostLines = 30

// shown is all that people read of a state: title, check, comment and terminal.
func shown(t *testing.T, words *publish.Messages, st state, language string) (title, summary, comment, terminal string) {
	t.Helper()
	s := snapshot(t, st, language)
	v := rule.Evaluate(s)
	for _, who := range st.asked {
		a := policy.RequestVerdict{Who: who, State: policy.AskWaiting, At: day, Files: 3, Subsystems: []string{"fs/erofs"}}
		if who == "mei" {
			a.Files, a.Subsystems = 4, []string{"mm"}
		}
		v.Asked = append(v.Asked, a)
	}
	links := publish.Links{Commit: "https://forge.example/{repo}/commit/{commit}",
		File: "https://forge.example/{repo}/blob/{commit}/{path}#L{line}", Checks: "https://forge.example/{repo}/pull/{number}/checks"}
	words = words.Leading(links.Of(s.Request.Ref, "3333333333333333333333333333333333333333", []string{".github/subsystems.yml"}))
	now := publish.Current{HasComment: v.Unwarned == policy.Success}
	plan := words.Diff(now, publish.Wanted{Head: head, Gated: true, Open: true, Verdict: v, Comments: true})
	lines := strings.SplitAfter(words.Text(v, publish.Plan{}), "\n")
	return plan.Check.Title, plan.Check.Summary, plan.Comment.Body, strings.Join(lines[:min(len(lines), mostLines)], "")
}

// TestStates holds what is shown in nine states to golden texts; REVIEWGATE_UPDATE=1 writes
// them. With REVIEWGATE_PICTURES=DIRECTORY it also writes a page for each, and a picture
// of it where there is Chromium.
func TestStates(t *testing.T) {
	t.Parallel()
	words, err := publish.NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	for name, st := range states() {
		for _, language := range []string{"en", "zh-CN"} {
			t.Run(name+"/"+language, func(t *testing.T) {
				t.Parallel()
				title, summary, comment, terminal := shown(t, words, st, language)
				got := title + "\n\n---- check\n\n" + summary + "\n\n---- comment\n\n" + comment + "\n\n---- terminal\n\n" + terminal
				file := filepath.Join("testdata", name+"."+language+".md")
				if os.Getenv("REVIEWGATE_UPDATE") != "" {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				reads(t, title, comment, terminal)
				pictures(t, name+"."+language, title, render(t, summary), render(t, comment))
			})
		}
	}
}

// reads holds what is true of every state: one screen of comment, a title that a status
// takes, and a terminal without Markdown.
func reads(t *testing.T, title, comment, terminal string) {
	t.Helper()
	lines := 0
	folded := false
	for line := range strings.Lines(comment) {
		if folded = folded && !strings.Contains(line, "</details>") || strings.HasPrefix(line, "<details>"); !folded {
			lines++
		}
	}
	if lines > 20 {
		t.Errorf("the comment has %d lines:\n%s", lines, comment)
	}
	if len([]rune(title)) > 140 {
		t.Errorf("title %q", title)
	}
	for _, markup := range []string{"<!--", "`", " 1 files", "&lt;"} {
		if strings.Contains(terminal, markup) {
			t.Errorf("the terminal shows %q:\n%s", markup, terminal)
		}
	}
}

// render is Markdown as a forge shows it.
func render(t *testing.T, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe())).Convert([]byte(markdown),
		&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "| --- |") {
		t.Errorf("a table is none:\n%s", b.String())
	}
	return b.String()
}

const page = `<!doctype html><meta charset="utf-8"><title>%[1]s</title><style>
body{font:14px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:900px;margin:2em auto;color:#1f2328}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}code{background:#eff1f3;border-radius:6px;padding:.2em .4em}
section{border:1px solid #d1d9e0;border-radius:6px;padding:1em;margin:1em 0}h2{font-size:16px}</style>
<h2>%[2]s</h2><section>%[3]s</section><h2>Comment</h2><section>%[4]s</section>
`

// pictures writes a page and its picture.
func pictures(t *testing.T, name, title, summary, comment string) {
	t.Helper()
	dir := os.Getenv("REVIEWGATE_PICTURES")
	if dir == "" {
		return
	}
	file := filepath.Join(dir, name+".html")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, page, name, title, summary, comment), 0o644); err != nil {
		t.Fatal(err)
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Logf("no picture of %s: there is no Chromium", name)
		return
	}
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--window-size=1000,1100",
		"--user-data-dir="+t.TempDir(), "--screenshot="+strings.TrimSuffix(file, ".html")+".png", "file://"+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("picture of %s: %v\n%s", name, err, out)
	}
}
