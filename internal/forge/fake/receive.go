package fake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Receive takes what somebody pushed with git: objects that are not known yet, and all branches as
// they are then, by name. One that is not among them was deleted.
func (r *Repo) Receive(by string, objects []Raw, branches map[string]string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	pusher, err := r.forge.FindAccount(by)
	if err != nil {
		return err
	}
	for _, raw := range objects {
		if err := r.Objects.take(raw); err != nil {
			return fmt.Errorf("receive %s %s in %s: %w", raw.Kind, raw.ID, r.FullName(), err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Branches)) {
		if branches[name] == "" {
			r.deleteBranch(name, pusher)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(branches)) {
		id := plumbing.NewHash(branches[name])
		if r.Objects.Commit(id) == nil {
			return fmt.Errorf("receive %s in %s: no commit %s", name, r.FullName(), id)
		}
		r.push(name, id, pusher)
	}
	return nil
}

// take stores an object as git has it.
func (o *Objects) take(raw Raw) error {
	kind, err := plumbing.ParseObjectType(raw.Kind)
	if err != nil {
		return err
	}
	obj := o.store.NewEncodedObject()
	obj.SetType(kind)
	w, err := obj.Writer()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw.Body); err != nil {
		return err
	}
	id, err := o.store.SetEncodedObject(obj)
	if err != nil || kind != plumbing.TreeObject || o.trees[id] != nil {
		return err
	}
	var tree object.Tree
	if err := tree.Decode(obj); err != nil {
		return err
	}
	o.trees[id] = newTree(tree.Entries)
	return nil
}
