package rest

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Permission is what an account may do in a repository.
type Permission struct {
	ID     Text `json:"id"` // of the account
	Object Text `json:"object_id"`
	Word   Text `json:"permission"`
	All    struct {
		Admin Flag `json:"admin"`
	} `json:"permissions"`
}

// The words for what somebody may do.
const (
	admin = "admin"
	write = "write"
	read  = "read"
	guest = "guest"
)

// permissions are all words that are known; developers may push, guests see no files.
var permissions = map[Text]string{
	admin: admin, "owner": admin, "maintainer": admin, "master": admin, write: write, "push": write, "developer": write, read: read,
	"pull": read, "reporter": read, guest: guest, "none": "none",
}

// level is admin, write, read, guest or none. A word that is not known is an error, as it
// takes rights away.
func (p *Permission) level() (string, error) {
	level, known := permissions[p.Word]
	switch {
	case bool(p.All.Admin):
		return admin, nil
	case !known:
		return "", fmt.Errorf("the permission %q is not known; a newer reviewgate may know it", p.Word)
	}
	return level, nil
}

// Of reports whether it is that of an account, by its number.
func (p *Permission) Of(number int64) bool {
	id := p.ID
	if isObject(p.Object) {
		id = p.Object
	}
	return number != 0 && pull.AccountNumber(string(id)) == number
}

// MayPush reports whether it allows to write.
func (p *Permission) MayPush() (bool, error) {
	level, err := p.level()
	return level == admin || level == write, err
}

// MayRead reports whether it allows to read files.
func (p *Permission) MayRead() (bool, error) {
	level, err := p.level()
	return level == admin || level == write || level == read, err
}
