package rest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// commit finds the commit that a call's ref names; the default branch's tip without one.
func (c *Call) commit() (plumbing.Hash, error) {
	ref := c.Text("ref")
	if ref == "" {
		ref = c.Repo.DefaultBranch
	}
	id, ok := c.Repo.Resolve(ref)
	if !ok {
		return id, Refuse(http.StatusNotFound, "404 Not Found")
	}
	return id, nil
}

// Contents answers by what a commit has at a path: a file, or the list of a directory.
func Contents(c *Call) (any, error) {
	at, err := c.commit()
	if err != nil {
		return nil, err
	}
	file := strings.Trim(c.R.PathValue("path"), "/")
	e, ok := c.Repo.Objects.Entry(c.Repo.TreeOf(at), file)
	switch {
	case !ok && c.s.Is(EmptyContents):
		return []Obj{}, nil
	case !ok:
		return nil, Refuse(http.StatusNotFound, "404 File Not Found")
	case e.Mode != filemode.Dir:
		return c.content(at, file, e, true), nil
	}
	out := []Obj{}
	for _, child := range c.Repo.Objects.Tree(e.Hash).Entries {
		out = append(out, c.content(at, path.Join(file, child.Name), child, false))
	}
	return out, nil
}

func (c *Call) content(at plumbing.Hash, file string, e object.TreeEntry, whole bool) Obj {
	self := c.s.API("/repos/" + c.Repo.FullName() + "/contents/" + escape(file))
	page := c.s.Link("/" + c.Repo.FullName() + "/blob/" + at.String() + "/" + escape(file))
	out := Obj{
		"type": "file", "encoding": nil, "size": nil, "name": path.Base(file), "path": file, "content": nil, "sha": e.Hash.String(), "url": self,
		"html_url": page, "download_url": strings.Replace(page, "/blob/", "/raw/", 1), "_links": Obj{"self": self, "html": page},
	}
	if e.Mode == filemode.Dir {
		out["type"] = "dir"
	}
	if text, ok := c.Repo.Objects.Blob(e.Hash); ok && whole {
		out["encoding"], out["size"], out["content"] = "base64", len(text), base64.StdEncoding.EncodeToString(text)
	}
	return out
}

// escape escapes the parts of a path.
func escape(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// RawFile answers by the bytes of a file.
func RawFile(c *Call) (any, error) {
	at, err := c.commit()
	if err != nil {
		return nil, err
	}
	e, ok := c.Repo.Objects.Entry(c.Repo.TreeOf(at), c.R.PathValue("path"))
	text, blob := c.Repo.Objects.Blob(e.Hash)
	if !ok || !blob {
		return nil, Refuse(http.StatusNotFound, "404 File Not Found")
	}
	return Raw(text), nil
}

// GitBlob answers by a blob.
func GitBlob(c *Call) (any, error) {
	id := plumbing.NewHash(c.R.PathValue("sha"))
	text, ok := c.Repo.Objects.Blob(id)
	if !ok {
		return nil, Refuse(http.StatusNotFound, "404 Blob Not Found")
	}
	return Obj{"sha": id.String(), "size": len(text), "encoding": "base64", "content": base64.StdEncoding.EncodeToString(text),
		"url": c.s.API("/repos/" + c.Repo.FullName() + "/git/blobs/" + id.String())}, nil
}

// GitTree lists the tree that a call names by its own id or by a commit, and its id.
func (c *Call) GitTree() (plumbing.Hash, []fake.Placed, error) {
	name := c.R.PathValue("sha")
	id := plumbing.NewHash(name)
	if at, ok := c.Repo.Resolve(name); ok {
		id = c.Repo.TreeOf(at)
	} else if !c.Repo.Objects.HasTree(id) {
		return id, nil, Refuse(http.StatusNotFound, "404 Tree Not Found")
	}
	return id, c.Repo.Objects.Walk(id, "", c.Number("recursive") != 0), nil
}

// ObjectKind is what git calls an entry of a mode.
func ObjectKind(m filemode.FileMode) string {
	switch m { //nolint:exhaustive // all others are blobs
	case filemode.Dir:
		return "tree"
	case filemode.Submodule:
		return "commit"
	}
	return "blob"
}
