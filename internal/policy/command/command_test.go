package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	sha1Head   = "0123456789abcdef0123456789abcdef01234567"
	sha256Head = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// spelled are the files that the approvals of TestSpellings are shown.
func spelled() []string { return []string{"fs/a.c", "fs/b.h", "mm/a.c", "net/core/x.c"} }

// meaning says what a review's body makes of an approval: all, the files that it is
// for, or that it is void.
func meaning(body string) string {
	s := ScopeOf(body, false, sha1Head, MaxScope)
	switch {
	case s.Why != "":
		return "void " + string(s.Why)
	case s.Idle(spelled()) != "":
		return "void no_such_path"
	case len(s.Lines) == 0:
		return "all"
	}
	var files []string
	for _, path := range spelled() {
		if s.Covers([]string{path}) {
			files = append(files, path)
		}
	}
	return strings.Join(files, " ")
}

// TestSpellings holds what people write in approving reviews to what it means: the
// files that it is for, all of them where it is prose, or none, in doubt.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for want, bodies := range map[string][]string{
		"mm/a.c": {
			"/approve mm/", "/approve mm/**", "/approve mm/*.c", "/approve mm/a.c", "/approve `mm/`", "/approve\tmm/", "/approve   mm/  ",
			"/approve mm/\r\n",
			"/approve\u00a0mm/", "/approve\u3000mm/", "/approve\u2003mm/",
			"/Approve mm/", "/APPROVE mm/", "/aPPROVE mm/", "／approve mm/", "／ａｐｐｒｏｖｅ mm/", "/ａpprove mm/", "/𝐚𝐩𝐩𝐫𝐨𝐯𝐞 mm/", "/𝚊𝚙𝚙𝚛𝚘𝚟𝚎 mm/",
			"\u200b/approve mm/", "/\u200bapprove mm/", "/app\u200brove mm/", "/approve\u200b mm/", "\ufeff/approve mm/", "/ap\u00adprove mm/",
			"/approve\u2060 mm/", "/a\u200dpprove mm/", "\u202e/approve mm/", "/approve\ufe0f mm/",
			" /approve mm/", "   /approve mm/", "    /approve mm/", "\t/approve mm/", "\u00a0/approve mm/", "\u3000/approve mm/",
			"- /approve mm/", "* /approve mm/", "+ /approve mm/", "-   /approve mm/", "1. /approve mm/", "12) /approve mm/", "• /approve mm/",
			"– /approve mm/", "- [ ] /approve mm/", "- [x] /approve mm/", "# /approve mm/", "### /approve mm/", "- - /approve mm/",
			"  - /approve mm/",
			"**/approve mm/**", "*/approve mm/*", "__/approve mm/__", "_/approve mm/_", "***/approve mm/***", "`/approve mm/`", "``/approve mm/``",
			"**`/approve mm/`**", "**/approve** mm/", "`/approve` mm/", "- **/approve mm/**",
			"LGTM\n/approve mm/", "LGTM\n\n/approve mm/\n\nThanks", "LGTM\r\n/approve mm/\r\n", "LGTM\r/approve mm/", "LGTM\u2028/approve mm/",
			"LGTM\u0085/approve mm/", "LGTM\v/approve mm/",
			"> /approve fs/\n/approve mm/", "```\n/approve fs/\n```\n/approve mm/", "~~~\n/approve fs/\n~~~\n/approve mm/",
			"````\n```\n/approve fs/\n````\n/approve mm/", "```x``` is fine\n/approve mm/",
			"- ```\n  code\n  ```\n/approve mm/\n- ```\n  code\n  ```", "- ```\n  code\n/approve mm/\n```\ncode\n```",
			"1.  ```\n    /approve fs/\n    ```\n\n/approve mm/", "- - ~~~ sh\n    /approve fs/\n    ~~~\n/approve mm/",
			"- x\n  ```\n  /approve fs/\n  ```\n- /approve mm/", "```\n~~~\n/approve fs/\n```\n/approve mm/",
			"/approve mm/ !fs/", "/approve ** !fs/ !net/", "/approve !fs/ !net/", "/approve " + sha1Head + " mm/",
			"/approve " + strings.ToUpper(sha1Head) + " mm/",
			"/approve mm/\n/approve mm/a.c", "* /approve mm/**", "See docs/approve/README for how.\n/approve mm/",
		},
		"fs/a.c mm/a.c": {"/approve mm/ fs/*.c", "/approve mm/\n/approve fs/*.c", "/approve mm/\n- /approve fs/a.c",
			"/approve *s/*.c mm/a.c"},
		"fs/a.c fs/b.h net/core/x.c":        {"/approve !mm/", "/approve ** !mm/", "/approve fs/ net/"},
		"fs/a.c fs/b.h mm/a.c net/core/x.c": {"/approve **", "/approve ** mm/", "/approve mm/\n/approve"},
		"all": {
			"", "LGTM", "/approve", "/Approve", "／approve", " /approve ", "- /approve", "**/approve**", "`/approve`", "/lgtm", "/LGTM",
			"/approve.", "/approve!", "/lgtm!", "/approved", "/approved.", "/Approve！", "/approve " + sha1Head,
			"> /approve mm/", ">/approve mm/", "> > /approve mm/", "- > /approve mm/", "```\n/approve mm/\n```", "~~~text\n/approve mm/\n~~~",
			"```\n/approve: mm/\n```", "   ```\n/approve mm/\n   ```",
			"see docs/approve for how", "see https://example.org/approve mm", "[approve](/approve mm)", "a/approve mm/", "docs/approve.md is fine",
			"/approve.md is fine", "/approve/foo is fine", "/approvers.txt is fine", "mm/approve mm/", "~/approve mm/", "./approve mm/",
			"- ```\n  /approve mm/\n  ```", "1. ```\n   /approve mm/\n\n   /approve mm/\n   ```", "  ```\n  /approve mm/\n  ```",
			"- x\n\n  ```\n  /approve mm/\n  ```\n", "C:\\new/approve mm/",
			"use `/approve mm/` to approve one directory", "you could have said ``/approve mm/`` here", "the `/approve` flow is nice",
			"approve mm/", "Approve: mm/", "approved all but mm/", "I approve mm/ only", "all but mm/", "/recheck", "/why mm/a.c", "/improve mm/",
			"/remove mm/", "/append mm/", "/apply mm/", "/appeal mm/", "/proved mm/a.c", "/test all", "/retest mm/", "/批准 mm/", "/这是一个很长的词 mm/",
			"1/approve mm/", "and/or mm/", "s/approve/reject/ please",
			"please /approve", "LGTM /approve", "LGTM, /lgtm", "/approve\nmm/", "/hold until Tuesday", "/override it", "good\n\nwork",
		},
		"void near_miss": {
			"/approve: mm/", "/approve:mm/", "/approve:", "/approve, mm/", "/approve=mm/", "/approve(mm/)", "/approve-mm mm/", "/approve_mm/",
			"/approvemm/", "/approve@mm/", "/approve… mm/", "/approve! mm/", "/approve. mm/", "/approve; mm/",
			"/approved mm/", "/approves mm/", "/approving mm/", "/approval mm/", "/aprove mm/", "/aproove mm/", "/appprove mm/", "/apporve mm/",
			"/paprove mm/", "/pprove mm/", "/approv mm/", "/approev mm/", "/Aproved mm/", "/approvemm mm/", "/appr0ve mm/", "/4pprove mm/",
			"/@pprove mm/", "/approve2 mm/",
			"/аpprove mm/", "/аррrоvе mm/", "/αpprove mm/", "/ɑpprove mm/", "/apprοve mm/", "/ᴀᴘᴘʀᴏᴠᴇ mm/", "/àpprove mm/", "/apprové mm/",
			"⁄approve mm/", "∕approve mm/", "⧸approve mm/", "\\approve mm/", "\\/approve mm/", "//approve mm/", "/ approve mm/", "/／approve mm/",
			"/lgtm mm/", "/LGTM mm/", "/lgmt mm/", "/lgtm: mm/", "/lgtm cancel",
			"please /approve mm/", "LGTM /approve mm/", "LGTM, /approve mm/ only", "Please，／approve mm/", "请看 /approve mm/", "请看/approve mm/",
			"同意。/approve mm/", "OK:/approve mm/", "(/approve mm/)", "\"/approve mm/\"", "“/approve mm/”", "'/approve mm/'", "@bot /approve mm/",
			"I would /Approve mm/", "well (/approve mm/)", "x | /approve mm/ | y", "all good; /approve mm/",
			"```\n/approve mm/", "LGTM\n~~~\n/approve mm/", "```\n/approve: mm/", "```\n/approve mm/\n~~~", "````\n/approve mm/\n```",
			"```/approve mm/",
			"LGTM\\n/approve mm/", "LGTM\\r\\n/approve mm/", "LGTM%0A/approve mm/", "LGTM\\n\\n/Approve mm/",
			"1. x\n   ```\n   code\n/approve mm/\n```\ncode\n```", "1. x\n    ```\n    code\n   ```\n/approve mm/\n```\ncode\n```",
			"<!--\n```\n-->\n/approve mm/\n<!--\n```\n-->", "<pre>\n~~~\n</pre>\n/approve mm/\n~~~", "• ```\n/approve mm/\n```\n/approve mm/\n```",
			"- [ ] ```\n```\n/approve mm/\n```", "- ```\n  /approve mm/", "- x\n  ```\n /approve mm/\n  ```",
			"~~/approve mm/~~", "**/approve mm/** please", "<!-- /approve mm/ -->", "<b>/approve mm/</b>", "&#47;approve mm/", "&sol;approve mm/",
			"LGTM &#x2F;approve mm/", "!approve mm/ /approve mm/",
		},
		"void no_such_path": {
			"/approve all except mm/", "/approve mm", "/approve mm/, fs/", "/approve MM/", "/approve \"mm/\"", "/approve mm/ and fs/",
			"/approve docs/", "/approve m\u200bm/", "/approve mm/ !docs/", "/approve 0123456 mm/", "/approve 0123456789ab", "/approve " +
				sha1Head[:39] + " mm/", "/approve mm／", "/approve mm/ # only", "/approve /approve mm/", "/approve cancel", "/approve no-issue",
			"/approve mm/ please", "/approve *.c", "/approve mm/**/x.c", "/approve **mm", "/approve — mm/",
		},
		"void other_commit": {"/approve " + strings.Repeat("f", 40), "/approve " + sha256Head + " mm/", "/approve " + strings.Repeat("F", 40) +
			" mm/"},
		"void bad_scope": {"/approve mm/[", "/approve mm\\", "/approve !", "/approve {mm", "/approve mm/ ``"},
	} {
		for _, body := range bodies {
			if got := meaning(body); got != want {
				t.Errorf("%q means %q, want %q", body, got, want)
			}
		}
	}
}

