package pull

import (
	"crypto/sha1" //nolint:gosec // git's object ids
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// The lengths of git's object ids, in digits.
const (
	sha1Digits   = 2 * sha1.Size
	sha256Digits = 2 * sha256.Size
)

// BlobID is git's object id of a file's content in a repository whose ids are
// SHA-1.
func BlobID(data []byte) string { return ObjectID("blob", data, sha1Digits) }

// ObjectID is git's id of an object of a kind, such as "blob" or "tree", of as
// many digits as the repository's ids have: SHA-1, or SHA-256 with 64.
func ObjectID(kind string, body []byte, digits int) string {
	h := sha1.New() //nolint:gosec // git's object ids
	if digits == sha256Digits {
		h = sha256.New()
	}
	fmt.Fprintf(h, "%s %d\x00", kind, len(body))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
