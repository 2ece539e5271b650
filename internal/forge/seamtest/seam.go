// Package seamtest holds a forge to what the gate is promised of it, part by part of
// seam.Forge, and its webhooks to what they hint at. It names no forge: people act on a
// forgetest.World, and what is shown there must be what the parts say.
package seamtest

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/service"
)

// Run holds the parts of a forge that the gate uses to what each promises: after acts of
// people, they say what happened, and what they write is what people are shown.
func Run(t *testing.T, b forgetest.Bench) {
	t.Helper()
	for name, test := range map[string]func(*trial){
		"look": seamLook, "look at reviews": seamReviews, "changes": seamChanges, "objects": seamObjects, "lists": seamLists, "teams": seamTeams,
		"checks": seamChecks, "comments": seamComments, "requests": seamRequests, "labels": seamLabels, "webhooks": seamWebhooks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := b(t, forgetest.Setting{})
			forge, err := w.Connect()
			must(t, err)
			repo, err := w.Ref()
			must(t, err)
			s := &trial{World: w, t: t, forge: forge, repo: repo.Repo, start: w.Tip("", "main")}
			s.ref = pull.Ref{Repo: s.repo, Number: s.change("topic", map[string]*fake.File{"mm/a.c": {Content: "mine\n"}})}
			test(s)
		})
	}
}

// trial is a world with an open pull request of dave's from the branch topic, and the
// forge's parts.
type trial struct {
	*forgetest.World
	t     *testing.T
	forge service.Forge
	repo  pull.Repo
	ref   pull.Ref
	start string // commit that main begins with
}

// change pushes a branch as dave, and opens a pull request from it.
func (s *trial) change(branch string, files map[string]*fake.File) int {
	s.t.Helper()
	s.push(branch, files)
	number, err := s.Open(forgetest.Opening{Author: "dave", Head: branch})
	must(s.t, err)
	return number
}

func (s *trial) push(branch string, files map[string]*fake.File) string {
	s.t.Helper()
	id, err := s.Push("", fake.Change{Branch: branch, Author: "dave", Message: "change", Files: files})
	must(s.t, err)
	return id
}

func (s *trial) look() seam.Look {
	s.t.Helper()
	look, err := s.forge.Gate.Source.Look(s.t.Context(), s.ref, []string{forgetest.MapPath, "none"}, false)
	must(s.t, err)
	return look
}

