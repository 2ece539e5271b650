package fake

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func (r *Repo) url(format string, args ...any) string {
	return r.forge.url("/repos/%s", r.FullName()) + sprintf(format, args...)
}

func (r *Repo) web(format string, args ...any) string {
	return r.forge.web("/%s", r.FullName()) + sprintf(format, args...)
}

// repoLinks are the ends of a repository's links, by the names that they have
// in the API's answers.
func repoLinks() map[string]string {
	return map[string]string{
		"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}",
		"blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
		"collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
		"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
		"contents_url": "/contents/{+path}", "contributors_url": "/contributors",
		"deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
		"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
		"git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
		"issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
		"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
		"languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
		"notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
		"releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
		"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags",
		"teams_url": "/teams", "trees_url": "/git/trees{/sha}",
	}
}

// minimalJSON is a repository as it appears inside other answers.
func (r *Repo) minimalJSON() obj {
	out := obj{
		"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.FullName(),
		"owner": r.forge.userJSON(r.owner), "private": r.private, "html_url": r.web(""), "description": nil,
		"fork": r.parent != nil, "url": r.url(""),
	}
	for key, end := range repoLinks() {
		out[key] = r.url("") + end
	}
	return out
}

// json is a repository in full, as far as all answers agree.
func (r *Repo) json() obj {
	open := 0
	for _, p := range r.pulls {
		open += boolToInt(p.open)
	}
	out := r.minimalJSON()
	for key, value := range (obj{
		"git_url": "git:" + r.FullName(), "ssh_url": "git@" + r.FullName(), "clone_url": r.web(".git"),
		"svn_url": r.web(""), "mirror_url": nil, "homepage": nil, "language": nil, "license": nil,
		"forks_count": 0, "forks": 0, "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "size": 0,
		"default_branch": r.defaultBranch, "open_issues_count": open, "open_issues": open,
		"is_template": false, "topics": []any{}, "has_issues": true, "has_projects": false, "has_wiki": false,
		"has_pages": false, "has_downloads": false, "has_discussions": false,
		"archived": r.archived, "disabled": false, "visibility": r.visibility(),
		"pushed_at": stamp(r.pushed), "created_at": stamp(r.created), "updated_at": stamp(r.pushed),
	}) {
		out[key] = value
	}
	return out
}

func (r *Repo) visibility() string {
	if r.private {
		return "private"
	}
	return "public"
}

// fullJSON is what the endpoint of one repository answers.
func (r *Repo) fullJSON(viewer *account) obj {
	out := r.json()
	out["subscribers_count"], out["network_count"] = 0, 0
	out["permissions"] = r.access(viewer).grants()
	if r.owner.kind == "Organization" {
		out["organization"] = r.forge.userJSON(r.owner)
	}
	if r.parent != nil {
		out["parent"], out["source"] = r.parent.json(), r.parent.json()
	}
	return out
}

func gitUser(s object.Signature) obj {
	return obj{"name": s.Name, "email": s.Email, "date": stamp(s.When)}
}

func (r *Repo) commitJSON(c *object.Commit) obj {
	id := c.Hash.String()
	parents := make([]any, 0, len(c.ParentHashes))
	for _, p := range c.ParentHashes {
		parents = append(parents, obj{"sha": p.String(), "url": r.url("/commits/%s", p), "html_url": r.web("/commit/%s", p)})
	}
	return obj{
		"sha": id, "node_id": "C_" + id, "url": r.url("/commits/%s", id), "html_url": r.web("/commit/%s", id),
		"comments_url": r.url("/commits/%s/comments", id),
		"commit": obj{
			"url": r.url("/git/commits/%s", id), "author": gitUser(c.Author), "committer": gitUser(c.Committer),
			"message": c.Message, "comment_count": 0,
			"tree": obj{"sha": c.TreeHash.String(), "url": r.url("/git/trees/%s", c.TreeHash)},
			"verification": obj{
				"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil,
			},
		},
		"author":    r.forge.userOrNull(r.forge.accountOf(c.Author.Email)),
		"committer": r.forge.userOrNull(r.forge.accountOf(c.Committer.Email)),
		"parents":   parents,
	}
}

func (r *Repo) commitsJSON(commits []*object.Commit) []any {
	out := make([]any, 0, len(commits))
	for _, c := range commits {
		out = append(out, r.commitJSON(c))
	}
	return out
}

