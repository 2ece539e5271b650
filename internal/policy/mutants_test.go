package policy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var mutants = flag.Bool("mutants", false, "hold that every seeded fault is noticed by a test; takes minutes")

// secondModel is the command that plays histories through the gate's loading.
const secondModel = "./internal/gate -run TestSecondModel"

// TestMutants seeds faults into the rule, one at a time, and holds that the
// tests notice each: go test ./internal/policy -run TestMutants -mutants. Without the flag it
// only holds that what they replace is there.
func TestMutants(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []struct{ file, old, new, tests string }{
		{"policy/sight/survival.go", "return id == now.ID, nil", "return id != \"\", nil", "./internal/policy/rule"},
		{"policy/sight/survival.go", "if !ok || mode != now.Mode {", "if !ok || mode == \"\" {", "./internal/policy/rule"},
		{"policy/rule/seen.go", "lives = e.merges[*depends]", "lives = true", "./internal/policy/rule"},
		{"policy/rule/approvals.go", "case f.Hidden:\n\t\treturn false, policy.NoteHidden", "case f.Hidden:", "./internal/policy/rule"},
		{"policy/rule/approvals.go", "\tcase pull.Dismissed:\n\t\tst.approvals = nil", "\tcase pull.Dismissed:", "./internal/policy/rule"},
		{"policy/rule/roster.go", "return e.isAuthor(m.who) || e.s.Gone[m.login]", "return e.s.Gone[m.login]", "./internal/policy/rule"},
		{"policy/command/command.go", "case found && edited:", "case found && !found:", "./internal/policy/command -run TestEditedScope"},
		{"policy/rule/override.go", "e.facts.MergeBase(base, req.Head) != req.MergeBase || req.MergeBase == \"\"", "req.MergeBase == \"\"",
			secondModel},
		{"policy/rule/override.go", "!blocks(n.Code)", "n.Code != \"\"", "./internal/policy/rule"},
		{"policy/rule/evaluate.go", "if f.Protected && f.State != policy.Reviewed {", "if false {", "./internal/policy/rule"},
		{"policy/rule/files.go", "len(need.Candidates) >= need.Missing", "true", "./internal/policy/rule"},
		{"merge/merge.go", "left[0].a+left[0].n < right[0].a", "left[0].a+left[0].n <= right[0].a", "./internal/merge"},
		{"merge/merge.go", "case r == 0, l > 0 && slices.Equal(mine, other):", "case l > 0:", "./internal/merge"},
		{"content/whole.go", "if len(bases) > 1 {", "if len(bases) > 2 {", "./cmd/reviewgate -run TestTwoMergeBases"},
		{"gittree/merge.go", "return below, want.file() != merged.file(), nil", "return below, false, nil",
			"./cmd/reviewgate -run TestStories/maintainer-updates"},
		{"content/commits.go", "c.Paths, err = r.Trees(ctx, repo).Unexplained(bases[0], first, second, c.ID)", "c.Paths, err = nil, nil",
			"./cmd/reviewgate -run TestStories/maintainer-updates"},
		{"policy/sight/sight.go", "if v.Seen.CommitsStay {", "if v.Seen != nil {", "./cmd/reviewgate -run TestStories/repointed-while-down"},
		{"policy/sight/sight.go", "bases := []pull.Tip{all[lower].Base()}", "bases := []pull.Tip{all[upper].Base()}", secondModel},
		{"policy/sight/sight.go", "bases = append(bases, between...)", "bases = append(bases, between[:0]...)", secondModel},
		{"policy/rule/approvals.go", "k := key{strings.ToLower(g.Author.Login), g.on}", "k := key{strings.ToLower(g.Author.Login), e.views[0]}",
			"./cmd/reviewgate -run TestStories/twin-objection-stays"},
		{"policy/rule/contributors.go", "for _, h := range v.Heads {\n\t\tc.Add(h.Commits, e.signer)\n\t}",
			"for _, of := range e.views {\n\t\tfor _, h := range of.Heads {\n\t\t\tc.Add(h.Commits, e.signer)\n\t\t}\n\t}",
			"./cmd/reviewgate -run TestStories/twin-of-a-forged-past"},
		{"policy/rule/approvals.go", "body, edited = s.Body, s.Edited", "body, edited = s.Body, false",
			"./cmd/reviewgate -run TestStories/edited-before-it-was-seen"},
		{"policy/sight/sight.go", "commit = told.Commit", "commit = s.Commit", secondModel},
		{"policy/sight/sight.go", "Settle = 10 * time.Minute", "Settle = 0 * time.Minute",
			"./cmd/reviewgate -run TestStories/begun-before-a-retarget"},
		{"policy/sight/sight.go", "if len(moves) == 0 {\n\t\treturn []pull.Tip{b.Base()}, a.BaseBranch == b.BaseBranch",
			"if known {\n\t\treturn nil, true", secondModel},
		{"policy/names.go", "return template + \"/\" + branchMark, true", "return template, false", "./internal/policy -run TestCheckNames"},
		{"forge/github/write.go", "return len(c.Annotations) == 0 && (shows == policy.Pending || shows != \"\" && shows == " +
			"seam.Visible(c.Outcome))", "return true", "./cmd/reviewgate -run TestPendingCheckIsRenewedOnce"},
		{"effects/checks.go", "if !errors.Is(err, pull.ErrRefused) {", "if !errors.Is(err, pull.ErrRefused) || err != nil {", secondModel},
		{"content/whole.go", "stale := r.stale(ctx, look, c)", "stale := false && r.stale(ctx, look, c)",
			"./cmd/reviewgate -run TestListOfAnOlderBase"},
		{"sources/elsewhere.go", "slices.ContainsFunc(base, func(b policy.Source) bool { return sameFile(b, s) })", "len(base) > 0",
			"./cmd/reviewgate -run TestProposalReadsNothingElsewhere"},
		{"sources/elsewhere.go", "pull.Within(from, to) ||", "from != to ||", "./cmd/reviewgate -run TestTrust"},
		{"sources/elsewhere.go", "Text: f.Kind() + elsewhere}", "Text: f.Text}", "./cmd/reviewgate -run TestContentElsewhereIsNotShown"},
		{"policy/rule/forgotten.go", "!d.At.Before(o.At) && (d.Author.Login == \"\" || might(d.Author))", "false",
			"./cmd/reviewgate -run TestDeletedCancelWithoutMemory"},
		{"gate/ungated.go", "case in.Policy.ID == \"\":\n\t\treturn NoPolicy", "case in.Policy.ID == \"none\":\n\t\treturn NoPolicy",
			"./cmd/reviewgate -run TestNoPolicyIsAnError"},
		{"terminal/terminal.go", "return strconv.Quote(s)", "return s", "./cmd/reviewgate -run TestOutputIsOnlyShown"},
		{"terminal/writer.go", "b.WriteString(`\\u003a:`)", "b.WriteString(command)", "./internal/terminal"},
		{"store/sqlite/private.go", "privateFile fs.FileMode = 0o600", "privateFile fs.FileMode = 0o644",
			"./internal/store/sqlite -run TestPrivate"},
		{"snapshot/sights.go", "if !older {", "if !older || older {", "./cmd/reviewgate -run TestReadsBehindTheirEvents"},
		{"policy/authors/authors.go", "for _, login := range logins {", "for _, login := range logins[:0] {",
			"./cmd/reviewgate -run TestStories/address-of-the-people-file"},
		{"policy/rule/contributors.go", "return k.Own(f)\n\tdefault:", "return k.Own(f) || k.HandedBy(f) != \"\"\n\tdefault:",
			"./cmd/reviewgate -run TestStories/backport-by-committers"},
		{"pull/signature.go", "(?:co-authored-by|co-developed-by)", "(?:co-authored-by)", "./cmd/reviewgate -run TestStories/co-developed-by"},
		{"forge/github/answers.go", "p == nil || p.User != nil && p.User.Login == webFlow", "p == nil",
			"./internal/forge/github -run TestSignatures"},
		{"policy/command/command.go", "meant(code.end(true))", "meant(code.end(false))", "./internal/policy/command -run TestSpellings"},
		{"policy/rule/approvals.go", "idle != \"\" && !older(&e.s, 3)", "idle == \"/\"", "./cmd/reviewgate -run TestStories/scope-of-no-file"},
		{"policy/command/command.go", "(?:[0-9a-fA-F]{40}|", "(?:[0-9a-fA-F]{12,40}|", "./internal/policy/command -run TestCommands"},
		{"policy/rule/objections.go", "if !o.Spoken && !o.Ended && !shown {", "if false && !shown {",
			"./cmd/reviewgate -run TestStories/objection-of-a-hidden-account"},
		{"policy/rule/objections.go", "return st.block.gone != nil || st.block.State == pull.Dismissed", "return true",
			"./cmd/reviewgate -run TestStories/lift-of-a-living-objection"},
		{"policy/minimum.go", "if asked || len(m.Ignore) > 0 {", "if asked && len(m.Ignore) > 0 {", "./internal/policy -run TestMinimum"},
		{"gitattributes/pattern.go", "set[b] = set[b] != negated && b != '/'", "set[b] = set[b] != negated", "./internal/gitattributes"},
		{"strictyaml/strictyaml.go", "case key.Value == mergeKey:", "case key.Value == mergeKey && n == nil:",
			"./cmd/reviewgate -run TestStories/merge-key"},
		{"ownership/ownersfile/ownersfile.go", "if !ignore.Has(dir) {", "if !ignore.Has(dir) || ignore != nil {",
			"./cmd/reviewgate -run TestStories/owners-vendored"},
		{"ownership/codeowners/owner.go", "\tcase doubts[true] != \"\":\n\t\tp.skip(number, paths, \"%s\", doubts[true])",
			"\tcase doubts[true] != \"\":\n\t\tok = true", "./cmd/reviewgate -run TestStories/codeowners-skipped"},
		{"sources/place.go", "if e := entries[dir]; e.IsLink() {", "if e := entries[dir]; e.IsLink() && f.Way != \"\" {",
			"./cmd/reviewgate -run TestStories/link-above-policy"},
		{"ownership/codeowners/section.go", "dropped != \"\" {", "dropped != \"\" && p == nil {",
			"./cmd/reviewgate -run TestStories/codeowners-sections"},
		{"seam/queue.go", "for !q.AllGreen && (q.Tip", "for false && (q.Tip", "./cmd/reviewgate -run TestStories/queue-headgreen"},
		{"gate/apply.go", "if err := g.Queues.Doubt(ctx, ref, memory.Known.BaseBranch); err != nil {", "if err := error(nil); err != nil {",
			"./cmd/reviewgate -run TestDismissalThatCannotBeRead"},
		{"snapshot/attributes.go", "cmp.Or(l.Look.OwnedAt, req.BaseTip)", "cmp.Or(req.BaseTip, l.Look.OwnedAt)",
			"./cmd/reviewgate -run TestStories/queue-attributes-ahead"},
		{"gate/apply.go", "!= run.sweeps || run.queued {", "!= run.sweeps {", "./cmd/reviewgate -run TestStories/queue-owners-ahead"},
		{"mergequeue/mergequeue.go", "if queue.Holds(c.Head) || err != nil && groups {", "if queue.Holds(\"\") || err != nil && groups {",
			"./cmd/reviewgate -run TestStories/queue-on-a-groups-commit"},
		{"mergequeue/group.go", "k.BaseBranch != q.branch && k.Outcome", "k.BaseBranch == \"\" && k.Outcome",
			"./cmd/reviewgate -run TestStories/queue-on-a-groups-commit-elsewhere"},
		{"mergequeue/mergequeue.go", "problems = append(problems, fmt.Errorf(\"judge the group",
			"return errors.Join(nil, fmt.Errorf(\"judge the group", "./cmd/reviewgate -run TestUnreadMemberOfAGroup"},
		{"mergequeue/stray.go", "if len(listers[p]) == 1 && x.odd[i][p] && !x.told[p] {", "if false {",
			"./cmd/reviewgate -run TestStories/queue-rename-ahead"},
		{"mergequeue/mergequeue.go", "if len(changes) > 0 {", "if len(changes) > 1000 {", "./cmd/reviewgate -run TestWrongMergeIsTold"},
		{"gate/failed.go", "left = append(left, c.Name)", "left = append(left[:0:0], left...)", "./cmd/reviewgate -run TestStepThatOnlyReads"},
		{"snapshot/find.go", "if g.cfg.Finder == nil {", "if g.cfg.Finder != nil {", "./cmd/reviewgate -run TestStepOnClosing"},
		{"gate/failed.go", "if unread != nil {", "if unread != nil && found != nil {", "./cmd/reviewgate -run TestStepThatFails"},
		{"forge/github/statuses.go", "return self.is(s.GetCreator().GetLogin()) && s.GetContext()", "return self != nil && s.GetContext()",
			"./cmd/reviewgate -run TestStepWritesOnce"},
		{"forge/github/viewer.go", "return a.Viewer.Login, nil", "return \"github-actions[bot]\", nil",
			"./cmd/reviewgate -run TestStepWritesOnce"},
		{"forge/github/archive.go", "if l.Head == head {", "if l.Head == head && l.HeadRepo == repo.Slug() {",
			"./cmd/reviewgate -run TestStepSeesTwinsInForks"},
		{"doctor/forge.go", "f.Login.State == WrongTimes || off && f.Login.State == NotTaken:",
			"f.Login.State == WrongTimes || off && f.Login.State == NoSuchApp:", "./cmd/reviewgate -run TestDoctorOfTheApp"},
		{"queue/runner.go", "it is run again\", \"error\", failed)\n\t\tr.lose()", "it is run again\", \"err\", failed)",
			"./internal/store/sqlite -run TestFinishFails"},
		{"queue/runner.go", "Pause: max(0, step.At.Sub(r.options.Now()))", "Pause: max(0, time.Until(step.At))",
			"./internal/store/sqlite -run TestStore/Queue/another_clock"},
		{"queue/shares.go", "free < 1 || has > 0 && has+2 > free", "free < 1", "./internal/queue -run TestShares"},
		{"queue/runner.go", "if r.engine.Yields != nil {", "if r.engine.Yields == nil {",
			"./internal/store/postgres -run TestUnreachedForgeIsLeftToOthers"},
		{"queue/queue.go", "return Revoke", "return Fresh", "./internal/store/sqlite -run TestStore/Order"},
		{"forge/github/doctor_branch.go", "return own, err.Error(), nil", "return own, \"\", nil", "./cmd/reviewgate -run TestDoctorOfABranch"},
		{"snapshot/load.go", "\tif l.Crowded {\n\t\tonlyObjections", "\tif l.Crowded && l == nil {\n\t\tonlyObjections",
			"./cmd/reviewgate -run TestManyTwins"},
		{"gate/twinned.go", "k.Check, k.Outcome, k.Sources = run.known.Check, run.known.Outcome, run.known.Sources", "_ = k",
			"./cmd/reviewgate -run TestManyTwins"},
		{"gate/twinned.go", "cancels: t.Memory.NewCancels(l.Memory.Cancels)", "cancels: nil",
			"./cmd/reviewgate -run TestStories/cancelled-on-a-twin"},
		{"gate/twinned.go", "at.Judged[k.Ref.Number] != l.Judged[k.Ref.Number]", "at.Judged == nil",
			"./cmd/reviewgate -run TestTwinsJudgedAtOnce"},
		{"snapshot/heads.go", "h.Files, h.Hidden, h.List = l.Files, l.Hidden, \"\"", "h.Hidden, h.List = l.Hidden, \"\"",
			"./cmd/reviewgate -run TestStories/force-push-back"},
		{"policy/sight/sight.go", "h.Complete && h.List == \"\"", "h.Complete", "./cmd/reviewgate -run TestStories"},
		{"sources/ownership.go", "read.Add(int64(len(into.Data))) > int64(most.bytes)", "read.Add(int64(len(into.Data))) < 0",
			"./cmd/reviewgate -run TestProposalOfAnySize"},
		{"policy/command/condense.go", "lines = append(lines, tooMany, \"/override cancel\")", "lines = append(lines, \"\")",
			"./internal/policy/command -run TestCondense"},
		{"forge/github/archive.go", "if b.buf.Len()+len(p) > b.most {", "if b.buf.Len()+len(p) < 0 {",
			"./internal/forge/github -run TestEndlessBlob"},
		{"queue/shares.go", "first.Class >= Found || s.times", "true || s.times", "./internal/queue -run TestBusyOnes"},
		{"webhook/body.go", "r.size < 0 || r.size > smallBody", "cap(r.body) >= smallBody || r.size > smallBody",
			"./cmd/reviewgate -run TestStrangersKeepNobodyOut/chunked"},
		{"webhook/crowd.go", "c.of[address] >= maxUnfinishedOfOne", "c.of[address] < 0", "./internal/webhook -run TestCrowdOfSlowSenders"},
		{"webhook/share.go", "return x < y", "return false", "./internal/webhook -run TestLargeBodyAmongStalled"},
		{"store/sqlite/repair.go", "`ALTER TABLE repo ADD COLUMN forge_id INTEGER NOT NULL DEFAULT 0`", "`SELECT 1`",
			"./internal/store/sqlite -run TestUpgradeFromLanded"},
		{"store/columns.go", "if !have[line] {", "if !have[line] && have == nil {", "./internal/store/sqlite -run TestNotReadyWithoutAColumn"},
		{"store/postgres/arrive.go", "lock_timeout = '100ms'", "lock_timeout = '9s'", "./internal/store/postgres -run TestLockedRow"},
		{"store/postgres/arrive.go", " AND u.forge_id IN (0, r.forge_id)", "", "./internal/store/postgres -run TestStore/Inbox"},
		{"store/sqlite/file.go", "!os.SameFile(own, f.own)", "own == nil", "./internal/store/sqlite -run TestFileThatIsGone"},
		{"forge/window.go", "left := repoShare*(most-(total-repo)) - (repoShare+1)*repo", "left := (repoShare + 1) * most",
			"./internal/forge -run TestPaceIsShared"},
		{"forge/pace.go", "; unsent {", "; unsent && res != nil {", "./internal/forge -run TestPaceTakesAllPlacesOrNone"},
		{"gate/replay.go", "silent := in.Crowded || in.Early", "silent := in.Crowded", "./cmd/reviewgate -run TestStories/early"},
		{"sources/lack.go", "if s.Repo == \"\" || s.Pos.File == \"\" {", "if s.Path != \"\" {",
			"./cmd/reviewgate -run TestStories/source-of-another-owner"},
		{"policy/rule/blocks.go", "!st.block.WriteUnknown && ", "", "./internal/policy/rule"},
		{"policy/rule/blocks.go", "len(r.unread) > 0 && !gone.NoWrite", "len(r.unread) > 0",
			"./cmd/reviewgate -run TestStories/objection-of-a-stranger"},
		{"forge/breaker.go", " && len(b.things) >= failingThings", "", "./internal/forge -run TestBreakerLeavesOthersAlone"},
	} {
		t.Run(fmt.Sprint(i, " ", m.file), func(t *testing.T) {
			file := filepath.Join(root, "internal", filepath.FromSlash(m.file))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), m.old) != 1 {
				t.Fatalf("%q stands %d times", m.old, strings.Count(string(text), m.old))
			}
			if !*mutants {
				return
			}
			dir := t.TempDir()
			seeded := filepath.Join(dir, "seeded.go")
			if err := os.WriteFile(seeded, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: seeded}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"test", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json")}, strings.Fields(m.tests)...)
			cmd := exec.CommandContext(t.Context(), "go", args...) //nolint:gosec // the table above
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("nobody notices %q instead of %q", m.new, m.old)
			case !strings.Contains(string(out), "--- FAIL"):
				t.Errorf("it does not run: %s", out)
			}
		})
	}
}
