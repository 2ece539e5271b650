package fake

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// emit sends an event to the App, if it is installed there and subscribed. The
// payload is what the forge holds at this moment, however late it arrives.
func (f *Forge) emit(event, action string, i *installation, r *Repo, sender *account, payload obj) {
	f.recordWorkflowEvent(event, action, r, sender, payload)
	if f.opts.WebhookURL == "" || i == nil || !f.subscribed(event, action) {
		return
	}
	payload["sender"] = f.userJSON(sender)
	payload["installation"] = obj{"id": i.id, "node_id": nodeID("IN", i.id)}
	if event == "installation" {
		payload["installation"] = f.installationJSON(i)
	}
	if action != "" {
		payload["action"] = action
	}
	d := &delivery{
		guid: newGUID(), event: event, action: action, installation: i.id,
		url: f.opts.WebhookURL, secret: f.opts.WebhookSecret,
	}
	if r != nil {
		d.repository = r.id
		payload["repository"] = r.json()
	}
	if i.account.kind == "Organization" {
		payload["organization"] = f.orgJSON(i.account)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		f.log.Error("webhook not encoded", "event", event, "error", err)
		return
	}
	if len(body) > maxPayload {
		return
	}
	d.payload = body
	f.hooks.add(d)
}

// maxPayload is how many bytes a webhook may have; larger ones are not sent
// (docs.github.com, "Webhook events and payloads").
const maxPayload = 25 << 20

// subscribed tells whether the App gets an event. It gets what concerns its
// installation, and requests to run its own checks again, in any case.
func (f *Forge) subscribed(event, action string) bool {
	return event == "installation" || event == "ping" || action == "rerequested" ||
		slices.Contains(f.opts.App.Events, event)
}

// Ping sends the event that GitHub sends when a webhook is made.
func (f *Forge) Ping() {
	f.mu.Lock()
	defer f.mu.Unlock()
	hook := obj{
		"type": "App", "id": 1, "name": "web", "active": true, "events": f.opts.App.Events, "app_id": f.opts.App.ID,
		"config": obj{"url": f.opts.WebhookURL, "content_type": "json", "insecure_ssl": "0"},
	}
	for _, i := range f.installed {
		f.emit("ping", "", i, nil, i.account, obj{"zen": "Keep it logically awesome.", "hook_id": 1, "hook": hook})
		return
	}
}

func (f *Forge) emitInstallation(action string, i *installation) {
	repos := []any{}
	for _, r := range f.repos {
		if i.covers(r) {
			repos = append(repos, obj{
				"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.FullName(), "private": r.private,
			})
		}
	}
	f.emit("installation", action, i, nil, i.account, obj{"repositories": repos})
}

// emit sends an event of the pull request with further fields.
func (p *PullRequest) emit(action string, by *account, more obj) {
	if !p.repo.forge.heard() {
		return // spares working out the changed files
	}
	payload := obj{"number": p.number, "pull_request": p.json()}
	maps.Copy(payload, more)
	f := p.repo.forge
	f.emit("pull_request", action, f.installationOf(p.repo), p.repo, by, payload)
}

func (p *PullRequest) emitReview(action string, rv *review, by *account, more obj) {
	if rv.state == pending {
		return
	}
	body := rv.json()
	body["state"] = strings.ToLower(rv.state)
	if rv.body == "" {
		body["body"] = nil
	}
	payload := obj{"review": body, "pull_request": p.simpleJSON()}
	maps.Copy(payload, more)
	f := p.repo.forge
	f.emit("pull_request_review", action, f.installationOf(p.repo), p.repo, by, payload)
}

func (p *PullRequest) emitComment(action string, c *comment, by *account, more obj) {
	f := p.repo.forge
	payload := obj{"issue": p.issueJSON(), "comment": c.json()}
	maps.Copy(payload, more)
	f.emit("issue_comment", action, f.installationOf(p.repo), p.repo, by, payload)
}

// A push event lists so many commits, and so many paths of each kind of a commit
// (docs.github.com, "Webhook events and payloads"; octo-sts/app#978).
const (
	maxPushCommits = 2048
	maxPushPaths   = 3000
)

