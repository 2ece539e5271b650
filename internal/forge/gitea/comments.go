package gitea

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	// maxTalk is how many bytes a server may send for one answer, of which few are kept: anybody
	// may write many comments, which it gives all at once, and long ones. More does not come
	// within the time that a call has.
	maxTalk = 256 << 20
	// maxComments is how many there may be: what is kept of each has some 200 bytes.
	maxComments = 100_000
)

// comments reads all comments of a pull request, one after the other. Of those of others what
// holds no command is left out.
func (f *Forge) comments(ctx context.Context, ref pull.Ref) ([]commentAnswer, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return nil, err
	}
	path := repoPath(ref.Repo, "issues", ref.Number, "comments")
	res, err := f.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	all, err := readComments(res.Body, self)
	if err != nil {
		return nil, fmt.Errorf("the answer to %s: %w", path, err)
	}
	return all, nil
}

// readComments reads comments, of which some are our own.
func readComments(body io.Reader, self pull.Person) (all []commentAnswer, err error) {
	err = each(json.NewDecoder(newCutter(io.LimitReader(body, maxTalk))), func(c commentAnswer) error {
		if !c.User.person().Is(self) {
			c.Body = commandsOf(c.Body)
		}
		if all = append(all, c); len(all) > maxComments {
			return fmt.Errorf("there are more than %d: %w", maxComments, pull.ErrTooLarge)
		}
		return nil
	})
	return all, err
}

// each reads the entries of a list one after the other; a list that ends too soon is an error.
func each[T any](in *json.Decoder, do func(T) error) error {
	begin, err := in.Token()
	if err != nil {
		return err
	}
	if begin == nil { // null: there are none
		return nil
	}
	if begin != json.Delim('[') {
		return fmt.Errorf("it begins with %v, and not as a list", begin)
	}
	for in.More() {
		var entry T
		if err := in.Decode(&entry); err != nil {
			return err
		}
		if err := do(entry); err != nil {
			return err
		}
	}
	_, err = in.Token()
	return err
}
