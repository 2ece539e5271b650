package formats

// The ways in which there is something else than a file at a path.
const (
	SymbolicLink = "a symbolic link"
	Submodule    = "a submodule"
)

// Misplaced says what stands in the place of a file: way is the path that is a
// symbolic link or a submodule, the file's own or one above it. Neither is ever
// followed, as what it leads to is not what the repository's history shows.
func Misplaced(file, way, kind string) string {
	if way == file {
		return "is " + kind + ", which is not followed; put the file itself in its place"
	}
	return "lies below " + way + ", which is " + kind + " and not followed; put a directory in its place, with the file in it"
}
