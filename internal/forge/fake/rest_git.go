package fake

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// The caps of GitHub's lists (docs.github.com, "Compare two commits", "Get a
// tree").
const (
	maxCompareFiles   = 300
	maxCompareCommits = 250
	maxTreeEntries    = 100_000
)

func getRepo(c *call) (any, error) { return c.repo.fullJSON(c.who.account), nil }

// commit resolves a ref of the path.
func (c *call) commit(ref string) (*object.Commit, error) {
	if len(c.repo.branches) == 0 {
		return nil, &failure{status: http.StatusConflict, message: "Git Repository is empty."}
	}
	id, ok := c.repo.resolve(ref)
	if !ok {
		return nil, &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + ref}
	}
	return c.repo.objects.commit(id), nil
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
	commits := c.repo.objects.log(at.Hash)
	if want != "" {
		commits = slices.DeleteFunc(commits, func(o *object.Commit) bool { return !c.repo.touches(o, want) })
	}
	return paged(c, commits, c.repo.commitJSON), nil
}

// firstTree is the tree of a commit's first parent; zero for a root.
func (r *Repo) firstTree(o *object.Commit) plumbing.Hash {
	if len(o.ParentHashes) == 0 {
		return plumbing.ZeroHash
	}
	return r.treeOf(o.ParentHashes[0])
}

func (r *Repo) touches(o *object.Commit, file string) bool {
	was, before := r.objects.entry(r.firstTree(o), file)
	is, after := r.objects.entry(o.TreeHash, file)
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
	files := c.repo.objects.fileDiffs(c.repo.firstTree(o), o.TreeHash)
	out := c.repo.commitJSON(o)
	additions, deletions := 0, 0
	for _, f := range files {
		additions, deletions = additions+f.additions, deletions+f.deletions
	}
	out["stats"] = obj{"additions": additions, "deletions": deletions, "total": additions + deletions}
	rows := c.repo.filesJSON(files[:min(len(files), maxPullFiles)], o.Hash)
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
	base, okBase := c.repo.resolveLabel(baseName)
	head, okHead := c.repo.resolveLabel(headName)
	if !okBase || !okHead {
		return nil, notFound()
	}
	r := c.repo
	mergeBase, ok, err := r.objects.mergeBase(base, head)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &failure{status: http.StatusNotFound, message: "No common ancestor between " + baseName + " and " + headName + "."}
	}
	ahead, behind := r.objects.between(base, head), r.objects.between(head, base)
	self := r.url("/compare/%s...%s", base, head)
	html := r.web("/compare/%s...%s", base, head)
	out := obj{
		"url": self, "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit":       r.commitJSON(r.objects.commit(base)),
		"merge_base_commit": r.commitJSON(r.objects.commit(mergeBase)),
		"status":            compareStatus(len(ahead), len(behind)),
		"ahead_by":          len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
	}
	page, commits := c.compareCommits(ahead)
	out["commits"] = r.commitsJSON(commits)
	if page == 1 {
		files := r.objects.fileDiffs(r.treeOf(mergeBase), r.treeOf(head))
		if c.f.opts.Behaviour.NoCompare || tooLarge(files) {
			return nil, &failure{status: http.StatusUnprocessableEntity, message: "Sorry, this diff is taking too long to generate."}
		}
		out["files"] = r.filesJSON(files[:min(len(files), maxCompareFiles)], head)
	}
	return out, nil
}

// tooLarge reports whether a comparison has more lines than GitHub shows
// (dcoapp/app#309).
func tooLarge(files []fileDiff) bool {
	lines := 0
	for _, f := range files {
		lines += f.lines
	}
	return lines > maxTotalPatchLines
}

// compareCommits gives the call's page of a comparison's commits. Without
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
func (r *Repo) resolveLabel(name string) (plumbing.Hash, bool) {
	owner, branch, ok := strings.Cut(name, ":")
	if !ok {
		return r.resolve(name)
	}
	for _, other := range r.forge.repos {
		if other.objects == r.objects && sameName(other.owner.login, owner) {
			return other.resolve(branch)
		}
	}
	return plumbing.ZeroHash, false
}

func getContent(c *call) (any, error) {
	ref := c.r.URL.Query().Get("ref")
	if ref == "" {
		ref = c.repo.defaultBranch
	}
	id, ok := c.repo.resolve(ref)
	if !ok {
		return nil, &failure{status: http.StatusNotFound, message: "No commit found for the ref " + ref}
	}
	file := strings.Trim(c.r.PathValue("path"), "/")
	e, ok := c.repo.objects.entry(c.repo.treeOf(id), file)
	if !ok {
		return nil, notFound()
	}
	if e.Mode != filemode.Dir {
		if content, ok := c.repo.objects.blob(e.Hash); ok && c.accepts("raw") {
			return raw{"application/vnd.github.raw; charset=utf-8", content}, nil
		}
		return c.repo.contentJSON(file, e, ref, true), nil
	}
	entries := []any{}
	for _, child := range c.repo.objects.tree(e.Hash).entries {
		entries = append(entries, c.repo.contentJSON(path.Join(file, child.Name), child, ref, false))
	}
	if !c.accepts("object") {
		return entries, nil
	}
	out := c.repo.contentJSON(file, e, ref, false)
	out["entries"] = entries
	return out, nil
}

func getRef(c *call) (any, error) {
	name := c.r.PathValue("ref")
	if !strings.HasPrefix(name, "heads/") && !strings.HasPrefix(name, "pull/") {
		return nil, notFound()
	}
	branch, isBranch := strings.CutPrefix(name, "heads/")
	id, ok := c.repo.resolve(name)
	if isBranch {
		id, ok = c.repo.branches[branch]
	}
	if !ok {
		return nil, notFound()
	}
	return obj{
		"ref": "refs/" + name, "node_id": "REF_" + name, "url": c.repo.url("/git/refs/") + escapePath(name),
		"object": obj{"type": "commit", "sha": id.String(), "url": c.repo.url("/git/commits/%s", id)},
	}, nil
}

func getTree(c *call) (any, error) {
	name := c.r.PathValue("sha")
	id := plumbing.NewHash(name)
	if commit, ok := c.repo.resolve(name); ok {
		id = c.repo.treeOf(commit)
	} else if c.repo.objects.trees[id] == nil {
		return nil, notFound()
	}
	entries := c.repo.objects.walk(id, "", c.r.URL.Query().Get("recursive") != "")
	out := []any{}
	for _, e := range entries[:min(len(entries), maxTreeEntries)] {
		row := obj{
			"path": e.path, "mode": octal(e.Mode), "type": kind(e.Mode), "sha": e.Hash.String(),
			"url": c.repo.url("/git/%ss/%s", kind(e.Mode), e.Hash),
		}
		if kind(e.Mode) == "blob" {
			row["size"] = c.repo.objects.blobSize(e.Hash)
		}
		out = append(out, row)
	}
	return obj{
		"sha": id.String(), "url": c.repo.url("/git/trees/%s", id), "tree": out,
		"truncated": len(entries) > maxTreeEntries,
	}, nil
}

func getBlob(c *call) (any, error) {
	id := plumbing.NewHash(c.r.PathValue("sha"))
	content, ok := c.repo.objects.blob(id)
	if !ok {
		return nil, notFound()
	}
	if c.accepts("raw") {
		return raw{"application/vnd.github.raw; charset=utf-8", content}, nil
	}
	return obj{
		"sha": id.String(), "node_id": "B_" + id.String(), "size": len(content),
		"url": c.repo.url("/git/blobs/%s", id), "content": wrapped(content), "encoding": "base64",
	}, nil
}
