package gitee

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// The events of webhooks, in the word that bodies have.
const (
	pullHook = "merge_request_hooks"
	noteHook = "note_hooks"
	pushHook = "push_hooks"
	runHook  = "check_run_hooks"
)

// eventWords are those that headers have.
var eventWords = map[string]string{pullHook: "Merge Request Hook", noteHook: "Note Hook", pushHook: "Push Hook", runHook: "Check Run Hook"}

// hookID is the number of the one webhook.
const hookID = 788005

// sign makes the token of a webhook: of its time and the secret, whatever its body is.
func sign(secret, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + secret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func milliseconds(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// headers are those of a webhook: there is no id among them.
func (s *Server) headers(hook rest.Hook, event string, _ []byte, at time.Time) http.Header {
	word, token := eventWords[event], sign(hook.Secret, milliseconds(at))
	if s.Is(rest.MachineWords) {
		word = event
	}
	if s.Is(rest.Password) {
		token = hook.Secret
	}
	h := http.Header{}
	for name, value := range map[string]string{
		"User-Agent": "git-oschina-hook", "X-Gitee-Event": word, "X-Git-Oschina-Event": word, "X-Gitee-Token": token,
		"X-Gitee-Timestamp": milliseconds(at), "X-Gitee-Ping": "false",
	} {
		h.Set(name, value)
	}
	return h
}

// tell sends a webhook; its body repeats what is in the headers.
func (s *Server) tell(event string, r *fake.Repo, by *fake.Account, body rest.Obj) {
	now := s.Moment()
	secret, at := s.Hook().Secret, milliseconds(now)
	body["hook_id"], body["hook_name"], body["hook_url"] = hookID, event, s.web(r, "/hooks/"+strconv.Itoa(hookID)+"/edit")
	body["timestamp"], body["sign"], body["password"] = at, sign(secret, at), ""
	if s.Is(rest.Password) {
		body["sign"], body["password"] = "", secret
	}
	body["project"], body["repository"], body["sender"] = s.hookRepo(r), s.hookRepo(r), s.hookUser(by)
	body["enterprise"], body["push_data"] = nil, nil
	s.Tell(event, body, now)
}

// pullWords are what is told of a pull request, as action and its description. What is not
// here is told by another event, or by none.
var pullWords = map[fake.Kind][2]string{
	fake.PullOpened: {"open", "open"}, fake.PullReopened: {"open", "open"}, fake.PullClosed: {"close", "open"},
	fake.HeadMoved: {"update", "source_branch_changed"}, fake.BaseChanged: {"update", "target_branch_changed"},
	fake.BaseMovedOn: {"update", "target_branch_changed"}, fake.Labeled: {"update", "update_label"}, fake.Unlabeled: {"update",
		"update_label"},
	fake.PullEdited: {"update", "open"}, fake.MadeDraft: {"update", "open"}, fake.MadeReady: {"update", "open"},
}

// quiet are the events that a knob has nobody told of.
var quiet = map[fake.Kind]bool{
	fake.PullEdited: true, fake.MadeDraft: true, fake.MadeReady: true, fake.CommentEdited: true, fake.CommentDeleted: true,
}

var noteWords = map[fake.Kind]string{fake.CommentCreated: "comment", fake.CommentEdited: "edited", fake.CommentDeleted: "deleted"}

// heed tells what happens in the model.
func (s *Server) heed(e fake.Event) {
	if quiet[e.Kind] && s.Is(rest.SilentEdits) {
		return
	}
	if words, ok := pullWords[e.Kind]; ok {
		if e.Kind == fake.PullClosed && e.Pull.IsMerged() {
			words[0] = "merge"
		}
		s.tellPull(e.Pull, e.By, words[0], words[1])
	}
	if action := noteWords[e.Kind]; action != "" {
		s.tellNote(e, action)
	}
	if e.Kind == fake.Pushed {
		s.tellPush(e)
	}
}

// actWords are what is told of desks.
var actWords = map[rest.Deed]map[rest.Role]string{
	rest.Accepted: {rest.Assignee: "approved", rest.Tester: "tested"},
	rest.Seated:   {rest.Assignee: "assign", rest.Tester: "test"},
	rest.Left:     {rest.Assignee: "unassign", rest.Tester: "untest"},
}

// heedAct tells what happens at desks, as far as there is a word for it.
func (s *Server) heedAct(a rest.Act) {
	if action := actWords[a.Deed][a.Role]; action != "" && !s.Is(rest.SilentApprovals) {
		s.tellPull(a.Pull, a.By, action, action)
	}
}

func (s *Server) tellPull(p *fake.PullRequest, by *fake.Account, action, description string) {
	body := s.hookPull(p, by)
	number := p.Number()
	status, merge := body["merge_status"], body["merge_commit_sha"]
	s.tell(pullHook, p.Repo(), by, rest.Obj{
		"action": action, "action_desc": description, "author": s.hookUser(p.Author), "body": p.Body, "iid": number, "number": number,
		"languages": []string{}, "merge_commit_sha": merge, "merge_status": status, "pull_request": body, "source_branch": p.Branch(),
		"target_branch": p.BaseBranch, "source_repo": s.hookSource(p.HeadRepo), "target_repo": s.hookSource(p.Repo()), "state": rest.State(p),
		"target_user": nil, "title": p.Title, "updated_by": s.hookUser(by), "url": body["html_url"],
	})
}

func (s *Server) tellNote(e fake.Event, action string) {
	p, said := e.Pull, e.Comment
	page := s.comment(said)["html_url"]
	s.tell(noteHook, p.Repo(), e.By, rest.Obj{
		"action": action, "author": s.hookUser(said.Author), "issue": nil, "note": said.Body, "noteable_id": p.ID,
		"noteable_type": "PullRequest", "per_iid": "!" + strconv.Itoa(p.Number()), "pull_request": s.hookPull(p, e.By), "short_commit_id": nil,
		"title": p.Title, "url": page,
		"comment": rest.Obj{"id": said.ID, "body": said.Body, "created_at": rest.Stamp(said.Created), "updated_at": rest.Stamp(said.Updated()),
			"html_url": page, "user": s.hookUser(said.Author)},
	})
}

// tellRun tells that a check run was created or completed.
func (s *Server) tellRun(r *run, action string) {
	if s.Is(rest.ChecksTold) {
		s.tell(runHook, r.repo, r.by, rest.Obj{"action": action, "requested_action": nil, "check_run": s.run(r)})
	}
}

func (s *Server) tellPush(e fake.Event) {
	commits := []rest.Obj{}
	for _, o := range e.Repo.Objects.Between(e.Before, e.After) {
		commits = append(commits, s.hookCommit(e.Repo, o))
	}
	few := commits[:min(len(commits), 10)]
	who := rest.Obj{}
	for _, name := range []string{"email", "id", "name", "url", "user_name", "username"} {
		who[name] = s.hookUser(e.By)[name]
	}
	body := rest.Obj{
		"ref": "refs/heads/" + e.Branch, "before": e.Before.String(), "after": e.After.String(), "created": e.Before.IsZero(),
		"deleted": e.After.IsZero(), "compare": s.web(e.Repo, "/compare/"+e.Before.String()+"..."+e.After.String()), "commits": few,
		"commits_more_than_ten": len(commits) > 10, "total_commits_count": len(commits), "head_commit": nil, "user": who, "pusher": who,
		"user_id": e.By.ID, "user_name": e.By.Name,
	}
	if len(commits) > 0 {
		body["head_commit"] = commits[len(commits)-1]
	}
	s.tell(pushHook, e.Repo, e.By, body)
}

func (s *Server) hookCommit(r *fake.Repo, o *object.Commit) rest.Obj {
	by := func(sig object.Signature) rest.Obj {
		out := rest.Obj{"name": sig.Name, "email": sig.Email, "time": rest.Stamp(sig.When), "remark": nil, "user": nil, "id": nil, "url": nil,
			"user_name": nil, "username": nil}
		if a := s.AccountByMail(sig.Email); a != nil {
			out["id"], out["url"], out["user_name"], out["username"] = a.ID, s.Link("/"+a.Login), a.Login, a.Login
		}
		return out
	}
	parents := []string{}
	for _, id := range o.ParentHashes {
		parents = append(parents, id.String())
	}
	none := []string{}
	return rest.Obj{
		"id": o.Hash.String(), "tree_id": o.TreeHash.String(), "parent_ids": parents, "message": o.Message, "distinct": true,
		"timestamp": rest.Stamp(o.Committer.When), "url": s.web(r, "/commit/"+o.Hash.String()), "author": by(o.Author),
		"committer": by(o.Committer), "added": none, "modified": none, "removed": none,
	}
}

// hookUser is a user in webhooks, null for nobody.
func (s *Server) hookUser(a *fake.Account) rest.Obj {
	if a == nil || a.Deleted {
		return nil
	}
	page := s.Link("/" + a.Login)
	return rest.Obj{"id": a.ID, "login": a.Login, "name": a.Name, "email": a.Email,
		"avatar_url": s.Link("/assets/no_portrait.png"), "html_url": page,
		"url": page, "type": "User", "site_admin": false, "remark": nil, "user_name": a.Login, "username": a.Login}
}

func (s *Server) hookRepo(r *fake.Repo) rest.Obj {
	page, git := s.web(r, ""), strings.TrimPrefix(strings.TrimPrefix(s.Link(""), "http://"), "https://")
	pushed := rest.Stamp(r.Pushed)
	return rest.Obj{
		"id": r.ID, "name": r.Name, "path": r.Name, "full_name": r.FullName(), "path_with_namespace": r.FullName(),
		"name_with_namespace": r.Owner.Name + "/" + r.Name, "namespace": namespace(r), "owner": s.hookUser(r.Owner), "private": r.Private,
		"html_url": page, "url": page, "homepage": page, "description": "", "fork": r.Parent != nil, "created_at": rest.Stamp(r.Created),
		"updated_at": pushed, "pushed_at": pushed, "clone_url": page + ".git", "git_http_url": page + ".git",
		"ssh_url": "git@" + git + ":" + r.FullName() + ".git", "git_ssh_url": "git@" + git + ":" + r.FullName() + ".git",
		"git_url": "git://" + git + "/" + r.FullName() + ".git", "git_svn_url": "svn://" + git + "/" + r.FullName(), "svn_url": page,
		"stargazers_count": 0, "watchers_count": 1, "forks_count": 0, "language": nil, "has_issues": true, "has_wiki": true, "has_pages": false,
		"license": nil, "open_issues_count": 0, "default_branch": r.DefaultBranch,
	}
}

func (s *Server) hookSource(r *fake.Repo) any {
	if r.Deleted {
		return nil
	}
	return rest.Obj{"project": s.hookRepo(r), "repository": s.hookRepo(r)}
}

// hookPull is a pull request in webhooks, which has counts.
func (s *Server) hookPull(p *fake.PullRequest, by *fake.Account) rest.Obj {
	page := s.web(p.Repo(), "/pulls/"+strconv.Itoa(p.Number()))
	d, additions, deletions := s.Desk(p), 0, 0
	for _, f := range p.Files() {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
	}
	status, merge := "can_be_merged", ""
	if !p.Mergeable() {
		status = "can_be_resolve"
	}
	if !p.MergeID.IsZero() {
		merge = p.MergeID.String()
	}
	seated := func(role rest.Role) []rest.Obj {
		return rest.All(d.In(role), func(seat *rest.Seat) rest.Obj { return s.hookUser(seat.Who) })
	}
	return rest.Obj{
		"id": p.ID, "number": p.Number(), "title": p.Title, "body": p.Body, "state": rest.State(p), "user": s.hookUser(p.Author),
		"updated_by": s.hookUser(by), "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch",
		"head": s.hookSide(p.HeadRepo, p.Branch(), p.HeadID.String()), "base": s.hookSide(p.Repo(), p.BaseBranch, rest.MergeBase(p).String()),
		"assignee": nil, "assignees": seated(rest.Assignee), "tester": nil, "testers": seated(rest.Tester),
		"need_review": !d.Passed(rest.Assignee),
		"need_test":   !d.Passed(rest.Tester), "labels": rest.All(p.Labelled, hookLabel), "milestone": nil, "languages": []string{},
		"mergeable": p.Mergeable(), "merge_status": status, "merge_commit_sha": merge, "merged": p.IsMerged(),
		"merge_reference_name": "refs/pull/" + strconv.Itoa(p.Number()) + "/MERGE", "created_at": rest.Stamp(p.Created),
		"updated_at": rest.Stamp(p.Updated), "closed_at": rest.StampOr(p.Closed, nil), "merged_at": rest.StampOr(p.MergedAt, nil),
		"comments": len(p.Conversation), "commits": len(p.Commits()), "additions": additions, "deletions": deletions,
		"changed_files": len(p.Files()),
	}
}

func hookLabel(l *fake.Label) rest.Obj { return rest.Obj{"id": l.ID, "name": l.Name, "color": l.Color} }

// hookSide is the head or the base in webhooks; of a fork that is gone it is null.
func (s *Server) hookSide(r *fake.Repo, branch, at string) any {
	if r.Deleted {
		return nil
	}
	return rest.Obj{"label": r.Owner.Login + ":" + branch, "ref": branch, "sha": at, "user": s.hookUser(r.Owner), "repo": s.hookRepo(r)}
}