func (f *Forge) emitPush(r *Repo, branch string, from, to plumbing.Hash, forced bool, by *account) {
	if !f.heard() {
		return // spares working out the changed files
	}
	commits := []any{}
	if !to.IsZero() {
		base, known := from, r.known(branch)
		if from.IsZero() {
			base = r.branches[r.defaultBranch]
		}
		for _, c := range r.objects.between(base, to) {
			commits = append(commits, r.pushCommitJSON(c, !known[c.Hash]))
		}
	}
	if len(commits) > maxPushCommits {
		commits = commits[len(commits)-maxPushCommits:]
	}
	f.emit("push", "", f.installationOf(r), r, by, obj{
		"ref": "refs/heads/" + branch, "before": from.String(), "after": to.String(), "base_ref": nil,
		"created": from.IsZero(), "deleted": to.IsZero(), "forced": forced, "commits": commits,
		"head_commit": r.simpleCommitJSON(to), "compare": r.web("/compare/%s...%s", from, to),
		"pusher": obj{"name": by.login, "email": by.email},
	})
}

// known gives the commits that other branches have.
func (r *Repo) known(except string) map[plumbing.Hash]bool {
	var tips []plumbing.Hash
	for name, tip := range r.branches {
		if name != except {
			tips = append(tips, tip)
		}
	}
	return r.objects.reach(tips...)
}

// pushCommitJSON is a commit as a push lists it, with the paths that it changes
// against its first parent.
func (r *Repo) pushCommitJSON(c *object.Commit, distinct bool) obj {
	out := r.simpleCommitJSON(c.Hash).(obj)
	added, removed, modified := []string{}, []string{}, []string{}
	for _, d := range r.objects.treeDiff(r.firstTree(c), c.TreeHash) {
		switch {
		case d.from == nil:
			added = append(added, d.path())
		case d.to == nil:
			removed = append(removed, d.path())
		default:
			modified = append(modified, d.path())
		}
	}
	cut := func(paths []string) []string { return paths[:min(len(paths), maxPushPaths)] }
	out["added"], out["removed"], out["modified"], out["distinct"] = cut(added), cut(removed), cut(modified), distinct
	out["url"] = r.web("/commit/%s", c.Hash)
	return out
}

// emitCheck sends also what the App did itself; GitHub does not spare it that.
func (f *Forge) emitCheck(action string, c *checkRun) {
	sender := f.bot()
	if c.suite.app != nil {
		sender = c.suite.app
	}
	f.emit("check_run", action, f.installationOf(c.repo), c.repo, sender, obj{"check_run": c.eventJSON()})
}

// eventJSON is a check run with its suite, as events show it.
func (c *checkRun) eventJSON() obj {
	out := c.json()
	out["check_suite"] = c.suite.json()
	return out
}

// emitRerequest asks the App to run a check, or all of a commit, again.
func (f *Forge) emitRerequest(event string, r *Repo, body obj, by *account) {
	f.emit(event, "rerequested", f.installationOf(r), r, by, obj{event: body})
}

func (f *Forge) emitStatus(s *status) {
	r := s.repo
	f.emit("status", "", f.installationOf(r), r, s.creator, obj{
		"id": s.id, "sha": s.head.String(), "name": r.FullName(), "context": s.context, "state": s.state,
		"description": emptyOrNull(s.description), "target_url": emptyOrNull(s.targetURL), "branches": []any{},
		"commit": r.commitJSON(r.objects.commit(s.head)), "created_at": stamp(s.created), "updated_at": stamp(s.created),
	})
}

func (f *Forge) installationIn(a *account) *installation {
	for _, i := range f.installed {
		if i.account == a {
			return i
		}
	}
	return nil
}

func (f *Forge) emitTeam(action string, t *team) {
	f.emit("team", action, f.installationIn(t.org), nil, t.org, obj{"team": f.teamJSON(t)})
}

// emitGrant tells that a team's rights in a repository changed.
func (f *Forge) emitGrant(action string, t *team, r *Repo) {
	f.emit("team", action, f.installationOf(r), r, t.org, obj{"team": f.teamJSON(t)})
}

// emitMember tells that a collaborator's rights in a repository changed.
func (f *Forge) emitMember(action string, r *Repo, who *account) {
	f.emit("member", action, f.installationOf(r), r, r.owner, obj{"member": f.userJSON(who)})
}

// emitOrg tells that somebody joined or left an organisation.
func (f *Forge) emitOrg(action string, org, who *account) {
	role := org.role(who)
	if role == "" {
		role = "unaffiliated"
	}
	f.emit("organization", action, f.installationIn(org), nil, org, obj{"membership": obj{
		"url": f.url("/orgs/%s/memberships/%s", org.login, who.login), "state": "active", "role": role,
		"organization_url": f.url("/orgs/%s", org.login), "user": f.userJSON(who),
	}})
}

func (f *Forge) emitMembership(action string, t *team, who *account) {
	f.emit("membership", action, f.installationIn(t.org), nil, t.org, obj{
		"scope": "team", "member": f.userJSON(who), "team": f.teamJSON(t),
	})
}
