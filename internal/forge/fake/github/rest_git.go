package github

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// The caps of GitHub's lists (docs.github.com, "Compare two commits", "Get a
// tree").
const (
	maxCompareFiles   = 300
	maxCompareCommits = 250
	maxTreeEntries    = 100_000
)

func getRepo(c *call) (any, error) { return c.s.fullRepoJSON(c.repo, c.who.account), nil }

// commit resolves a ref of the path.
func (c *call) commit(ref string) (*object.Commit, error) {
	if len(c.repo.Branches) == 0 {
		return nil, &failure{status: http.StatusConflict, message: "Git Repository is empty."}
	}
	id, ok := c.repo.Resolve(ref)
	if !ok {
		return nil, noCommit(ref)
	}
	return c.repo.Objects.Commit(id), nil
}

func listCommits(c *call) (any, error) {
	from, want := c.r.URL.Query().Get("sha"), c.r.URL.Query().Get("path")
	if from == "" {
		from = "HEAD"
	}
	at, err := c.commit(from)
	if err != nil {
		return nil, err
	}
	commits := c.repo.Objects.Log(at.Hash)
	if want != "" {
		commits = slices.DeleteFunc(commits, func(o *object.Commit) bool { return !touches(c.repo, o, want) })
	}
	return paged(c, commits, c.commitJSON), nil
}

func touches(r *fake.Repo, o *object.Commit, file string) bool {
	was, before := r.Objects.Entry(firstTree(r, o), file)
	is, after := r.Objects.Entry(o.TreeHash, file)
	return before != after || was.Hash != is.Hash || was.Mode != is.Mode
}

func getCommit(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if c.accepts("sha") {
		return raw{"application/vnd.github.sha; charset=utf-8", []byte(o.Hash.String())}, nil
	}
	files := c.repo.Objects.FileDiffs(firstTree(c.repo, o), o.TreeHash)
	out := c.s.commitJSON(c.repo, o)
	additions, deletions := 0, 0
	for _, f := range files {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
	}
	out["stats"] = obj{"additions": additions, "deletions": deletions, "total": additions + deletions}
	rows := c.s.filesJSON(c.repo, files[:min(len(files), maxPullFiles)], o.Hash)
	page, size := c.commitPage(len(rows))
	from := min(len(rows), (page-1)*size)
	out["files"] = rows[from:min(len(rows), from+size)]
	return out, nil
}

// commitPage is the page of a commit's files: 300 unless asked for less.
func (c *call) commitPage(total int) (page, size int) {
	page, size = c.page()
	if c.r.URL.Query().Get("per_page") == "" {
		size = maxCompareFiles
	}
	if total > size {
		c.link(page, (total+size-1)/size)
	}
	return page, size
}

func compare(c *call) (any, error) {
	baseName, headName, ok := strings.Cut(c.r.PathValue("basehead"), "...")
	if !ok {
		return nil, notFound()
	}
	base, okBase := c.s.resolveLabel(c.repo, baseName)
	head, okHead := c.s.resolveLabel(c.repo, headName)
	if !okBase || !okHead {
		return nil, notFound()
	}
	r := c.repo
	mergeBase, ok, err := r.Objects.MergeBase(base, head)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &failure{status: http.StatusNotFound, message: "No common ancestor between " + baseName + " and " + headName + "."}
	}
	ahead, behind := r.Objects.Between(base, head), r.Objects.Between(head, base)
	self := c.s.repoURL(r, "/compare/%s...%s", base, head)
	html := c.s.repoWeb(r, "/compare/%s...%s", base, head)
	out := obj{
		"url": self, "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit":       c.s.commitJSON(r, r.Objects.Commit(base)),
		"merge_base_commit": c.s.commitJSON(r, r.Objects.Commit(mergeBase)),
		"status":            compareStatus(len(ahead), len(behind)),
		"ahead_by":          len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
	}
	page, commits := c.compareCommits(ahead)
	out["commits"] = c.s.commitsJSON(r, commits)
	if page == 1 {
		files := r.Objects.FileDiffs(r.TreeOf(mergeBase), r.TreeOf(head))
		if c.s.behaviour.NoCompare || tooLarge(files) {
			return nil, &failure{status: http.StatusUnprocessableEntity, message: "Sorry, this diff is taking too long to generate."}
		}
		out["files"] = c.s.filesJSON(r, files[:min(len(files), maxCompareFiles)], head)
	}
	return out, nil
}

// tooLarge reports whether a comparison has more lines than GitHub shows
// (dcoapp/app#309).
func tooLarge(files []fake.FileDiff) bool {
	lines := 0
	for _, f := range files {
		lines += f.Lines
	}
	return lines > maxTotalPatchLines
}

