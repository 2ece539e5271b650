package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// PolicyPath is where GitHub repositories keep their policy.
const PolicyPath = ".github/review-gate.yml"

type lookAnswer struct {
	Repository *struct {
		DefaultBranchRef *struct {
			Name   string `json:"name"`
			Target struct {
				OID    string          `json:"oid"`
				Policy json.RawMessage `json:"policy"`
				Above  json.RawMessage `json:"above"`
			} `json:"target"`
		} `json:"defaultBranchRef"`
		PullRequest *pullAnswer `json:"pullRequest"`
	} `json:"repository"`
	at time.Time
}

// answered implements dated.
func (a *lookAnswer) answered(at time.Time) { a.at = at }

type pullAnswer struct {
	momentAnswer
	Number      int        `json:"number"`
	Title       string     `json:"title"`
	URL         string     `json:"url"`
	IsDraft     bool       `json:"isDraft"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	HeadRefName string     `json:"headRefName"`
	FromFork    bool       `json:"isCrossRepository"`
	Author      *whoAnswer `json:"author"`
	HeadRef     *struct {
		Target oidAnswer `json:"target"`
	} `json:"headRef"`
	TestMerge  *testMergeAnswer `json:"potentialMergeCommit"`
	HeadCommit struct {
		Nodes []struct {
			Commit testMergeAnswer `json:"commit"`
		} `json:"nodes"`
	} `json:"headCommit"`
	ReviewRequests struct {
		Nodes []struct {
			RequestedReviewer *askedAnswer `json:"requestedReviewer"`
		} `json:"nodes"`
	} `json:"reviewRequests"`
	Labels *struct {
		Nodes []struct {
			Name string `json:"name"`
		} `json:"nodes"`
	} `json:"labels"`
	Assignees struct {
		Nodes []whoAnswer `json:"nodes"`
	} `json:"assignees"`
	Reviews  reviewsAnswer  `json:"reviews"`
	Comments commentsAnswer `json:"comments"`
	Commits  commitsAnswer  `json:"commits"`
	Events   *eventsAnswer  `json:"timelineItems"`
	HasQueue bool           `json:"isMergeQueueEnabled"`
	Queued   bool           `json:"isInMergeQueue"`
	Merge    *oidAnswer     `json:"mergeCommit"`
	// apart has its parts read by themselves: the server gave up on all of them at once.
	apart bool
}

// momentAnswer is what moves.
type momentAnswer struct {
	State        string `json:"state"`
	ChangedFiles int    `json:"changedFiles"`
	HeadRefOID   string `json:"headRefOid"`
	BaseRefName  string `json:"baseRefName"`
	BaseRef      *struct {
		Target map[string]json.RawMessage `json:"target"`
	} `json:"baseRef"`
}

func (m momentAnswer) moment() seam.Revision {
	out := seam.Revision{Head: m.HeadRefOID, BaseBranch: m.BaseRefName, ChangedFiles: m.ChangedFiles, Open: m.State == "OPEN"}
	if m.BaseRef != nil {
		if json.Unmarshal(m.BaseRef.Target["oid"], &out.BaseTip) != nil {
			out.BaseTip = ""
		}
	}
	return out
}

// whole returns an error unless all of what moves is told.
func (m momentAnswer) whole() error {
	known := slices.Contains([]string{"OPEN", "CLOSED", "MERGED"}, m.State)
	return forge.RequireField(known && m.HeadRefOID != "" && m.BaseRefName != "" && (m.BaseRef == nil || m.moment().BaseTip != ""),
		"the pull request's state, head or base")
}

// Look implements seam.Source with one query, and one more per page of reviews,
// comments or commits beyond the first. Of more commits than GitHub lists, the
// rest is read by comparison.
func (f *Forge) Look(ctx context.Context, ref pull.Ref, owned []string, inline bool) (seam.Look, error) {
	f.watch(ref.Repo, owned) // before it is read: a push meanwhile is a reason to look again
	a, err := f.lookQuery(ctx, ref, owned, inline)
	if err != nil {
		return seam.Look{}, fmt.Errorf("read %s: %w", ref, err)
	}
	pr := a.Repository.PullRequest
	if err := cmp.Or(forge.RequireField(pr.Number == ref.Number, "the pull request's number"), pr.whole()); err != nil {
		return seam.Look{}, fmt.Errorf("read %s: %w", ref, err)
	}
	if err := f.readPages(ctx, ref, pr); err != nil {
		return seam.Look{}, fmt.Errorf("read %s: %w", ref, err)
	}
	m := pr.moment()
	look := seam.Look{
		ChangedFiles: m.ChangedFiles,
		Owned:        map[string]seam.Entry{},
		Request: pull.Request{
			Ref: ref, Title: pr.Title, URL: pr.URL, Author: pr.Author.person(), BaseBranch: m.BaseBranch, BaseTip: m.BaseTip,
			Head: m.Head, Open: m.Open, Draft: pr.IsDraft, OpenedAt: pr.CreatedAt, UpdatedAt: pr.UpdatedAt,
			Merged: pr.State == "MERGED",
		},
	}
	if !pr.FromFork {
		look.Request.HeadBranch = pr.HeadRefName
	}
	pr.fillTips(&look)
	if err := a.fillDefault(&look); err != nil {
		return seam.Look{}, err
	}
	switch {
	case m.BaseTip == "":
	case pr.apart:
		if look.Owned, err = f.Entries(ctx, ref.Repo, m.BaseTip, owned); err != nil {
			return seam.Look{}, err
		}
	default:
		for i, name := range owned {
			e, err := decodeEntry(pr.BaseRef.Target["f"+strconv.Itoa(i)])
			if err != nil {
				return seam.Look{}, fmt.Errorf("read %s at the base of %s: %w", name, ref, err)
			}
			look.Owned[name] = e.entry()
		}
	}
	look.HasQueue, look.Queued = pr.HasQueue, pr.Queued
	if pr.Merge != nil {
		look.MergeCommit = pr.Merge.OID
	}
	if look.HasQueue = look.HasQueue || f.HasQueue(ref.Repo); look.HasQueue {
		f.learnQueue(ref.Repo)
	}
	pr.fillPeople(&look.Request)
	if err := f.fillCommits(ctx, &look, pr); err != nil {
		return seam.Look{}, fmt.Errorf("read the commits of %s: %w", ref, err)
	}
	if err := f.fillHistory(ctx, &look.Request, pr); err != nil {
		return seam.Look{}, fmt.Errorf("read the history of %s: %w", ref, err)
	}
	look.At = newest(a.at, &look.Request)
	return look, nil
}

// fillDefault adds the default branch, and the policy there.
func (a *lookAnswer) fillDefault(look *seam.Look) error {
	d, repo := a.Repository.DefaultBranchRef, look.Request.Ref.Repo
	if d == nil {
		return nil
	}
	policy, err := decodeEntry(d.Target.Policy)
	if err = cmp.Or(err, forge.RequireField(d.Name != "" && d.Target.OID != "", "the default branch")); err != nil {
		return fmt.Errorf("read the policy at the default branch of %s: %w", repo, err)
	}
	above, err := decodeEntry(d.Target.Above)
	if err != nil {
		return fmt.Errorf("read the policy's directory at the default branch of %s: %w", repo, err)
	}
	look.DefaultBranch, look.DefaultTip = d.Name, d.Target.OID
	look.Policy, look.PolicyAbove = policy.entry(), above.entry()
	return nil
}

// fillTips adds where the branch stands if that is not the head, and what others
// wrote on the commit that merging would give.
func (pr *pullAnswer) fillTips(look *seam.Look) {
	if ref := pr.HeadRef; ref != nil && ref.Target.OID != "" && ref.Target.OID != pr.HeadRefOID && look.Request.Open {
		look.Request.BranchTip = ref.Target.OID
	}
	look.TestMerge = pr.TestMerge.testMerge()
	for _, n := range pr.HeadCommit.Nodes {
		if n.Commit.OID == pr.HeadRefOID {
			look.Statuses = n.Commit.testMerge().Shows
		}
	}
}

// newest is when an answer was given, by GitHub's clock: as its header says, but
// not before anything that it holds.
func newest(at time.Time, r *pull.Request) time.Time {
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	later(r.UpdatedAt)
	for _, v := range r.Reviews {
		later(v.At)
	}
	for _, m := range r.BaseMoves {
		later(m.At)
	}
	for _, m := range r.HeadMoves {
		later(m.At)
	}
	return at.UTC()
}

// refusedFor is how long a server is not asked for a field that it refused: not
// for ever, since it may be upgraded or the credential be given more rights.
const refusedFor = time.Hour

// lookQuery asks for a pull request. Where a newer field is refused, it is asked
// again without; where the answer names none, without all of them. What is
// missing then is unknown: events are read by REST, which tells less of them. So a
// failure is taken for a refusal only if it comes twice. Where the server gives up on
// the query, it is asked without its parts, files' texts and owned files.
func (f *Forge) lookQuery(ctx context.Context, ref pull.Ref, owned []string, inline bool) (*lookAnswer, error) {
	vars := map[string]any{"number": ref.Number, "policy": PolicyPath, "above": path.Dir(PolicyPath), "inline": inline}
	text := withPaths(lookText, owned, vars, "#owned", "{ ...Found }")
	leave, named := f.refused(), []string(nil)
	var first error
	apart, failed := false, false
	for {
		var a lookAnswer
		err := f.query(ctx, ref.Repo, documentWithout(text, leave), vars, &a)
		errs, refused := errors.AsType[queryErrors](err)
		switch {
		case err == nil && (a.Repository == nil || a.Repository.PullRequest == nil):
			return nil, forge.MissingField("the pull request") // one that is not there is an error of its own
		case err == nil:
			f.refuse(named)
			if apart {
				a.Repository.PullRequest.putOff(!slices.Contains(leave, "timelineItems"))
			}
			return &a, nil
		case !refused || errors.Is(err, forge.ErrNotFound) || errs.exhausted() && apart:
			return nil, err
		case errs.exhausted():
			apart = true
			vars = map[string]any{"number": ref.Number, "policy": PolicyPath, "above": path.Dir(PolicyPath), "inline": false}
			text = partLine.ReplaceAllString(withPaths(lookText, nil, vars, "#owned", ""), "")
			continue
		case errs.failed() && !failed:
			failed = true
			continue
		case len(leave) == len(newerFields()):
			return nil, cmp.Or(first, err)
		}
		first = cmp.Or(first, err)
		more := slices.DeleteFunc(errs.newer(), func(field string) bool { return slices.Contains(leave, field) })
		if named = append(named, more...); len(more) == 0 {
			more = newerFields()
		}
		leave = slices.Compact(slices.Sorted(slices.Values(slices.Concat(leave, more))))
	}
}

// refused lists the newer fields that are not asked for at present, sorted.
func (f *Forge) refused() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(newerFields(), func(field string) bool { return !f.cfg.Now().Before(f.refusals[field]) })
}

// refuses reports whether a newer field is not asked for at present.
func (f *Forge) refuses(field string) bool { return slices.Contains(f.refused(), field) }

func (f *Forge) refuse(fields []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, field := range fields {
		f.refusals[field] = f.cfg.Now().Add(refusedFor)
	}
}

// fillHistory adds what happened to base, head and reviews: from the answer, or by
// REST where the answer has no events.
func (f *Forge) fillHistory(ctx context.Context, r *pull.Request, pr *pullAnswer) error {
	if pr.Events != nil {
		for _, e := range pr.Events.Nodes {
			e.tell(r)
		}
		r.BaseMovesKnown, r.ReviewRequestsKnown = true, true
		return nil
	}
	err := f.restTimeline(ctx, r.Ref, r)
	if errors.Is(err, forge.ErrNotFound) {
		return nil // neither way: approvals of heads not seen by then do not count
	}
	return err
}

// fillPeople adds reviews, comments and requested people.
func (pr *pullAnswer) fillPeople(r *pull.Request) {
	for _, n := range pr.ReviewRequests.Nodes {
		if who := n.RequestedReviewer.name(); who != "" {
			r.Requested = append(r.Requested, who)
			if n.RequestedReviewer.Status.busy() {
				r.Busy = append(r.Busy, who)
			}
		}
	}
	if pr.Labels != nil {
		r.Labels = []string{}
		for _, n := range pr.Labels.Nodes {
			r.Labels = append(r.Labels, n.Name)
		}
	}
	for _, n := range pr.Assignees.Nodes {
		r.Assignees = append(r.Assignees, n.Login)
	}
	for _, n := range pr.Reviews.Nodes {
		r.Reviews = append(r.Reviews, n.review())
	}
	pull.SortReviews(r.Reviews)
	for _, n := range pr.Comments.Nodes {
		r.Comments = append(r.Comments, n.comment())
	}
	slices.SortStableFunc(r.Comments, func(a, b pull.Comment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
}

// wholePages returns an error unless all is listed that GitHub counts. Of commits
// it lists maxCommits at most.
func wholePages(pr *pullAnswer) error {
	return cmp.Or(
		wholeList("reviews", pr.Reviews.TotalCount, pr.Reviews.Nodes, math.MaxInt),
		wholeList("comments", pr.Comments.TotalCount, pr.Comments.Nodes, math.MaxInt),
		wholeList("commits", pr.Commits.TotalCount, pr.Commits.Nodes, maxCommits))
}

func wholeList[T interface{ incomplete() bool }](what string, told *int, listed []T, most int) error {
	switch {
	case told == nil || slices.ContainsFunc(listed, T.incomplete):
		return forge.MissingField("what it has to say of " + what)
	case *told != len(listed) && *told <= most:
		return fmt.Errorf("GitHub lists %d of %d %s", len(listed), *told, what)
	}
	return nil
}

func decodeEntry(raw json.RawMessage) (*treeEntry, error) {
	var e *treeEntry
	if len(raw) == 0 {
		return nil, forge.MissingField("it")
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	return e, forge.RequireField(e == nil || e.OID != "" && e.Mode != 0, "its id or mode")
}

// entry returns what the gate knows of a file. Text that came along is taken only
// if it is the blob itself, by git's own id: GitHub may have cut or decoded it.
func (e *treeEntry) entry() seam.Entry {
	if e == nil {
		return seam.Entry{}
	}
	out := seam.Entry{ID: e.OID, Mode: e.mode()}
	if e.Object != nil && e.Object.Text != nil && !e.Object.IsTruncated {
		if text := []byte(*e.Object.Text); pull.ObjectID("blob", text, len(e.OID)) == e.OID {
			out.Text = text
		}
	}
	return out
}
