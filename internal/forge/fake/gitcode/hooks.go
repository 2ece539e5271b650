package gitcode

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// The events of webhooks.
const (
	pullHook = "Merge Request Hook"
	noteHook = "Note Hook"
	pushHook = "Push Hook"
)

// hookUserID is a person's id in webhooks: a number, and not that by which the API has them.
func hookUserID(a *fake.Account) int64 { return 850_000 + a.ID }

// guid makes an id in the form of a UUID.
func guid(body []byte, at time.Time) string {
	sum := sha256.Sum256(append([]byte(at.String()), body...))
	x := hex.EncodeToString(sum[:16])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// headers are those of a webhook, whose body is signed.
func (s *Server) headers(hook rest.Hook, event string, body []byte, at time.Time) http.Header {
	h := http.Header{}
	h.Set("User-Agent", "git-gitcode-hook")
	h.Set("X-GitCode-Event", event)
	h.Set("X-GitCode-Delivery", guid(body, at))
	if s.Is(rest.Password) {
		h.Set("X-GitCode-Token", hook.Secret)
		return h
	}
	mac := hmac.New(sha256.New, []byte(hook.Secret))
	mac.Write(body)
	h.Set("X-GitCode-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

// actions are what is told of a pull request, with the field that it changed.
var actions = map[fake.Kind][2]string{
	fake.PullOpened: {"open", ""}, fake.PullReopened: {"reopen", "state"}, fake.PullClosed: {"close", "state"},
	fake.HeadMoved: {"update", "last_commit"}, fake.BaseChanged: {"update", "target_branch"}, fake.BaseMovedOn: {"update", "target_branch"},
	fake.Labeled: {"update", "labels"}, fake.Unlabeled: {"update", "labels"}, fake.PullEdited: {"update", "title"},
	fake.MadeDraft: {"update", "title"}, fake.MadeReady: {"update", "title"},
}

// quiet are the events that a knob has nobody told of.
var quiet = map[fake.Kind]bool{fake.PullEdited: true, fake.MadeDraft: true, fake.MadeReady: true, fake.CommentEdited: true}

// heed tells what happens in the model. An edited comment comes as a new one does.
func (s *Server) heed(e fake.Event) {
	if quiet[e.Kind] && s.Is(rest.SilentEdits) {
		return
	}
	if words, ok := actions[e.Kind]; ok {
		if e.Kind == fake.PullClosed && e.Pull.IsMerged() {
			words[0] = "merge"
		}
		s.tellPull(e.Pull, e.By, words[0], words[1], e.Before)
	}
	switch e.Kind { //nolint:exhaustive // the others are told above, or by nothing
	case fake.CommentCreated, fake.CommentEdited:
		s.tellNote(e)
	case fake.Pushed:
		s.tellPush(e)
	}
}

// heedAct tells that somebody accepted, and who has seats.
func (s *Server) heedAct(a rest.Act) {
	switch {
	case s.Is(rest.SilentApprovals):
	case a.Deed == rest.Accepted:
		s.tellPull(a.Pull, a.By, "approved", "", plumbing.ZeroHash)
	case a.Deed == rest.Seated || a.Deed == rest.Left:
		s.tellPull(a.Pull, a.By, "update", string(a.Role)+"_ids", plumbing.ZeroHash)
	}
}

// envelope is what all bodies have.
func (s *Server) envelope(kind string, r *fake.Repo, by *fake.Account, body rest.Obj) rest.Obj {
	body["object_kind"], body["event_type"], body["user"], body["project"] = kind, kind, s.hookUser(by), s.project(r)
	body["repository"] = rest.Obj{"name": r.Name, "url": s.gitSSH(r), "description": "", "homepage": s.web(r, ""),
		"git_http_url": s.web(r, ".git"),
		"git_ssh_url":  s.gitSSH(r), "visibility_level": 20}
	body["produce_random_id"], body["uuid"] = rest.HexID(s.NextID(), 32), guid(nil, s.Now().Add(time.Duration(s.NextID())))
	body["manual_build"], body["extend_attributes"] = false, nil
	return body
}

func (s *Server) tellPull(p *fake.PullRequest, by *fake.Account, action, field string, before plumbing.Hash) {
	attributes := s.attributes(p)
	attributes["action"], attributes["oldrev"], attributes["update_reason"] = action, "", field
	if !before.IsZero() && field == "last_commit" {
		attributes["oldrev"] = before.String()
	}
	changes := rest.Obj{"updated_at": rest.Obj{"current": rest.Stamp(p.Updated), "previous": nil}}
	if field != "" {
		changes[field] = rest.Obj{"current": nil, "previous": nil}
	}
	s.Tell(pullHook, s.envelope("merge_request", p.Repo(), by, rest.Obj{
		"object_attributes": attributes, "changes": changes, "labels": rest.All(p.Labelled, s.label(p.Repo())), "issues": []rest.Obj{},
		"git_commit_no": p.HeadID.String(), "git_branch": p.Branch(), "virtual_merge_build": false, "iid": p.Number(), "id": p.ID,
		"git_target_branch_commit_no": p.Repo().Branches[p.BaseBranch].String(),
	}), s.Moment())
}

func (s *Server) tellNote(e fake.Event) {
	said, p := e.Comment, e.Pull
	page := s.web(p.Repo(), "/merge_requests/"+strconv.Itoa(p.Number())+"#note_"+strconv.FormatInt(said.ID, 10))
	attributes := rest.Obj{
		"id": said.ID, "note": said.Body, "description": said.Body, "noteable_type": "MergeRequest", "noteable_id": p.ID, "system": false,
		"author_id": hookUserID(said.Author), "created_at": rest.Stamp(said.Created), "updated_at": rest.Stamp(said.Updated()), "url": page,
		"discussion_id": s.Thread(said.ID).Discussion, "project_id": p.Repo().ID, "position": rest.Obj{}, "original_position": rest.Obj{},
		"change_position": rest.Obj{},
	}
	for _, name := range []string{"attachment", "commit_id", "line_code", "resolved_at", "resolved_by_id", "resolved_by_push",
		"st_diff", "type",
		"updated_by_id"} {
		attributes[name] = nil
	}
	request := s.attributes(p)
	request["action"] = "open"
	s.Tell(noteHook, s.envelope("note", p.Repo(), e.By, rest.Obj{
		"project_id": p.Repo().ID, "object_attributes": attributes, "merge_request": request,
	}), s.Moment())
}

func (s *Server) tellPush(e fake.Event) {
	commits := []rest.Obj{}
	for _, o := range e.Repo.Objects.Between(e.Before, e.After) {
		commits = append(commits, s.hookCommit(e.Repo, o.Hash))
	}
	body := s.envelope("push", e.Repo, e.By, rest.Obj{
		"event_name": "push", "before": e.Before.String(), "after": e.After.String(), "ref": "refs/heads/" + e.Branch, "base_ref": nil,
		"checkout_sha": e.After.String(), "message": "", "user_id": hookUserID(e.By), "user_name": e.By.Name, "user_username": e.By.Login,
		"user_email": "", "user_avatar": s.Link("/avatar.png"), "project_id": e.Repo.ID, "commits": commits, "total_commits_count": len(commits),
		"push_options": []string{}, "git_branch": e.Branch, "git_commit_no": e.After.String(),
	})
	delete(body, "event_type")
	delete(body, "user")
	s.Tell(pushHook, body, s.Moment())
}

// hookUser is a user in webhooks.
func (s *Server) hookUser(a *fake.Account) rest.Obj {
	if a == nil || a.Deleted {
		return nil
	}
	return rest.Obj{"id": hookUserID(a), "name": a.Name, "username": a.Login, "avatar_url": s.Link("/avatar.png"), "email": a.Email}
}

func (s *Server) gitSSH(r *fake.Repo) string { return "git@localhost:" + r.FullName() + ".git" }

func (s *Server) project(r *fake.Repo) rest.Obj {
	return rest.Obj{
		"id": r.ID, "name": r.Name, "description": "", "web_url": s.web(r, ""), "avatar_url": s.Link("/avatar.png"), "git_ssh_url": s.gitSSH(r),
		"git_http_url": s.web(r, ".git"), "namespace": r.Owner.Login, "visibility_level": 20, "path_with_namespace": r.FullName(),
		"default_branch": r.DefaultBranch, "ci_config_path": nil, "homepage": s.web(r, ""), "url": s.gitSSH(r), "ssh_url": s.gitSSH(r),
		"http_url": s.web(r, ".git"),
	}
}

func (s *Server) hookCommit(r *fake.Repo, id plumbing.Hash) rest.Obj {
	o := r.Objects.Commit(id)
	if o == nil {
		return nil
	}
	return rest.Obj{"id": id.String(), "message": o.Message, "timestamp": o.Committer.When.UTC().Format(time.RFC3339),
		"url": s.web(r, "/commit/"+id.String()), "author": rest.Obj{"name": o.Author.Name, "email": o.Author.Email}}
}

// attributes are a pull request in webhooks.
func (s *Server) attributes(p *fake.PullRequest) rest.Obj {
	r, d := p.Repo(), s.Desk(p)
	people := func(role rest.Role) []rest.Obj {
		return rest.All(d.In(role), func(seat *rest.Seat) rest.Obj { return s.hookUser(seat.Who) })
	}
	out := rest.Obj{
		"id": p.ID, "iid": p.Number(), "title": p.Title, "description": p.Body, "state": opened(p), "author": s.hookUser(p.Author),
		"author_id": nil, "created_at": rest.Stamp(p.Created), "updated_at": rest.Stamp(p.Updated), "source_branch": p.Branch(),
		"target_branch": p.BaseBranch, "source_project_id": p.HeadRepo.ID, "target_project_id": r.ID, "source": s.project(p.HeadRepo),
		"target": s.project(r), "last_commit": s.hookCommit(r, p.HeadID), "target_branch_commit": s.hookCommit(r, r.Branches[p.BaseBranch]),
		"work_in_progress": p.Draft, "merge_status": "unchecked", "merge_params": rest.Obj{"force_remove_source_branch": false},
		"merge_when_pipeline_succeeds": false, "url": s.web(r, "/merge_requests/"+strconv.Itoa(p.Number())), "total_time_spent": 0,
		"conflict": !p.Mergeable(), "reviewer_list": people(rest.Reviewer), "assignee_list": people(rest.Assignee),
		"need_review": !d.Passed(rest.Reviewer), "need_test": !d.Passed(rest.Tester),
	}
	if p.Author != nil {
		out["author_id"] = hookUserID(p.Author)
	}
	for _, name := range []string{"assignee_id", "head_pipeline_id", "last_edited_at", "last_edited_by_id", "merge_commit_sha", "merge_error",
		"merge_user_id", "milestone_id", "time_estimate", "updated_by_id", "human_total_time_spent", "human_time_estimate", "omega_attributes"} {
		out[name] = nil
	}
	return out
}