// compareCommits returns the call's page of a comparison's commits. Without
// paging the last 250 are listed; with it all are, 250 or less a page.
func (c *call) compareCommits(commits []*object.Commit) (int, []*object.Commit) {
	q := c.r.URL.Query()
	if q.Get("page") == "" && q.Get("per_page") == "" {
		return 1, commits[max(0, len(commits)-maxCompareCommits):]
	}
	page, size := c.page()
	if q.Get("per_page") == "" {
		size = maxCompareCommits
	}
	c.link(page, max(1, (len(commits)+size-1)/size))
	from := min(len(commits), (page-1)*size)
	return page, commits[from:min(len(commits), from+size)]
}

func compareStatus(ahead, behind int) string {
	switch {
	case ahead > 0 && behind > 0:
		return "diverged"
	case ahead > 0:
		return "ahead"
	case behind > 0:
		return "behind"
	}
	return "identical"
}

// resolveLabel resolves one end of a comparison, which may name a branch of a
// fork as owner:branch.
func (s *Server) resolveLabel(r *fake.Repo, name string) (plumbing.Hash, bool) {
	owner, branch, ok := strings.Cut(name, ":")
	if !ok {
		return r.Resolve(name)
	}
	for _, other := range s.Repos {
		if other.Objects == r.Objects && strings.EqualFold(other.Owner.Login, owner) {
			return other.Resolve(branch)
		}
	}
	return plumbing.ZeroHash, false
}

func getContent(c *call) (any, error) {
	ref := c.r.URL.Query().Get("ref")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	id, ok := c.repo.Resolve(ref)
	if !ok {
		return nil, &failure{status: http.StatusNotFound, message: "No commit found for the ref " + ref}
	}
	file := strings.Trim(c.r.PathValue("path"), "/")
	e, ok := c.repo.Objects.Entry(c.repo.TreeOf(id), file)
	if !ok {
		return nil, notFound()
	}
	if e.Mode != filemode.Dir {
		if content, ok := c.repo.Objects.Blob(e.Hash); ok && c.accepts("raw") {
			return raw{"application/vnd.github.raw; charset=utf-8", content}, nil
		}
		return c.s.contentJSON(c.repo, file, e, ref, true), nil
	}
	entries := []any{}
	for _, child := range c.repo.Objects.Tree(e.Hash).Entries {
		entries = append(entries, c.s.contentJSON(c.repo, path.Join(file, child.Name), child, ref, false))
	}
	if !c.accepts("object") {
		return entries, nil
	}
	out := c.s.contentJSON(c.repo, file, e, ref, false)
	out["entries"] = entries
	return out, nil
}

func getRef(c *call) (any, error) {
	name := c.r.PathValue("ref")
	if !strings.HasPrefix(name, "heads/") && !strings.HasPrefix(name, "pull/") {
		return nil, notFound()
	}
	branch, isBranch := strings.CutPrefix(name, "heads/")
	id, ok := c.repo.Resolve(name)
	if isBranch {
		id, ok = c.repo.Branches[branch]
	}
	if !ok {
		return nil, notFound()
	}
	return obj{
		"ref": "refs/" + name, "node_id": "REF_" + name, "url": c.s.repoURL(c.repo, "/git/refs/") + escapePath(name),
		"object": obj{"type": "commit", "sha": id.String(), "url": c.s.repoURL(c.repo, "/git/commits/%s", id)},
	}, nil
}

func getTree(c *call) (any, error) {
	name := c.r.PathValue("sha")
	id := plumbing.NewHash(name)
	if commit, ok := c.repo.Resolve(name); ok {
		id = c.repo.TreeOf(commit)
	} else if !c.repo.Objects.HasTree(id) {
		return nil, notFound()
	}
	entries := c.repo.Objects.Walk(id, "", c.r.URL.Query().Get("recursive") != "")
	out := []any{}
	for _, e := range entries[:min(len(entries), maxTreeEntries)] {
		row := obj{
			"path": e.Path, "mode": fake.Octal(e.Mode), "type": kind(e.Mode), "sha": e.Hash.String(),
			"url": c.s.repoURL(c.repo, "/git/%ss/%s", kind(e.Mode), e.Hash),
		}
		if kind(e.Mode) == "blob" {
			row["size"] = c.repo.Objects.BlobSize(e.Hash)
		}
		out = append(out, row)
	}
	return obj{
		"sha": id.String(), "url": c.s.repoURL(c.repo, "/git/trees/%s", id), "tree": out,
		"truncated": len(entries) > maxTreeEntries,
	}, nil
}

func getBlob(c *call) (any, error) {
	id := plumbing.NewHash(c.r.PathValue("sha"))
	content, ok := c.repo.Objects.Blob(id)
	if !ok {
		return nil, notFound()
	}
	if c.accepts("raw") {
		return raw{"application/vnd.github.raw; charset=utf-8", content}, nil
	}
	return obj{
		"sha": id.String(), "node_id": "B_" + id.String(), "size": len(content),
		"url": c.s.repoURL(c.repo, "/git/blobs/%s", id), "content": wrapped(content), "encoding": "base64",
	}, nil
}
