package github

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func (s *Server) repoURL(r *fake.Repo, format string, args ...any) string {
	return s.link("/repos/%s", r.FullName()) + sprintf(format, args...)
}

func (s *Server) repoWeb(r *fake.Repo, format string, args ...any) string {
	return s.web("/%s", r.FullName()) + sprintf(format, args...)
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

// minimalRepoJSON is a repository as it appears inside other answers.
func (s *Server) minimalRepoJSON(r *fake.Repo) obj {
	out := obj{
		"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.Name, "full_name": r.FullName(),
		"owner": s.userJSON(r.Owner), "private": r.Private, "html_url": s.repoWeb(r, ""), "description": nil,
		"fork": r.Parent != nil, "url": s.repoURL(r, ""),
	}
	for key, end := range repoLinks() {
		out[key] = s.repoURL(r, "") + end
	}
	return out
}

// repoJSON is a repository in full, as far as all answers agree.
func (s *Server) repoJSON(r *fake.Repo) obj {
	open := 0
	for _, p := range r.Pulls {
		open += boolToInt(p.IsOpen)
	}
	out := s.minimalRepoJSON(r)
	for key, value := range (obj{
		"git_url": "git:" + r.FullName(), "ssh_url": "git@" + r.FullName(), "clone_url": s.repoWeb(r, ".git"),
		"svn_url": s.repoWeb(r, ""), "mirror_url": nil, "homepage": nil, "language": nil, "license": nil,
		"forks_count": 0, "forks": 0, "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "size": 0,
		"default_branch": r.DefaultBranch, "open_issues_count": open, "open_issues": open,
		"is_template": false, "topics": []any{}, "has_issues": true, "has_projects": false, "has_wiki": false,
		"has_pages": false, "has_downloads": false, "has_discussions": false,
		"archived": r.Archived, "disabled": false, "visibility": s.visibility(r),
		"pushed_at": stamp(r.Pushed), "created_at": stamp(r.Created), "updated_at": stamp(r.Pushed),
	}) {
		out[key] = value
	}
	return out
}

func (s *Server) visibility(r *fake.Repo) string {
	if r.Private {
		return "private"
	}
	return "public"
}

// fullRepoJSON is what the endpoint of one repository answers.
func (s *Server) fullRepoJSON(r *fake.Repo, viewer *fake.Account) obj {
	out := s.repoJSON(r)
	out["subscribers_count"], out["network_count"] = 0, 0
	out["permissions"] = grants(r.Access(viewer))
	if r.Owner.Kind == fake.Organization {
		out["organization"] = s.userJSON(r.Owner)
	}
	if r.Parent != nil {
		out["parent"], out["source"] = s.repoJSON(r.Parent), s.repoJSON(r.Parent)
	}
	return out
}

func gitUser(s object.Signature) obj {
	return obj{"name": s.Name, "email": s.Email, "date": stamp(s.When)}
}

func (s *Server) commitJSON(r *fake.Repo, c *object.Commit) obj {
	id := c.Hash.String()
	parents := make([]any, 0, len(c.ParentHashes))
	for _, p := range c.ParentHashes {
		parents = append(parents, obj{"sha": p.String(), "url": s.repoURL(r, "/commits/%s", p), "html_url": s.repoWeb(r, "/commit/%s", p)})
	}
	return obj{
		"sha": id, "node_id": "C_" + id, "url": s.repoURL(r, "/commits/%s", id), "html_url": s.repoWeb(r, "/commit/%s", id),
		"comments_url": s.repoURL(r, "/commits/%s/comments", id),
		"commit": obj{
			"url": s.repoURL(r, "/git/commits/%s", id), "author": gitUser(c.Author), "committer": gitUser(c.Committer),
			"message": c.Message, "comment_count": 0,
			"tree": obj{"sha": c.TreeHash.String(), "url": s.repoURL(r, "/git/trees/%s", c.TreeHash)},
			"verification": obj{
				"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil,
			},
		},
		"author":    s.userOrNull(s.AccountByMail(c.Author.Email)),
		"committer": s.userOrNull(s.AccountByMail(c.Committer.Email)),
		"parents":   parents,
	}
}

// commitJSON is a commit of the call's repository.
func (c *call) commitJSON(o *object.Commit) obj { return c.s.commitJSON(c.repo, o) }

func (s *Server) commitsJSON(r *fake.Repo, commits []*object.Commit) []any {
	out := make([]any, 0, len(commits))
	for _, c := range commits {
		out = append(out, s.commitJSON(r, c))
	}
	return out
}

// simpleCommitJSON is a commit as webhooks and check suites show it.
func (s *Server) simpleCommitJSON(r *fake.Repo, id plumbing.Hash) any {
	c := r.Objects.Commit(id)
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
func (s *Server) filesJSON(r *fake.Repo, files []fake.FileDiff, head plumbing.Hash) []any {
	out := make([]any, 0, len(files))
	for _, f := range limitDiffs(files) {
		out = append(out, s.fileJSON(r, f, head))
	}
	return out
}

// The sizes from which GitHub leaves a patch out of a list of files: one
// file's diff, and all rows past a total
// (docs.github.com, "Repository limits", diff limits).
const (
	maxFilePatchLines  = 3_000
	maxTotalPatchLines = 20_000
	maxTotalPatchBytes = 1 << 20
)

// limitDiffs holds a list to GitHub's limits: past a total, rows have neither
// counts nor a patch.
func limitDiffs(files []fake.FileDiff) []fake.FileDiff {
	out := slices.Clone(files)
	lines, bytes := 0, 0
	for i, f := range files {
		lines, bytes = lines+f.Lines, bytes+len(f.Patch)
		if lines > maxTotalPatchLines || bytes > maxTotalPatchBytes {
			out[i].Additions, out[i].Deletions, out[i].Patch = 0, 0, ""
		} else if f.Lines > maxFilePatchLines {
			out[i].Patch = ""
		}
	}
	return out
}

func (s *Server) fileJSON(r *fake.Repo, f fake.FileDiff, head plumbing.Hash) obj {
	at := f.To
	if at == nil {
		at = f.From
	}
	name := escapePath(at.Path)
	out := obj{
		"sha": at.ID.String(), "filename": at.Path, "status": fileStatuses().say(f.Status()),
		"additions": f.Additions, "deletions": f.Deletions, "changes": f.Additions + f.Deletions,
		"blob_url": s.repoWeb(r, "/blob/%s/", head) + name, "raw_url": s.repoWeb(r, "/raw/%s/", head) + name,
		"contents_url": s.repoURL(r, "/contents/") + name + "?ref=" + head.String(),
	}
	if f.Patch != "" {
		out["patch"] = f.Patch
	}
	if f.From != nil && f.To != nil && f.From.Path != f.To.Path {
		out["previous_filename"] = f.From.Path
	}
	return out
}

// maxContent is the size from which the contents API leaves a file's content
// out (docs.github.com, "Get repository content").
const maxContent = 1 << 20

// contentJSON is one entry of the contents API; inline says whether a file's
// own content is part of it.
func (s *Server) contentJSON(r *fake.Repo, full string, e object.TreeEntry, ref string, inline bool) obj {
	self := s.repoURL(r, "/contents/") + escapePath(full) + "?ref=" + ref
	html := s.repoWeb(r, "/blob/%s/", ref) + escapePath(full)
	out := obj{
		"type": contentType(e.Mode), "size": r.Objects.BlobSize(e.Hash), "name": path.Base(full), "path": full,
		"sha": e.Hash.String(), "url": self, "html_url": html, "git_url": s.repoURL(r, "/git/blobs/%s", e.Hash),
		"download_url": s.repoWeb(r, "/raw/%s/", ref) + escapePath(full),
	}
	if e.Mode == filemode.Dir {
		out["git_url"], out["download_url"], out["size"] = s.repoURL(r, "/git/trees/%s", e.Hash), nil, 0
	}
	out["_links"] = obj{"self": self, "git": out["git_url"], "html": html}
	if !inline {
		return out
	}
	switch content, _ := r.Objects.Blob(e.Hash); {
	case e.Mode == filemode.Symlink:
		out["target"] = string(content)
	case e.Mode == filemode.Submodule:
		out["submodule_git_url"] = s.repoWeb(r, "/submodules/%s", e.Hash)
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

// kind is a tree entry's type in the words of GitHub's API.
func kind(mode filemode.FileMode) string {
	switch mode {
	case filemode.Dir:
		return "tree"
	case filemode.Submodule:
		return "commit"
	}
	return "blob"
}

// firstTree is the tree of a commit's first parent; zero for a root.
func firstTree(r *fake.Repo, o *object.Commit) plumbing.Hash {
	if len(o.ParentHashes) == 0 {
		return plumbing.ZeroHash
	}
	return r.TreeOf(o.ParentHashes[0])
}
