package pull

import (
	"slices"
	"time"
)

// FileStatus is how a file differs between merge base and head.
type FileStatus string

// The statuses of a changed file; adapters turn a forge's words into these.
const (
	Added    FileStatus = "added"
	Modified FileStatus = "modified"
	Removed  FileStatus = "removed"
	Renamed  FileStatus = "renamed"
	Copied   FileStatus = "copied"
	Changed  FileStatus = "changed" // mode or type only
)

// Mode is a git file mode in octal digits; empty where unknown, or where the
// side has no such file.
type Mode string

// Git's modes of tree entries.
const (
	Directory  Mode = "040000"
	Regular    Mode = "100644"
	Executable Mode = "100755"
	Symlink    Mode = "120000"
	Submodule  Mode = "160000"
)

// Content identifies one file's change: equal contents are the same change (package
// policy, §1).
// Patch text is not part of it, because forges truncate patches and a hunk
// moved between two alike functions looks the same.
type Content struct {
	Path    string     `json:"path"`
	OldPath string     `json:"old_path,omitempty"` // of a rename or a copy
	Status  FileStatus `json:"status"`
	OldMode Mode       `json:"old_mode,omitempty"`
	Mode    Mode       `json:"mode,omitempty"`
	OldID   string     `json:"old_id,omitempty"` // object id at the merge base
	ID      string     `json:"id,omitempty"`     // object id at the head
}

// Whole reports whether mode and object id are known on each side on which the
// file exists. Contents that are not whole must not be compared: two unknowns
// are not equal.
func (c Content) Whole() bool {
	before, after := c.OldMode != "" && c.OldID != "", c.Mode != "" && c.ID != ""
	switch c.Status {
	case Added:
		return after
	case Removed:
		return before
	case Modified, Renamed, Copied, Changed:
		return before && after
	}
	return false
}

// Paths are the paths on which the change is judged: a rename on both, a copy
// and everything else on the new one only (package policy, §2).
func (c Content) Paths() []string {
	if c.Status == Renamed && c.OldPath != "" && c.OldPath != c.Path {
		return []string{c.OldPath, c.Path}
	}
	return []string{c.Path}
}

// IsSubmodule reports whether either side is a submodule.
func (c Content) IsSubmodule() bool { return c.Mode == Submodule || c.OldMode == Submodule }

// File is one changed file.
type File struct {
	Content
	Patch     string `json:"-"` // for eyes only; may be truncated
	Additions int    `json:"additions,omitempty"`
	Deletions int    `json:"deletions,omitempty"`
	Generated bool   `json:"generated,omitempty"` // marked linguist-generated at the base
	// Hidden tells that the trees have this change and the forge's list does
	// not show it: nobody can have reviewed it there.
	Hidden bool `json:"hidden,omitempty"`
}

// Head is what the gate saw of a pull request at one evaluation: a head
// against a merge base of a base branch. A review of that head saw these
// files.
type Head struct {
	ID         string    `json:"id"`
	BaseBranch string    `json:"base_branch"`
	BaseTip    string    `json:"base_tip,omitempty"` // of which MergeBase was found by commit ids; empty where it was not
	MergeBase  string    `json:"merge_base"`
	SeenAt     time.Time `json:"seen_at"`
	Files      []Content `json:"files"`
	Complete   bool      `json:"complete"` // Files is the whole list
	Commits    []Commit  `json:"commits,omitempty"`
	Count      int       `json:"count,omitempty"` // of files, as the forge counted them; 0 where it did not
	// Moves is how many of the request's BaseMoves had happened by then, if
	// MovesKnown.
	Moves      int  `json:"moves,omitempty"`
	MovesKnown bool `json:"moves_known,omitempty"`
	// Past tells that it was read back later, for a review, and its list was not
	// held against the trees.
	Past   bool     `json:"past,omitempty"`
	Hidden []string `json:"hidden,omitempty"` // paths among Files that the forge's list does not show, sorted
	// List names a List that is kept apart and was not read: Files and Hidden are nil
	// then. It is empty where they are here.
	List string `json:"list,omitempty"`
}

// List is what a head changes, as it is kept.
type List struct {
	Files  []Content
	Hidden []string
}

// Hides reports whether the forge's list did not show a file.
func (h *Head) Hides(path string) bool {
	_, ok := slices.BinarySearch(h.Hidden, path)
	return ok
}
