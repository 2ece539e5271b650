package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// maxKnowPaths is how many paths knowledge is looked up for; of more files,
// their directories count.
const maxKnowPaths = 300

// maxChoices is how often a choice is made anew because somebody turned out to
// be busy.
const maxChoices = 4

// readReviewers reads what the choice of people depends on, as far as somebody is to be
// asked.
func (g *Gate) readReviewers(ctx context.Context, l *snapshot.Reading, v *policy.Verdict) error {
	in := &l.Inputs
	d := &in.Reviewers
	d.Asked = l.Memory.Asked
	d.Busy = slices.Clone(in.Snapshot.Request.Busy)
	if !in.Gated || in.Early || !in.Snapshot.Request.Open || v.Unwarned == policy.Error || !requests.Wanted(in.AssignInput(), v) {
		return nil
	}
	for _, login := range g.BusyOf(requests.Candidates(v), in.Snapshot.Now) {
		if !requests.Contains(d.Busy, login) {
			d.Busy = append(d.Busy, login)
		}
	}
	d.Hinted = g.hinted(ctx, l)
	sofar := requests.Of(in.AssignInput())
	if len(requests.Choose(in.AssignInput(), v, sofar).Ask) == 0 {
		return nil
	}
	if err := g.weigh(ctx, in, v); err != nil {
		return err
	}
	for range maxChoices {
		unknown := g.unknown(in, requests.Choose(in.AssignInput(), v, sofar).Ask)
		if len(unknown) == 0 {
			return nil
		}
		people, err := g.cfg.Calendar.Available(ctx, in.Snapshot.Request.Ref.Repo, unknown)
		if err != nil {
			req := &in.Snapshot.Request
			g.cfg.Log.WarnContext(ctx, "people are asked without knowing who is busy", req.Ref.Fields("error", err)...)
			return nil
		}
		g.Saw(people, in.Snapshot.Now)
		d.Busy = append(d.Busy, people.Busy...)
		if len(people.Busy) == 0 {
			return nil
		}
	}
	return nil
}

// unknown returns those of the people to be asked of whom it is not known whether
// they are busy.
func (g *Gate) unknown(in *snapshot.Inputs, picks []assign.Pick) []string {
	if g.cfg.Calendar == nil {
		return nil
	}
	var logins []string
	for _, p := range picks {
		if !strings.HasPrefix(p.Who, "@") {
			logins = append(logins, p.Who)
		}
	}
	return g.Unseen(logins, in.Snapshot.Now)
}

// weigh reads how much the candidates have to do, and what they know: by earlier
// pull requests, and most of all by this one.
func (g *Gate) weigh(ctx context.Context, in *snapshot.Inputs, v *policy.Verdict) (err error) {
	in.Reviewers.Knows = map[string]float64{}
	for _, r := range in.Snapshot.Request.Reviews {
		if r.State != pull.Pending && r.Author.Login != "" {
			in.Reviewers.Knows[strings.ToLower(r.Author.Login)] += expertise.Reviewed
		}
	}
	if g.cfg.Workload == nil {
		return nil
	}
	repo, now := in.Snapshot.Request.Ref.Repo, in.Snapshot.Now
	people := slices.Concat(requests.Candidates(v), in.AssignInput().Helpers(v))
	if in.Reviewers.Load, err = g.cfg.Workload.Load(ctx, repo.Forge, people, now); err != nil {
		return err
	}
	paths := missingPaths(v)
	var places []string
	for _, p := range paths {
		places = append(places, expertise.Places(p)...)
	}
	slices.Sort(places)
	records, err := g.cfg.Workload.Known(ctx, repo, slices.Compact(places))
	if err != nil {
		return err
	}
	all := expertise.NewBook(records...).Know(paths, now)
	slices.Sort(people)
	for _, login := range slices.Compact(people) {
		if knows := all[strings.ToLower(login)]; knows > 0 {
			in.Reviewers.Knows[strings.ToLower(login)] += knows
		}
	}
	return nil
}

// missingPaths lists the files that miss review, or, where they are many, their
// directories.
func missingPaths(v *policy.Verdict) []string {
	var paths []string
	for i := range v.Files {
		if f := &v.Files[i]; len(f.Needs)+len(f.OwnNeeds) > 0 {
			paths = append(paths, f.Path)
		}
	}
	return fewPaths(paths)
}

