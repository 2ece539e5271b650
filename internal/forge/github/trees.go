package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	perQuery      = 50 // trees or commits of one query
	queriesAtOnce = 6
)

// rawTree is a tree's list before its id was held against it: the names and
// the octal digits of modes as the tree object has them.
type rawTree struct {
	id      string
	entries []gittree.Object
}

// Trees implements seam.Trees by GraphQL, many trees a query, and by REST for
// those that GraphQL does not give. Every list is held to git's own id of the
// tree, so a list that was cut, or a name that was changed on its way because
// it is no UTF-8, is never taken. REST tells by itself whether a list is whole.
func (f *Forge) Trees(ctx context.Context, repo pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	batches := slices.Collect(slices.Chunk(ids, perQuery))
	read := make([]map[string]rawTree, len(batches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(queriesAtOnce)
	for i, batch := range batches {
		group.Go(func() (err error) {
			read[i], err = f.treeBatch(ctx, repo, batch, "Entries")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read trees of %s: %w", repo, err)
	}
	out := make(map[string][]gittree.Entry, len(ids))
	for _, batch := range read {
		for id, t := range batch {
			out[id] = t.list()
		}
	}
	return out, nil
}

// treeBatch reads trees and checks them. What does not fit is asked again: for
// names as they are, then by REST.
func (f *Forge) treeBatch(ctx context.Context, repo pull.Repo, ids []string, fragment string) (map[string]rawTree, error) {
	got, err := f.queryTrees(ctx, repo, ids, fragment)
	if tooMuch(err) && len(ids) > 1 {
		return halves(ids, func(half []string) (map[string]rawTree, error) { return f.treeBatch(ctx, repo, half, fragment) })
	}
	if err != nil && !tooMuch(err) {
		return nil, err
	}
	out := make(map[string]rawTree, len(ids))
	var again []string
	for _, id := range ids {
		if t, ok := got[id]; ok && t.fits() {
			out[id] = t
		} else {
			again = append(again, id)
		}
	}
	if len(again) == 0 {
		return out, nil
	}
	if fragment == "Entries" && err == nil {
		raw, err := f.treeBatch(ctx, repo, again, "RawEntries")
		if err != nil {
			return nil, err
		}
		for id, t := range raw {
			out[id] = t
		}
		return out, nil
	}
	for _, id := range again {
		if out[id], err = f.restTree(ctx, repo, id, got[id].id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type treeAnswer struct {
	OID     string `json:"oid"`
	Entries []struct {
		Mode    int    `json:"mode"`
		OID     string `json:"oid"`
		Name    string `json:"name"`
		NameRaw []byte `json:"nameRaw"` // Base64 on its way
	} `json:"entries"`
	Tree *treeAnswer `json:"tree"` // of a commit
}

// queryTrees asks for trees by GraphQL. What the server has not is left out.
func (f *Forge) queryTrees(ctx context.Context, repo pull.Repo, ids []string, fragment string) (map[string]rawTree, error) {
	vars := map[string]any{}
	text := withObjects(treesText, ids, vars, "{ ... on Tree { ..."+fragment+" } ... on Commit { tree { ..."+fragment+" } } }")
	var a struct {
		Repository map[string]json.RawMessage `json:"repository"`
	}
	if err := f.query(ctx, repo, document(text), vars, &a); err != nil {
		return nil, err
	}
	if a.Repository == nil {
		return nil, forge.MissingField("the repository")
	}
	out := make(map[string]rawTree, len(ids))
	for i, id := range ids {
		var t *treeAnswer
		if err := json.Unmarshal(a.Repository["o"+strconv.Itoa(i)], &t); err != nil {
			return nil, fmt.Errorf("decode tree %s: %w", id, err)
		}
		if t != nil && t.Tree != nil {
			out[id] = t.Tree.raw(t.Tree.OID)
		} else if t != nil && t.OID == id {
			out[id] = t.raw(id)
		}
	}
	return out, nil
}

// withObjects declares a variable per object id and puts a line per id in the
// place of the mark: o0: object(oid: $o0) with its fields.
func withObjects(text string, ids []string, vars map[string]any, fields string) string {
	return each{key: "o", typ: "GitObjectID!", mark: "#objects", line: "o#: object(oid: $o#)", fields: fields}.of(text, ids, vars)
}

func (a *treeAnswer) raw(id string) rawTree {
	t := rawTree{id: id, entries: make([]gittree.Object, 0, len(a.Entries))}
	for _, e := range a.Entries {
		t.entries = append(t.entries, gittree.Object{Mode: gitMode(e.Mode), Name: cmp.Or(string(e.NameRaw), e.Name), ID: e.OID})
	}
	return t
}

// restTree reads a tree by REST. root is the id of the tree, where GraphQL told
// it: REST does not say which tree a commit has.
func (f *Forge) restTree(ctx context.Context, repo pull.Repo, id, root string) (rawTree, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return rawTree{}, err
	}
	listed, _, err := c.rest.Git.GetTree(ctx, repo.Owner, repo.Name, cmp.Or(root, id), false)
	if err != nil {
		return rawTree{}, fmt.Errorf("tree %s: %w", id, kind(err))
	}
	if listed.GetSHA() == "" {
		return rawTree{}, fmt.Errorf("tree %s: %w", id, errIncomplete)
	}
	if listed.GetTruncated() {
		return rawTree{}, fmt.Errorf("tree %s: GitHub does not list it whole", id)
	}
	t := rawTree{id: cmp.Or(root, id)}
	for _, e := range listed.Entries {
		t.entries = append(t.entries, gittree.Object{Mode: strings.TrimPrefix(e.GetMode(), "0"), Name: e.GetPath(), ID: e.GetSHA()})
	}
	if !t.fits() && root == "" { // the id may be a commit's
		if t.id, err = f.rootOf(ctx, repo, id); err != nil {
			return rawTree{}, err
		}
	}
	if !t.fits() && t.lossy() {
		return rawTree{}, fmt.Errorf("tree %s: the list is not the tree's, by git's own id: a name in it is no UTF-8", id)
	}
	return t, nil // GitHub says that it is whole; only a server whose ids are not git's does not fit here
}

// lossy reports whether a name was no UTF-8 and came through changed.
func (t rawTree) lossy() bool {
	return slices.ContainsFunc(t.entries, func(e gittree.Object) bool { return strings.ContainsRune(e.Name, '\uFFFD') })
}

// rootOf returns the id of a commit's tree.
func (f *Forge) rootOf(ctx context.Context, repo pull.Repo, commit string) (string, error) {
	vars := map[string]any{}
	var a struct {
		Repository struct {
			Object *treeAnswer `json:"o0"`
		} `json:"repository"`
	}
	text := withObjects(treesText, []string{commit}, vars, "{ ... on Commit { tree { oid } } }")
	if err := f.query(ctx, repo, document(text), vars, &a); err != nil {
		return "", err
	}
	if a.Repository.Object == nil || a.Repository.Object.Tree == nil {
		return "", fmt.Errorf("tree %s: %w", commit, errors.New("GitHub lists another tree"))
	}
	return a.Repository.Object.Tree.OID, nil
}

// fits reports whether the list is the tree's.
func (t rawTree) fits() bool { return gittree.Is(t.id, t.entries) }

func (t rawTree) list() []gittree.Entry {
	out := make([]gittree.Entry, 0, len(t.entries))
	for _, e := range t.entries {
		out = append(out, gittree.Entry{Name: e.Name, Mode: canonical(e.Mode), ID: e.ID})
	}
	return out
}