// simpleCommitJSON is a commit as webhooks and check suites show it.
func (r *Repo) simpleCommitJSON(id plumbing.Hash) any {
	c := r.objects.commit(id)
	if c == nil {
		return nil
	}
	who := func(s object.Signature) obj { return obj{"name": s.Name, "email": s.Email} }
	return obj{
		"id": id.String(), "tree_id": c.TreeHash.String(), "message": c.Message,
		"timestamp": stamp(c.Committer.When), "author": who(c.Author), "committer": who(c.Committer),
	}
}

// filesJSON is a list of changed files with GitHub's limits on diffs.
func (r *Repo) filesJSON(files []fileDiff, head plumbing.Hash) []any {
	out := make([]any, 0, len(files))
	for _, f := range limitDiffs(files) {
		out = append(out, r.fileJSON(f, head))
	}
	return out
}

// limitDiffs holds a list to GitHub's limits: past a total, rows have neither
// counts nor a patch.
func limitDiffs(files []fileDiff) []fileDiff {
	out := slices.Clone(files)
	lines, bytes := 0, 0
	for i, f := range files {
		lines, bytes = lines+f.lines, bytes+len(f.patch)
		if lines > maxTotalPatchLines || bytes > maxTotalPatchBytes {
			out[i].additions, out[i].deletions, out[i].hasPatch = 0, 0, false
		}
	}
	return out
}

func (r *Repo) fileJSON(f fileDiff, head plumbing.Hash) obj {
	at := f.to
	if at == nil {
		at = f.from
	}
	name := escapePath(at.path)
	out := obj{
		"sha": at.id.String(), "filename": at.path, "status": f.status(),
		"additions": f.additions, "deletions": f.deletions, "changes": f.additions + f.deletions,
		"blob_url": r.web("/blob/%s/", head) + name, "raw_url": r.web("/raw/%s/", head) + name,
		"contents_url": r.url("/contents/") + name + "?ref=" + head.String(),
	}
	if f.hasPatch {
		out["patch"] = f.patch
	}
	if f.from != nil && f.to != nil && f.from.path != f.to.path {
		out["previous_filename"] = f.from.path
	}
	return out
}

// maxContent is the size from which the contents API leaves a file's content
// out (docs.github.com, "Get repository content").
const maxContent = 1 << 20

// contentJSON is one entry of the contents API; inline says whether a file's
// own content is part of it.
func (r *Repo) contentJSON(full string, e object.TreeEntry, ref string, inline bool) obj {
	self := r.url("/contents/") + escapePath(full) + "?ref=" + ref
	html := r.web("/blob/%s/", ref) + escapePath(full)
	out := obj{
		"type": contentType(e.Mode), "size": r.objects.blobSize(e.Hash), "name": path.Base(full), "path": full,
		"sha": e.Hash.String(), "url": self, "html_url": html, "git_url": r.url("/git/blobs/%s", e.Hash),
		"download_url": r.web("/raw/%s/", ref) + escapePath(full),
	}
	if e.Mode == filemode.Dir {
		out["git_url"], out["download_url"], out["size"] = r.url("/git/trees/%s", e.Hash), nil, 0
	}
	out["_links"] = obj{"self": self, "git": out["git_url"], "html": html}
	if !inline {
		return out
	}
	switch content, _ := r.objects.blob(e.Hash); {
	case e.Mode == filemode.Symlink:
		out["target"] = string(content)
	case e.Mode == filemode.Submodule:
		out["submodule_git_url"] = r.web("/submodules/%s", e.Hash)
	case len(content) > maxContent:
		out["content"], out["encoding"] = "", "none"
	default:
		out["content"], out["encoding"] = wrapped(content), "base64"
	}
	return out
}

func contentType(mode filemode.FileMode) string {
	switch mode {
	case filemode.Dir:
		return "dir"
	case filemode.Symlink:
		return "symlink"
	case filemode.Submodule:
		return "submodule"
	}
	return "file"
}

// wrapped is base64 in lines of 60 characters, as GitHub writes it.
func wrapped(content []byte) string {
	text := base64.StdEncoding.EncodeToString(content)
	var b strings.Builder
	for len(text) > 60 {
		b.WriteString(text[:60] + "\n")
		text = text[60:]
	}
	b.WriteString(text + "\n")
	return b.String()
}
