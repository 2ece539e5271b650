package fake

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Raw is an object of git as its id is made of it.
type Raw struct {
	Kind string // commit, tree or blob
	ID   string
	Body []byte
}

// Named is a ref and the commit that it names.
type Named struct{ Ref, ID string }

// Export returns the repository as git has it: the objects that are not known yet, those of
// forks and of commits that no ref leads to as well, in order of id, and all refs. requestRef
// names that of a request.
func (r *Repo) Export(known func(id string) bool, requestRef func(number int) string) ([]Raw, []Named, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	var objects []Raw
	for hash, o := range r.Objects.store.Objects {
		if known(hash.String()) {
			continue
		}
		body, err := bytesOf(o)
		if err != nil {
			return nil, nil, fmt.Errorf("export %s of %s: %w", hash, r.FullName(), err)
		}
		objects = append(objects, Raw{o.Type().String(), hash.String(), body})
	}
	slices.SortFunc(objects, func(a, b Raw) int { return strings.Compare(a.ID, b.ID) })
	var refs []Named
	for name, id := range r.Branches {
		refs = append(refs, Named{"refs/heads/" + name, id.String()})
	}
	for _, p := range r.Pulls {
		refs = append(refs, Named{requestRef(p.number), p.HeadID.String()})
	}
	slices.SortFunc(refs, func(a, b Named) int { return strings.Compare(a.Ref, b.Ref) })
	return objects, refs, nil
}

func bytesOf(o plumbing.EncodedObject) ([]byte, error) {
	in, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}
