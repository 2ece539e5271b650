package ownership

// MaxNotes bounds how many faults, and how many warnings, one file gives; a number tells
// of the rest.
const MaxNotes = 50

// Notes collects up to MaxNotes of a kind.
type Notes[T any] struct {
	List []T
	Left int // that are not in List
}

// Add takes one more.
func (n *Notes[T]) Add(v T) {
	if len(n.List) == MaxNotes {
		n.Left++
		return
	}
	n.List = append(n.List, v)
}