// TestCommands holds what commands of comments are read as.
func TestCommands(t *testing.T) {
	t.Parallel()
	override := Command{Verb: VerbOverride, Commit: sha1Head, Text: "CVE  fix"}
	for body, want := range map[string][]Command{
		"/override " + sha1Head + " CVE  fix":                  {override},
		"- **/Override " + sha1Head + " CVE  fix**":            {override},
		"／override " + strings.ToUpper(sha1Head) + " CVE  fix": {override},
		"/override 0123456789ab CVE fix":                       {{Verb: VerbOverride, Text: "0123456789ab CVE fix"}},
		"/override " + sha256Head + " x":                       {{Verb: VerbOverride, Commit: sha256Head, Text: "x"}},
		"> /override " + sha1Head + " x":                       nil,
		"```\n/override " + sha1Head + " x\n```":               nil,
		"```\n/override " + sha1Head + " x":                    nil,
		"please /override " + sha1Head + " x":                  nil,
		"/overrule " + sha1Head + " x":                         {{Verb: VerbUnknown, Text: "/overrule", Who: "/override"}},
		"/overide " + sha1Head + " x":                          {{Verb: VerbUnknown, Text: "/overide", Who: "/override"}},
		"/lift @alice on leave":                                {{Verb: VerbLift, Who: "alice", Text: "on leave"}},
		"/Lift alice":                                          {{Verb: VerbLift, Who: "alice"}},
		"/lift":                                                {{Verb: VerbLift}},
		"/hold":                                                {{Verb: VerbHold}},
		"/hold until Tuesday":                                  {{Verb: VerbHold, Text: "until Tuesday"}},
		"/hold Cancel":                                         {{Verb: VerbRelease}},
		"/hold，看一下锁":                                           {{Verb: VerbHold, Text: "看一下锁"}},
		"／Hold：Look at it":                                     {{Verb: VerbHold, Text: "Look at it"}},
		"/hold。":                                               {{Verb: VerbHold}},
		"/hold（锁）":                                             {{Verb: VerbHold, Text: "锁）"}},
		"/hold: the lock":                                      {{Verb: VerbHold, Text: "the lock"}},
		"/hold cancel。":                                        {{Verb: VerbRelease}},
		"/hold cancel，已修复":                                     {{Verb: VerbRelease}},
		"/hold cancel.":                                        {{Verb: VerbRelease}},
		"/hold canc\u200bel!":                                  {{Verb: VerbRelease}},
		"/hold cancel?":                                        {{Verb: VerbHold, Text: "cancel?"}},
		"/hold cancel-button is broken":                        {{Verb: VerbHold, Text: "cancel-button is broken"}},
		"/hold cancelled work":                                 {{Verb: VerbHold, Text: "cancelled work"}},
		"/hold取消":                                              nil,
		"/hold-on":                                             nil,
		"/hold/lock.c":                                         nil,
		"/hold.c":                                              nil,
		"/hold?":                                               nil,
		"/holding: x":                                          nil,
		"> /hold，看":                                            nil,
		"/why `mm/a.c`":                                        {{Verb: VerbWhy, Text: "mm/a.c"}},
		"/recheck":                                             {{Verb: VerbRecheck}},
		"/why":                                                 {{Verb: VerbWhy}},
		"/help":                                                {{Verb: VerbHelp}},
		"/help me":                                             nil,
		"/recheck now":                                         {{Verb: VerbUnknown, Text: "/recheck", Who: "/recheck"}},
		"/re-check":                                            {{Verb: VerbUnknown, Text: "/re-check", Who: "/recheck"}},
		"/approve: mm/":                                        {{Verb: VerbUnknown, Text: "/approve:", Who: "/approve"}},
		"- /Aprove":                                            {{Verb: VerbUnknown, Text: "/Aprove", Who: "/approve"}},
		"I would /aprove this":                                 nil, // prose in a comment
		"/retest":                                              nil,
		"/approvers":                                           nil,
		"/approvers mm/":                                       nil,
		"/approver":                                            nil,
		"/precheck":                                            nil,
		"/overwrite x":                                         nil,
		"/usr/lib":                                             nil,
	} {
		if diff := cmp.Diff(want, Commanding(body), cmpopts.IgnoreFields(Command{}, "Line")); diff != "" &&
			!(len(want) == 0 && len(Commanding(body)) == 0) {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
}

// TestCancellations holds that whatever looks like taking an override back does.
func TestCancellations(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"/override cancel", "/Override cancel", "/override Cancel", "／override　cancel", "- /override cancel", "**/override cancel**",
		"/override cancel please", "/override cancel " + sha1Head,
		"/override cancelled", "/override canceled, sorry", "/override cancle", "/overide cancel", "/override: cancel", "/override-cancel",
		"/override_cancel", "/overridecancel", "/cancel override", "/cancel-override", "/cancel the override now",
		"/over\u200bride cancel", "/оverride cancel", "/override 'cancel'", "```\n/override cancel", "/override " + sha1Head + " cancel",
		"/Override " + sha1Head + " Cancelled.", "- /override " + sha1Head + " cancel",
	} {
		if !slices.ContainsFunc(Commands(body), func(c Command) bool { return c.Verb == VerbCancel }) && body != "/cancel the override now" {
			t.Errorf("%q cancels nothing", body)
		}
	}
	for _, body := range []string{"/override " + sha1Head + " cancel the outage", "/override", "/cancel", "/hold cancel",
		"> /override cancel", "```\n/override cancel\n```", "/lift cancel it", "/override because the build cancelled"} {
		if slices.ContainsFunc(Commands(body), func(c Command) bool { return c.Verb == VerbCancel }) {
			t.Errorf("%q cancels", body)
		}
	}
}

// FuzzScope holds that no spelling makes an approval of a scope mean more than the
// scope: characters that are not seen around and within it give the same, or nothing.
func FuzzScope(f *testing.F) {
	f.Add("/approve mm/", "\u200b", 3)
	f.Add("- /approve mm/", " ", 0)
	f.Add("**/approve mm/**", "*", 12)
	f.Fuzz(func(t *testing.T, line, noise string, at int) {
		if at < 0 || at > len(line) {
			return
		}
		Commands(line[:at] + noise + line[at:])
		if len(noise) > 8 || at > 8 || strings.ContainsAny(noise, "\n\r\v\f\u0085\u2028\u2029`>~/\\") {
			return
		}
		const scoped = "/approve mm/"
		body := scoped[:at] + noise + scoped[at:]
		if got := meaning(body); got == "all" && !strings.ContainsFunc(noise, func(r rune) bool { return !hidden(r) }) && noise != "" {
			t.Errorf("%q means everything", body)
		}
	})
}

// TestEditedScope holds that a body that was edited has no scope where it has a command,
// and says nothing where it has none.
func TestEditedScope(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Why{"/approve mm/**": WhyEdited, "/approve": WhyEdited, "well done": ""} {
		if got := ScopeOf(body, true, sha1Head, MaxScope); got.Why != want || len(got.Lines) > 0 {
			t.Errorf("%q: %+v, want %q", body, got, want)
		}
	}
}
