package live

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

type pullView struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	Head   struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Ref string `json:"ref"`
	} `json:"base"`
	Labels []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"labels"`
	Assignees []loginView `json:"assignees"`
}

type loginView struct {
	Login string `json:"login"`
}

func pullPath(number int, parts ...string) string {
	return strings.Join(append([]string{"repos/" + slug + "/pulls", strconv.Itoa(number)}, parts...), "/")
}

func issuePath(number int, parts ...string) string {
	return strings.Join(append([]string{"repos/" + slug + "/issues", strconv.Itoa(number)}, parts...), "/")
}

// Open implements forgetest.Requests.
func (w *world) Open(o forgetest.Opening) (int, error) {
	head, title := o.Head, "Change "+o.Head
	if o.From != "" {
		head = o.From + ":" + o.Head
	}
	if o.Draft {
		title = "WIP: " + title
	}
	var made pullView
	open := func() error {
		body := map[string]string{"head": head, "base": cmp.Or(o.Base, "main"), "title": title}
		return w.as(o.Author).post("repos/"+slug+"/pulls", body, &made)
	}
	err := open()
	if statusOf(err) == http.StatusForbidden { // from a branch of the repository, collaborators only may
		if err = w.SetCollaborator(o.Author, "read"); err == nil {
			err = open()
		}
	}
	return made.Number, err
}

// Pulls implements forgetest.Requests. The list tells the head of one that was pushed to
// while it was closed as it was before, so that each open one is read.
func (w *world) Pulls() []forgetest.Pull {
	var all []pullView
	if err := w.as("root").get("repos/"+slug+"/pulls?state=all&sort=oldest&limit=50", &all); err != nil {
		return nil
	}
	slices.SortFunc(all, func(a, b pullView) int { return cmp.Compare(a.Number, b.Number) })
	out := make([]forgetest.Pull, len(all))
	for i, p := range all {
		if p.State == "open" {
			p = w.view(p.Number)
		}
		out[i] = forgetest.Pull{Number: p.Number, Head: p.Head.SHA, Branch: p.Head.Ref, Base: p.Base.Ref, Open: p.State == "open",
			Merged: p.Merged}
	}
	return out
}

// edit changes a pull request; an administrator does it for somebody who may not.
func (w *world) edit(number int, by string, body map[string]any) error {
	err := w.as(by).call(http.MethodPatch, pullPath(number), body, nil)
	if statusOf(err) == http.StatusForbidden {
		err = w.as("root").call(http.MethodPatch, pullPath(number), body, nil)
	}
	return err
}

// Retarget implements forgetest.Requests.
func (w *world) Retarget(number int, by, base string) error {
	return w.edit(number, by, map[string]any{"base": base})
}

// SetDraft implements forgetest.Requests.
func (w *world) SetDraft(number int, by string, draft bool) error {
	var p pullView
	if err := w.as(by).get(pullPath(number), &p); err != nil {
		return err
	}
	title := strings.TrimPrefix(p.Title, "WIP: ")
	if draft {
		title = "WIP: " + title
	}
	return w.edit(number, by, map[string]any{"title": title})
}

// Close implements forgetest.Endings.
func (w *world) Close(number int, by string) error {
	return w.edit(number, by, map[string]any{"state": "closed"})
}

// Reopen implements forgetest.Endings.
func (w *world) Reopen(number int, by string) error {
	return w.edit(number, by, map[string]any{"state": "open"})
}

// Merge implements forgetest.Endings.
func (w *world) Merge(number int, by string) error {
	return again(func() error { return w.as(by).post(pullPath(number, "merge"), map[string]string{"Do": "merge"}, nil) })
}

// DeleteBranch implements forgetest.Endings.
func (w *world) DeleteBranch(number int, by string) error {
	var p pullView
	if err := w.as(by).get(pullPath(number), &p); err != nil {
		return err
	}
	if err := w.as(by).call(http.MethodDelete, "repos/"+slug+"/branches/"+p.Head.Ref, nil, nil); err != nil {
		return err
	}
	return w.retargeted(p.Head.Ref)
}

// retargeted waits until what went into a branch that is gone goes into the default branch,
// which the server tells by no event, and what came from it is closed.
func (w *world) retargeted(branch string) error {
	w.silent.Store(true)
	end := time.Now().Add(patience)
	for slices.ContainsFunc(w.Pulls(), func(p forgetest.Pull) bool { return p.Open && (p.Base == branch || p.Branch == branch) }) {
		if time.Now().After(end) {
			return fmt.Errorf("pull requests of the branch %s, which is gone, stay as they were", branch)
		}
		<-time.After(50 * time.Millisecond)
	}
	return nil
}

// verdicts are the states of reviews in the server's words.
var verdicts = map[fake.ReviewState]string{
	fake.Approved: "APPROVED", fake.ChangesRequested: "REQUEST_CHANGES", fake.Commented: "COMMENT", fake.Pending: "PENDING",
}

// Review implements forgetest.Reviewers.
func (w *world) Review(number int, r fake.Review) (int64, error) {
	body := map[string]any{"event": verdicts[r.State], "body": r.Body}
	if r.Commit != "" {
		body["commit_id"] = r.Commit
	}
	var made struct {
		ID int64 `json:"id"`
	}
	err := w.as(r.By).post(pullPath(number, "reviews"), body, &made)
	return made.ID, err
}

// Submit implements forgetest.Reviewers.
func (w *world) Submit(number int, by string, review int64, state fake.ReviewState) error {
	return w.as(by).post(pullPath(number, "reviews", strconv.FormatInt(review, 10)), map[string]any{"event": verdicts[state]}, nil)
}

// Dismiss implements forgetest.Reviewers: who may not is made one who may. The server tells
// it by no event.
func (w *world) Dismiss(number int, by string, review int64) error {
	w.silent.Store(true)
	path := pullPath(number, "reviews", strconv.FormatInt(review, 10), "dismissals")
	err := w.as(by).post(path, map[string]any{"message": "done"}, nil)
	if statusOf(err) == http.StatusForbidden {
		if err = w.SetCollaborator(by, "admin"); err == nil {
			err = w.as(by).post(path, map[string]any{"message": "done"}, nil)
		}
	}
	return err
}

// EditReview implements forgetest.Reviewers by the comment that a review is, too.
func (w *world) EditReview(number int, by string, review int64, body string) error {
	var shown struct {
		URL string `json:"html_url"`
	}
	if err := w.as(by).get(pullPath(number, "reviews", strconv.FormatInt(review, 10)), &shown); err != nil {
		return err
	}
	_, id, _ := strings.Cut(shown.URL, "#issuecomment-")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return err
	}
	return w.EditComment(number, by, n, body)
}

// Comment implements forgetest.Conversation.
func (w *world) Comment(number int, by, body string) (int64, error) {
	var made struct {
		ID int64 `json:"id"`
	}
	err := w.as(by).post(issuePath(number, "comments"), map[string]string{"body": body}, &made)
	return made.ID, err
}

func commentPath(id int64, parts ...string) string {
	return strings.Join(append([]string{"repos/" + slug + "/issues/comments", strconv.FormatInt(id, 10)}, parts...), "/")
}

// EditComment implements forgetest.Conversation: who may not is made one who may.
func (w *world) EditComment(_ int, by string, id int64, body string) error {
	// An edit in the second of the comment itself does not show.
	<-time.After(1100 * time.Millisecond)
	edit := func() error {
		return w.as(by).call(http.MethodPatch, commentPath(id), map[string]string{"body": body}, nil)
	}
	err := edit()
	if statusOf(err) == http.StatusForbidden {
		if err = w.SetCollaborator(by, "write"); err == nil {
			err = edit()
		}
	}
	return err
}

// DeleteComment implements forgetest.Conversation.
func (w *world) DeleteComment(_ int, by string, id int64) error {
	return w.as(by).call(http.MethodDelete, commentPath(id), nil, nil)
}

// Comments implements forgetest.Conversation.
func (w *world) Comments(number int) []fake.Comment {
	var all []struct {
		ID      int64     `json:"id"`
		User    loginView `json:"user"`
		Body    string    `json:"body"`
		Created time.Time `json:"created_at"`
		Updated time.Time `json:"updated_at"`
	}
	if err := w.as("root").get(issuePath(number, "comments"), &all); err != nil {
		return nil
	}
	var out []fake.Comment
	for _, c := range all {
		shown := fake.Comment{ID: c.ID, Author: c.User.Login, Body: c.Body, Created: c.Created}
		if c.Updated.After(c.Created) {
			shown.Edited = c.Updated
		}
		out = append(out, shown)
	}
	return out
}

// RequestReviewers implements forgetest.Askers.
func (w *world) RequestReviewers(number int, by string, people, teams []string) error {
	return w.request(http.MethodPost, number, by, people, teams)
}

// UnrequestReviewers implements forgetest.Askers.
func (w *world) UnrequestReviewers(number int, by string, people, teams []string) error {
	return w.request(http.MethodDelete, number, by, people, teams)
}

func (w *world) request(method string, number int, by string, people, teams []string) error {
	body := map[string][]string{"reviewers": people, "team_reviewers": teams}
	return w.as(by).call(method, pullPath(number, "requested_reviewers"), body, nil)
}

type reviewView struct {
	ID    int64      `json:"id"`
	User  *loginView `json:"user"`
	Team  *teamView  `json:"team"`
	State string     `json:"state"`
}

type teamView struct {
	Name string `json:"name"`
}

// Requested implements forgetest.Askers.
func (w *world) Requested(number int) (people, teams []string) {
	var all []reviewView
	if err := w.as("root").get(pullPath(number, "reviews")+"?limit=50", &all); err != nil {
		return nil, nil
	}
	for _, r := range all {
		switch {
		case r.State != "REQUEST_REVIEW":
		case r.Team != nil:
			teams = append(teams, r.Team.Name)
		case r.User != nil:
			people = append(people, r.User.Login)
		}
	}
	return people, teams
}

// AddLabel implements forgetest.Marks: people choose of those that there are, in whatever
// case.
func (w *world) AddLabel(number int, by, name string) error {
	var known []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := w.as("root").get("repos/"+slug+"/labels?limit=50", &known); err != nil {
		return err
	}
	for _, l := range known {
		if strings.EqualFold(l.Name, name) {
			return w.as(by).post(issuePath(number, "labels"), map[string][]int64{"labels": {l.ID}}, nil)
		}
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := w.as("root").post("repos/"+slug+"/labels", map[string]string{"name": name, "color": "#aabbcc"}, &made); err != nil {
		return err
	}
	return w.as(by).post(issuePath(number, "labels"), map[string][]int64{"labels": {made.ID}}, nil)
}

func (w *world) view(number int) (p pullView) {
	if w.as("root").get(pullPath(number), &p) != nil {
		return pullView{}
	}
	return p
}

// RemoveLabel implements forgetest.Marks.
func (w *world) RemoveLabel(number int, by, name string) error {
	for _, l := range w.view(number).Labels {
		if l.Name == name {
			return w.as(by).call(http.MethodDelete, issuePath(number, "labels", strconv.FormatInt(l.ID, 10)), nil, nil)
		}
	}
	return fmt.Errorf("there is no label %s on %d", name, number)
}

// Labels implements forgetest.Marks.
func (w *world) Labels(number int) []string {
	var out []string
	for _, l := range w.view(number).Labels {
		out = append(out, l.Name)
	}
	return out
}

// Assignees implements forgetest.Marks.
func (w *world) Assignees(number int) []string {
	var out []string
	for _, a := range w.view(number).Assignees {
		out = append(out, a.Login)
	}
	return out
}

// pictures are reactions by the server's names for them.
var pictures = map[string]string{"+1": "👍", "-1": "👎", "eyes": "👀"}

// Reactions implements forgetest.Reactions.
func (w *world) Reactions(_ int, comment int64) []fake.Reaction {
	var all []struct {
		User    loginView `json:"user"`
		Content string    `json:"content"`
	}
	if err := w.as("root").get(commentPath(comment, "reactions"), &all); err != nil {
		return nil
	}
	var out []fake.Reaction
	for _, r := range all {
		out = append(out, fake.Reaction{By: r.User.Login, Content: pictures[r.Content]})
	}
	return out
}