// fewPaths returns the directories of many files instead of the files.
func fewPaths(paths []string) []string {
	if len(paths) <= maxKnowPaths {
		return paths
	}
	var dirs []string
	for _, p := range paths {
		dirs = append(dirs, expertise.Places(p)[1])
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	return dirs[:min(len(dirs), maxKnowPaths)]
}

// maxPatch is how much text of a pull request's patch is searched, in bytes.
const maxPatch = 1 << 20

// hinted are the people whom the text of the patch concerns, where the policy asks all.
// What is known of a head from before has no text: it is listed once more.
func (g *Gate) hinted(ctx context.Context, l *snapshot.Reading) []string {
	s := &l.Snapshot
	if s.Rules.Asking.Strategy != policy.AskAll || s.Owners == nil ||
		!slices.ContainsFunc(s.Owners.Subsystems(), func(sub *ownership.Subsystem) bool { return len(sub.Content) > 0 }) {
		return nil
	}
	ref := s.Request.Ref
	key := patchOf{ref, s.Request.Head}
	text := patchText(s.Request.Files)
	if text == "" {
		if logins, ok := g.hints.of(key, nil); ok {
			return logins
		}
		var err error
		if text, err = g.readPatch(ctx, l.Look); err != nil {
			g.cfg.Log.WarnContext(ctx, "people are asked without looking at the patch", ref.Fields("error", err)...)
			return nil
		}
	}
	logins := suggested(s.Owners, text)
	g.hints.of(key, &logins)
	return logins
}

// readPatch reads the text of a patch by itself.
func (g *Gate) readPatch(ctx context.Context, look seam.Look) (string, error) {
	if g.cfg.Patches != nil {
		text, err := g.cfg.Patches.Patch(ctx, look, maxPatch)
		return string(text), err
	}
	c, err := g.cfg.Source.Files(ctx, look)
	return patchText(c.Files), err
}

// patchText is the text of files' patches, as far as it is searched; empty if they have none.
func patchText(files []pull.File) string {
	var text strings.Builder
	for i := range files {
		if f := &files[i]; f.Patch != "" && text.Len()+len(f.Patch) < maxPatch {
			text.WriteString("--- a/x\n+++ b/x\n" + f.Patch + "\n")
		}
	}
	return text.String()
}

// suggested are the people whom the text of a patch concerns.
func suggested(owners *ownership.Map, text string) []string {
	var logins []string
	for _, sub := range maintainers.ReadPatch([]byte(text)).Suggested(owners.Subsystems()) {
		for _, o := range slices.Concat(sub.Maintainers, sub.Reviewers) {
			if o.Login != "" && !o.Bot && !requests.Contains(logins, o.Login) {
				logins = append(logins, o.Login)
			}
		}
	}
	return logins
}

// activity is what an evaluation saw of requests and reviews; nil where it could
// not see them whole.
func activity(in *snapshot.Inputs, v *policy.Verdict) *history.Activity {
	req := &in.Snapshot.Request
	if v.Outcome == policy.Error {
		return nil
	}
	a := &history.Activity{Open: req.Open}
	areas := func(login string) []string {
		var names []string
		for _, row := range v.Subsystems {
			if _, ok := slices.BinarySearch(row.Approvers, strings.ToLower(login)); ok || slices.Contains(row.CanApprove, login) {
				names = append(names, row.Name)
			}
		}
		return names
	}
	for _, r := range v.Asked {
		if r.State != policy.AskRefused && !r.At.IsZero() {
			waiting := r.State == policy.AskWaiting || r.State == policy.AskSilent || r.State == policy.AskAway
			a.Requests = append(a.Requests, workload.Request{Number: req.Ref.Number, Who: r.Who, At: r.At, Waiting: waiting,
				Subsystems: areas(r.Who)})
		}
	}
	for _, r := range req.Reviews {
		if r.State != pull.Pending && r.Author.Login != "" && !r.Author.Bot && !r.Author.Is(req.Author) {
			a.Reviews = append(a.Reviews, workload.Review{Number: req.Ref.Number, ID: r.ID, Who: r.Author.Login, At: r.At,
				Subsystems: areas(r.Author.Login)})
		}
	}
	a.Mark = sources.ShortHash(fmt.Sprintf("%+v", *a))
	return a
}

// credits is what people know by a pull request that is closed: who reviewed it,
// and, if it was merged, who wrote it.
func (g *Gate) credits(ctx context.Context, req *pull.Request, heads []pull.Head, now time.Time) (*history.Credits, error) {
	var last *pull.Head
	for i := range heads {
		if !heads[i].Past {
			last = &heads[i]
		}
	}
	if last == nil {
		return nil, nil
	}
	changed, ok, err := g.Whole(ctx, req.Ref, *last)
	if err != nil || !ok {
		return nil, err
	}
	c := &history.Credits{}
	for _, f := range changed.Files {
		c.Paths = append(c.Paths, f.Path)
	}
	c.Paths = fewPaths(c.Paths)
	reviewed := map[string]time.Time{}
	var order []string
	for _, r := range req.Reviews {
		if r.State == pull.Pending || r.Author.Login == "" || r.Author.Bot || r.Author.Is(req.Author) {
			continue
		}
		key := strings.ToLower(r.Author.Login)
		if _, ok := reviewed[key]; !ok {
			order = append(order, key)
		}
		reviewed[key] = r.At
	}
	for _, login := range order {
		c.Each = append(c.Each, history.Credit{Login: login, Weight: expertise.Reviewed, At: reviewed[login]})
	}
	if req.Merged && req.Author.Login != "" && !req.Author.Bot {
		c.Each = append(c.Each, history.Credit{Login: strings.ToLower(req.Author.Login), Weight: expertise.Wrote, At: now})
	}
	return c, nil
}
