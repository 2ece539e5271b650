package snapshot

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// Inputs are all that a run depends on. Files are named by object id and kept
// among the Blobs, or in Files where the record has to stand alone.
type Inputs struct {
	Policy        sources.Kept         `json:"policy"`
	Sources       []sources.KeptSource `json:"sources"`
	Directories   []string             `json:"directories,omitempty"` // of the base tree, as far as owners depend on them
	Mapped        bool                 `json:"mapped,omitempty"`      // there was a map, be it of no source
	DefaultBranch string               `json:"default_branch"`
	Minimum       policy.Minimum       `json:"minimum,omitzero"`
	Limits        publish.Limits       `json:"limits,omitzero"` // of the forge
	Links         publish.Links        `json:"links,omitzero"`  // to the forge
	Gated         bool                 `json:"gated"`
	Off           bool                 `json:"off,omitempty"`
	Kind          string               `json:"kind,omitempty"`     // of the forge, if it goes by another name
	Moved         bool                 `json:"moved,omitempty"`    // the base branch was another before
	Language      string               `json:"language,omitempty"` // of the service, where the policy can't be read
	Defaults      policyfile.Defaults  `json:"defaults,omitzero"`  // of the forge, where the policy does not say
	Blocks        publish.Blocking     `json:"blocks,omitempty"`   // how the check keeps the pull request back
	Broken        string               `json:"broken,omitempty"`   // name of the check where the policy can't be read
	Snapshot      policy.Snapshot      `json:"snapshot"`
	// SameFiles are the places among the snapshot's heads whose files are the
	// request's own, and so are left out.
	SameFiles []int `json:"same_files,omitempty"`
	// Waiting are the other pull requests of the head that miss review.
	Waiting []string `json:"waiting,omitempty"`
	// Crowded tells that it is one of too many of a head: it has no verdict of its own, and
	// nobody is asked or told on it.
	Crowded bool `json:"crowded,omitempty"`
	// Early tells that it was opened before the gate was there, and nothing happened on it
	// since: it gets a check, but nobody is asked or told.
	Early     bool                   `json:"early,omitempty"`
	Current   publish.Current        `json:"standing"`
	Marks     bool                   `json:"marks,omitempty"` // labels and assignees can be set
	Reviewers requests.ReviewerState `json:"desk,omitzero"`
	Files     map[string]string      `json:"files,omitempty"` // by object id

	// Lenient tells that Minimum means what it did up to version 2; it is not kept.
	Lenient bool `json:"-"`
}

// minimum is what the service asked for.
func (in *Inputs) minimum() policy.Minimum {
	if in.Lenient {
		return in.Minimum.Version2()
	}
	return in.Minimum
}

// AssignInput is what the choice of people is made of.
func (in *Inputs) AssignInput() *requests.Input {
	return &requests.Input{Snapshot: &in.Snapshot, Reviewers: &in.Reviewers, Most: in.Limits.OrUsual().Requested}
}

// OwnSources are the files of the repository itself that ownership is read from.
func (in *Inputs) OwnSources() []string {
	var paths []string
	for _, k := range in.Sources {
		if k.Source == "" || k.Path == k.Source || k.Format == formats.OwnersTree || strings.HasSuffix(k.Source, "/") &&
			strings.HasPrefix(k.Path, k.Source) {
			paths = append(paths, k.Path)
		}
	}
	return paths
}

// Texts gives a file's content by object id.
type Texts func(id string) ([]byte, error)

// Restore brings back what a stored record leaves out.
func (in *Inputs) Restore(read Texts) error {
	s := &in.Snapshot
	if s.Rules = broken(in.Language); in.Broken != "" {
		s.Rules.Check = in.Broken
		return nil
	}
	text, err := in.file(in.Policy, read)
	if err != nil || in.Policy.ID == "" {
		return err
	}
	p, err := in.Defaults.Parse(in.Policy.Path, text)
	if err != nil {
		return fmt.Errorf("read the policy of the run: %w", err)
	}
	s.Rules, _ = p.Under(in.minimum()).For(s.Request.BaseBranch, in.DefaultBranch)
	s.Rules = s.Rules.AtLeast(in.minimum())
	if len(s.Faults) > 0 || len(in.Sources) == 0 && !in.Mapped {
		return nil
	}
	texts, err := in.texts(read)
	if err != nil {
		return err
	}
	owners, _, err := formats.Forge{Name: s.Request.Ref.Repo.Forge, Kind: in.Kind}.Parse(texts)
	if err != nil {
		return fmt.Errorf("read the ownership of the run: %w", err)
	}
	s.Owners = sources.InTree(owners, in.Directories)
	return nil
}

// texts reads the files of the sources again; those of one source follow each
// other.
func (in *Inputs) texts(read Texts) ([]formats.Source, error) {
	var texts []formats.Source
	last := 0
	for _, k := range in.Sources {
		data, err := in.file(k.Kept, read)
		if err != nil {
			return nil, err
		}
		if k.Number == 0 || k.Number != last {
			texts = append(texts, formats.Source{Format: cmp.Or(k.Format, formats.Subsystems), Dialect: k.Dialect, Path: k.Source})
		}
		last = k.Number
		of := &texts[len(texts)-1]
		of.Files = append(of.Files, ownership.File{Path: k.Path, Data: data})
	}
	return texts, nil
}

func (in *Inputs) file(k sources.Kept, read Texts) ([]byte, error) {
	if text, ok := in.Files[k.ID]; ok {
		return []byte(text), nil
	}
	if k.ID == "" {
		return nil, nil
	}
	data, err := read(k.ID)
	if err != nil {
		return nil, fmt.Errorf("read %s as it was in the run: %w", k.Path, err)
	}
	return data, nil
}