// same holds that two values are equal.
func (s *trial) same(what string, got, want any) {
	s.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// standing is where a pull request stands.
type standing struct {
	Author, Base, BaseTip, Branch, Head string
	Open, Draft, Merged                 bool
}

func seamLook(s *trial) {
	is := standing{Author: "dave", Base: "main", BaseTip: s.start, Branch: "topic", Head: s.Tip("", "topic"), Open: true}
	step := func(after string) {
		s.t.Helper()
		look := s.look()
		r := look.Request
		s.same("after "+after, standing{r.Author.Login, r.BaseBranch, r.BaseTip, r.HeadBranch, r.Head, r.Open, r.Draft, r.Merged}, is)
		if look.ChangedFiles != 1 && look.ChangedFiles != seam.Untold || look.At.Before(r.UpdatedAt) || r.Ref != s.ref {
			s.t.Errorf("after %s: %+v", after, look)
		}
	}
	step("an opening")
	look := s.look()
	if look.DefaultBranch != "main" || look.DefaultTip != s.start || look.Policy.ID == "" ||
		look.Owned[forgetest.MapPath].Mode != pull.Regular || look.Owned["none"].Mode != "" {
		s.t.Errorf("the default branch: %+v", look)
	}
	must(s.t, s.SetDraft(s.ref.Number, "dave", true))
	is.Draft = true
	step("a draft")
	must(s.t, s.SetDraft(s.ref.Number, "dave", false), s.SetBranch("", "wip", s.start, "carol"), s.Retarget(s.ref.Number, "dave", "wip"))
	is.Draft, is.Base = false, "wip"
	step("another base")
	if moves := s.look().Request.BaseMoves; s.look().Request.BaseMovesKnown &&
		(len(moves) != 1 || moves[0].Kind != "" && moves[0].Kind != pull.Retargeted) {
		s.t.Errorf("moves of the base: %+v", moves)
	}
	must(s.t, s.Close(s.ref.Number, "dave"))
	is.Open = false
	step("a closing")
	must(s.t, s.Reopen(s.ref.Number, "dave"))
	is.Open, is.Head = true, s.push("topic", map[string]*fake.File{"mm/a.c": {Content: "better\n"}})
	step("a push")
	must(s.t, s.Merge(s.ref.Number, "carol"))
	is.Open, is.Merged, is.BaseTip = false, true, s.Tip("", "wip")
	step("a merge")
}

// mayPush is what the forge says where it is asked, and true where it can't be.
func (s *trial) mayPush(login string) bool {
	if s.forge.Gate.Rights == nil {
		return true
	}
	may, err := s.forge.Gate.Rights.MayPush(s.t.Context(), s.ref.Repo, login)
	must(s.t, err)
	return may
}

// seamAccepts is seamReviews where people accept, at no commit and with no words.
func seamAccepts(s *trial) {
	_, err := s.Review(s.ref.Number, fake.Review{By: "alice", State: fake.Approved})
	must(s.t, err)
	_, err = s.Comment(s.ref.Number, "bob", "/recheck")
	must(s.t, err)
	r := s.look().Request
	if len(r.Reviews) != 1 || r.Reviews[0].Author.Login != "alice" || r.Reviews[0].State != pull.Approved || r.Reviews[0].Commit != "" {
		s.t.Errorf("reviews: %+v", r.Reviews)
	}
	if len(r.Comments) != 1 || r.Comments[0].Author.Login != "bob" || r.Comments[0].Body != "/recheck" || r.Comments[0].Edited {
		s.t.Errorf("comments: %+v", r.Comments)
	}
	s.push("topic", map[string]*fake.File{"mm/b.c": {Content: "more\n"}})
	if left := len(s.look().Request.Reviews); (left > 0) == s.Lacks("kept-reviews") {
		s.t.Errorf("%d reviews after a push", left)
	}
}

func seamReviews(s *trial) {
	if s.Lacks("reviewed-commits") {
		seamAccepts(s)
		return
	}
	first := s.Tip("", "topic")
	id, err := s.Review(s.ref.Number, fake.Review{By: "alice", State: fake.Approved, Body: "fine"})
	must(s.t, err)
	_, err = s.Review(s.ref.Number, fake.Review{By: "mallory", State: fake.Commented, Body: "well"})
	must(s.t, err)
	_, err = s.Comment(s.ref.Number, "bob", "/recheck")
	must(s.t, err)
	s.push("topic", map[string]*fake.File{"mm/b.c": {Content: "more\n"}})
	r := s.look().Request
	type said struct {
		Who, State, Commit string
		CanWrite           bool
	}
	var got []said
	for _, v := range r.Reviews {
		got = append(got, said{v.Author.Login, string(v.State), v.Commit, v.CanWrite || v.WriteUnknown && s.mayPush(v.Author.Login)})
	}
	s.same("reviews", got, []said{{"alice", "APPROVED", first, true}, {"mallory", "COMMENTED", first, s.Lacks("authors")}})
	if len(r.Comments) != 1 || r.Comments[0].Author.Login != "bob" || r.Comments[0].Body != "/recheck" || r.Comments[0].Edited {
		s.t.Errorf("comments: %+v", r.Comments)
	}
	if !s.Lacks("editors") {
		must(s.t, s.EditReview(s.ref.Number, "dave", id, "finer"))
		if v := s.look().Request.Reviews[0]; !v.Edited || v.Body != "finer" || v.EditedBy.Login != "dave" {
			s.t.Errorf("edited: %+v", v)
		}
	}
	if s.Lacks("dismissals") {
		return
	}
	must(s.t, s.Dismiss(s.ref.Number, "carol", id))
	if v := s.look().Request.Reviews[0]; v.State != pull.Dismissed || v.DismissedBy.Login != "carol" || v.DismissedState != pull.Approved ||
		v.DismissedByForge {
		s.t.Errorf("dismissed: %+v", v)
	}
}

func seamChanges(s *trial) {
	s.change("all", map[string]*fake.File{"mm/a.c": {Content: "mine\n"}, "fs/a.c": nil, "new": {Content: "new\n"},
		"tool": {Content: "x\n", Mode: pull.Executable}})
	_, err := s.Push("", fake.Change{Branch: "all", Author: "dave", Message: "rename", Rename: map[string]string{"mm/b.c": "mm/c.c"}})
	must(s.t, err)
	s.ref.Number++
	look := s.look()
	change, err := s.forge.Gate.Source.Files(s.t.Context(), look)
	must(s.t, err, s.forge.Gate.Source.Sides(s.t.Context(), look, &change))
	got := map[string]string{}
	for _, f := range change.Files {
		if !f.Whole() {
			s.t.Errorf("not whole: %+v", f.Content)
		}
		got[strings.Join(f.Paths(), " ")] = string(f.Status) + " " + string(f.OldMode) + " " + string(f.Mode)
	}
	s.same("files", got, map[string]string{
		"mm/a.c": "modified 100644 100644", "fs/a.c": "removed 100644 ", "new": "added  100644", "tool": "added  100755",
		"mm/b.c mm/c.c": "renamed 100644 100644",
	})
	if change.MergeBase != s.start || change.SameTree || change.Incomplete != "" || change.After != look.Revision() {
		s.t.Errorf("%+v, want the moment %+v", change, look.Revision())
	}
	head, err := s.forge.Gate.Archive.HeadAt(s.t.Context(), look, look.Request.Head)
	must(s.t, err)
	if !head.Complete || head.MergeBase != s.start || len(head.Files) != len(change.Files) {
		s.t.Errorf("of a commit: %+v", head)
	}
}

func seamObjects(s *trial) {
	ctx, archive, head := s.t.Context(), s.forge.Gate.Archive, s.Tip("", "topic")
	for commit, text := range map[string]string{head: "mine\n", seam.DefaultTip: forgetest.Lines("mm/a.c", 20)} {
		entries, err := archive.Entries(ctx, s.repo, commit, []string{"mm/a.c", "mm", "none"})
		must(s.t, err)
		if entries["mm"].Mode != pull.Directory || entries["none"].Mode != "" || entries["mm/a.c"].ID != pull.BlobID([]byte(text)) {
			s.t.Errorf("entries at %s: %+v", commit, entries)
		}
		data, err := archive.Blob(ctx, s.repo, entries["mm/a.c"].ID, len(text))
		if must(s.t, err); !bytes.Equal(data, []byte(text)) {
			s.t.Errorf("blob %q", data)
		}
		if _, err := archive.Blob(ctx, s.repo, entries["mm/a.c"].ID, len(text)-1); !errors.Is(err, pull.ErrTooLarge) {
			s.t.Errorf("a blob that is too large: %v", err)
		}
	}
	if _, err := archive.Blob(ctx, s.repo, strings.Repeat("1", 40), 10); !errors.Is(err, pull.ErrNotFound) {
		s.t.Errorf("no blob: %v", err)
	}
	trees, err := s.forge.Gate.Trees.Trees(ctx, s.repo, []string{head})
	must(s.t, err)
	if !slices.ContainsFunc(trees[head], func(e gittree.Entry) bool { return e.Name == "mm" && e.Mode == pull.Directory }) {
		s.t.Errorf("tree: %+v", trees)
	}
	bases, err := s.forge.Gate.Trees.MergeBases(ctx, s.repo, s.start, head)
	must(s.t, err)
	s.same("merge bases", bases, []string{s.start})
	commits, err := s.forge.Gate.Trees.Commits(ctx, s.repo, s.start, head)
	must(s.t, err)
	if len(commits) != 1 || commits[0].ID != head || commits[0].Signed[0].Account.Login != "dave" ||
		!slices.Equal(commits[0].Parents, []string{s.start}) {
		s.t.Errorf("commits: %+v", commits)
	}
}

func seamLists(s *trial) {
	ctx, lister := s.t.Context(), s.forge.Gate.Lister
	open, err := lister.OpenRequests(ctx, s.repo)
	must(s.t, err)
	if len(open) != 1 || open[0].Number != s.ref.Number || open[0].Head != s.Tip("", "topic") || open[0].BaseBranch != "main" ||
		open[0].DefaultBranch != "main" || open[0].HeadBranch != "topic" || open[0].HeadRepo != s.Repo {
		s.t.Errorf("open: %+v", open)
	}
	must(s.t, s.Close(s.ref.Number, "dave"))
	if open, err = lister.OpenRequests(ctx, s.repo); err != nil || len(open) != 0 {
		s.t.Errorf("open: %+v, %v", open, err)
	}
	for branch, want := range map[string]string{"main": s.start, "none": ""} {
		if tip, err := lister.Tip(ctx, s.repo, branch); err != nil || tip != want {
			s.t.Errorf("tip of %s: %q, %v", branch, tip, err)
		}
	}
	repos, _, err := s.forge.Sweep.Repositories(ctx)
	if must(s.t, err); !slices.Contains(repos, s.repo) {
		s.t.Errorf("repositories: %v", repos)
	}
}

func seamTeams(s *trial) {
	if s.Lacks("teams") {
		s.t.Skip("the forge has no teams")
	}
	team := func(name string) policy.Team {
		team, err := s.forge.Gate.Source.Team(s.t.Context(), s.repo, name)
		must(s.t, err)
		return team
	}
	if got := team("acme/fs"); got.Unread != "" || len(got.Members) != 1 || got.Members[0].Login != "erin" {
		s.t.Errorf("team: %+v", got)
	}
	must(s.t, s.Teams.AddTeamMember("acme", "fs", "dave"), s.Teams.RemoveTeamMember("acme", "fs", "erin"))
	if got := team("acme/fs"); len(got.Members) != 1 || got.Members[0].Login != "dave" {
		s.t.Errorf("team: %+v", got)
	}
	if got := team("acme/none"); got.Unread == "" {
		s.t.Errorf("no team: %+v", got)
	}
}

func seamChecks(s *trial) {
	head := s.Tip("", "topic")
	required, before := fake.RequiredCheck{Name: policy.DefaultCheck}, seam.Written{}
	if s.Sourced {
		required.App = s.App
	}
	for _, outcome := range []policy.Outcome{policy.Pending, policy.Pending, policy.Failure, policy.Success, policy.Success, policy.Error,
		policy.Success, policy.Pending} {
		c := publish.Check{Head: head, Name: policy.DefaultCheck, Outcome: outcome, Title: "as " + string(outcome), Summary: "more"}
		id, err := s.forge.Gate.Publisher.SetCheck(s.t.Context(), s.ref, c, before)
		must(s.t, err)
		before = seam.Written{ID: id, Outcome: seam.Visible(outcome)}
		runs := s.CheckRuns(head)
		last := runs[len(runs)-1]
		want := map[policy.Outcome]fake.Conclusion{policy.Pending: "", policy.Success: fake.Success, policy.Failure: fake.Failure,
			policy.Error: fake.Failure}[outcome]
		if s.PassOnly { // that is all which is shown
			want, last.Title, last.Name = last.Conclusion, c.Title, c.Name
		}
		if last.Conclusion != want || (want == "") != (last.Status == fake.InProgress) || last.Title != c.Title || last.App != s.App ||
			last.Name != c.Name {
			s.t.Errorf("%s is shown as %+v", outcome, last)
		}
		if passes, err := s.Passes(s.ref.Number, required); err != nil || passes != (outcome == policy.Success) {
			s.t.Errorf("%s passes: %v, %v", outcome, passes, err)
		}
		if s.forge.Gate.Inspector == nil {
			continue
		}
		if got, err := s.forge.Gate.Inspector.CheckOn(s.t.Context(), s.ref, head, c.Name, false); err != nil || got != seam.Visible(outcome) &&
			(!s.PassOnly || (got == policy.Success) != (outcome == policy.Success)) {
			s.t.Errorf("%s stands as %q, %v", outcome, got, err)
		}
	}
}

func seamComments(s *trial) {
	write := func(text, id string, search bool) string {
		s.t.Helper()
		id, err := s.forge.Gate.Publisher.UpsertComment(s.t.Context(), s.ref, publish.Mark+"\n"+text, id, search)
		must(s.t, err)
		if all := s.Comments(s.ref.Number); len(all) != 1 || all[0].Author != s.Bot || !strings.HasSuffix(all[0].Body, text) {
			s.t.Errorf("after %q: %+v", text, all)
		}
		return id
	}
	id := write("first", "", false)
	if again := write("second", id, false); again != id {
		s.t.Errorf("written to %q, want %q", again, id)
	}
	if found := write("third", "", true); found != id {
		s.t.Errorf("found %q, want %q", found, id)
	}
	must(s.t, s.DeleteComment(s.ref.Number, "carol", s.Comments(s.ref.Number)[0].ID))
	if _, err := s.forge.Gate.Publisher.UpsertComment(s.t.Context(), s.ref, publish.Mark+"\nfourth", id, false); !errors.Is(err,
		pull.ErrNotFound) || len(s.Comments(s.ref.Number)) > 0 {
		s.t.Errorf("a comment that somebody deleted: %v, %+v", err, s.Comments(s.ref.Number))
	}
	if anew := write("fifth", "", false); anew == id {
		s.t.Error("a comment that is gone has its id still")
	}
}

func seamRequests(s *trial) {
	names, no := []string{"alice", "mallory", "dave", "bob"}, []string{"dave", "mallory"}
	if s.Lacks("refused-requests") {
		names, no = []string{"alice", "dave", "bob"}, []string{"dave"}
	}
	asked, refused, err := s.forge.Gate.Publisher.RequestReviewers(s.t.Context(), s.ref, names)
	must(s.t, err)
	slices.Sort(asked)
	slices.Sort(refused)
	s.same("asked", asked, []string{"alice", "bob"})
	s.same("refused", refused, no)
	people, _ := s.Requested(s.ref.Number)
	r := s.look().Request
	slices.Sort(r.Requested)
	slices.Sort(people)
	s.same("shown", people, []string{"alice", "bob"})
	s.same("looked", r.Requested, people)
	must(s.t, s.UnrequestReviewers(s.ref.Number, "carol", []string{"bob"}, nil))
	if asks := s.look().Request.ReviewRequests; s.look().Request.ReviewRequestsKnown &&
		(len(asks) != 3 || asks[2].Who != "bob" || !asks[2].Removed) {
		s.t.Errorf("asks: %+v", asks)
	}
	for range 2 { // once more is as good as once
		must(s.t, s.forge.Gate.Publisher.UnrequestReviewers(s.t.Context(), s.ref, []string{"alice"}))
	}
	if left := s.look().Request.Requested; len(left) > 0 {
		s.t.Errorf("asked still: %v", left)
	}
}

func seamLabels(s *trial) {
	marker := s.forge.Gate.Marker
	if marker == nil {
		s.t.Skip("the forge has no labels")
	}
	put, refused, err := marker.AddLabels(s.t.Context(), s.ref, []string{"area/mm", "needs review"})
	must(s.t, err)
	if len(put) != 2 || len(refused) != 0 {
		s.t.Errorf("put %v, refused %v", put, refused)
	}
	must(s.t, marker.RemoveLabel(s.t.Context(), s.ref, "area/mm"), marker.RemoveLabel(s.t.Context(), s.ref, "area/mm"),
		marker.Assign(s.t.Context(), s.ref, []string{"alice"}))
	r := s.look().Request
	s.same("labels shown", s.Labels(s.ref.Number), []string{"needs review"})
	s.same("labels looked", r.Labels, s.Labels(s.ref.Number))
	s.same("assignees shown", s.Assignees(s.ref.Number), []string{"alice"})
	s.same("assignees looked", r.Assignees, s.Assignees(s.ref.Number))
}

// acts are what people do, each with the hint that its webhook gives: "#1" the pull
// request, "main" or "topic" the branch, "@team" a team, a check's name that somebody wrote.
func (s *trial) acts() map[string]func() error {
	n := s.ref.Number
	var review int64
	all := map[string]func() error{
		"01 #1 draft":   func() error { return s.SetDraft(n, "dave", true) },
		"02 #1 ready":   func() error { return s.SetDraft(n, "dave", false) },
		"03 #1 comment": func() error { _, err := s.Comment(n, "alice", "/recheck"); return err },
		"04 #1 review": func() (err error) {
			review, err = s.Review(n, fake.Review{By: "alice", State: fake.Approved})
			return err
		},
		"07 #1 retarget": func() error {
			return errors.Join(s.SetBranch("", "wip", s.start, "carol"), s.Retarget(n, "dave", "wip"))
		},
		"08 #1 closed":   func() error { return s.Close(n, "dave") },
		"09 #1 reopened": func() error { return s.Reopen(n, "dave") },
		"10 #1 pushed":   func() error { s.push("topic", map[string]*fake.File{"new": {Content: "new\n"}}); return nil },
		"11 main pushed": func() error {
			s.push("main", map[string]*fake.File{s.Policy: {Content: forgetest.DefaultPolicy + "\n"}})
			return nil
		},
	}
	if !s.Lacks("review-texts") {
		all["05 #1 edited"] = func() error { return s.EditReview(n, "alice", review, "/approve mm/") }
	}
	if !s.Lacks("foreign-checks") {
		all["12 build status"] = func() error {
			return s.SetStatus("bob", s.Tip("", "topic"), fake.Status{Context: "build", State: fake.StatusSuccess})
		}
	}
	if !s.Lacks("dismissals") {
		all["06 #1 dismissed"] = func() error { return s.Dismiss(n, "carol", review) }
	}
	if !s.Lacks("teams") {
		all["13 @acme/fs joined"] = func() error { return s.Teams.AddTeamMember("acme", "fs", "dave") }
	}
	return all
}

func seamWebhooks(s *trial) {
	inbox := listen(s)
	acts := s.acts()
	if s.Silent != nil {
		s.Silent() // of what was done before
	}
	for _, act := range slices.Sorted(maps.Keys(acts)) {
		inbox.take()
		must(s.t, acts[act](), s.FlushWebhooks(s.t.Context()))
		hints := inbox.take()
		silent := s.Silent != nil && s.Silent()
		if want := strings.Fields(act)[1]; !silent && !slices.ContainsFunc(hints, func(h hint) bool { return h.meant(s.ref) == want }) {
			s.t.Errorf("%s: hints %+v", act, hints)
		}
		for _, h := range hints {
			if h.Number != 0 && h.At != "" && h.At != s.Tip("", "topic") || h.Repo.Forge != s.Forge {
				s.t.Errorf("%s: hint %+v", act, h)
			}
			if strings.HasSuffix(act, " review") && h.Number != 0 && h.Review != nil &&
				(h.Review.Author.Login != "alice" || h.Review.Commit != s.Tip("", "topic")) {
				s.t.Errorf("%s: told %+v", act, h.Review)
			}
		}
	}
}

// must ends a test at an error.
func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
