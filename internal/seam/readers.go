package seam

import (
	"context"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Readers tells which people may read a repository.
type Readers interface {
	// MayRead reports whether a person, known by a login and by the account's number, may read
	// the files and the pull requests of a repository. It is true only where the forge says so
	// of that very account: whoever has taken the login since is somebody else. An error of
	// pull.ErrNotFound or pull.ErrForbidden means that it does not say.
	MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error)
}

// SignIn is how people prove to a forge who they are, by OAuth 2.0 (RFC 6749). The zero SignIn
// means that they can't.
type SignIn struct {
	AuthURL  string // where people are sent
	TokenURL string // where a code is changed for a token
	UserURL  string // what tells, by that token, whose it is: an object with id and login
	Scopes   []string
	PKCE     bool // it holds the code to who began (RFC 7636)
}
