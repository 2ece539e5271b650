package tables

import "github.com/reviewgate/reviewgate/internal/queue"

// Dialect is in what the SQL of the engines differs where the rest of a statement is the
// same. Other statements are an engine's own.
type Dialect struct {
	// Fold is what compares without case, of a column or a parameter.
	Fold func(text string) string
	// Long is what stands in a unique index for what may be longer than a key.
	Long func(column string) string
	// Bytes orders what stands before it by its bytes.
	Bytes string
	// In is the condition, to be put behind it, that something is in a list: a parameter
	// that List makes.
	In   func(param string) string
	List func([]string) any
	// Places is the condition that a column is in the list of a parameter, by the index
	// that has Long of it.
	Places func(column, param string) string
	// Table is the table e in a parameter, a list of objects as JSON; columns are their
	// keys, each with its type.
	Table func(param string, columns ...string) string
	// Text is what can be stored of a text that may be anything.
	Text func(string) string
	// Least, Greatest and Position are functions: of two values, and of a text and a part
	// of it, 0 if it has no such part.
	Least, Greatest, Position string
	// Now is the clock that work is due by, as Moment has it.
	Now string
	// LockRepo has whoever is to be woken by repository $1, too, wait for this transaction;
	// empty where each waits for any other.
	LockRepo string
	// Explain adds to an error what the operator can do about it.
	Explain func(error) error
	// Running is the condition that work is being run, Free what sets it free, and Holds the
	// column of it that has a value as long as a claim holds.
	Running, Free string
	Holds         func(queue.Claim) (column string, value int64)
}

// named is the condition that repository r is that of a forge, an owner and a name: $1, $2
// and $3.
func (d *Dialect) named() string {
	return `r.forge = $1 AND ` + d.Fold("r.owner") + ` = ` + d.Fold("$2") + ` AND ` + d.Fold("r.name") + ` = ` + d.Fold("$3")
}

// byName orders by a column that compares without case.
func (d *Dialect) byName(column string) string { return d.Fold(column) + d.Bytes }
