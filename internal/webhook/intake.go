package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"
)

// Intake tells one forge's deliveries from anybody else's, and reads them.
type Intake interface {
	// Verify looks at a delivery's header before anything of its body is read, and gives
	// what the body is held to as it comes; ErrUnsigned where no body could make it the
	// forge's. now is for forges that sign a time.
	Verify(header http.Header, now time.Time) (Proof, error)
	// Decode tells what an authentic delivery is about. It makes no call.
	Decode(header http.Header, body []byte) (Event, error)
}

// Proof is of one delivery. It is written the body, as it comes.
type Proof interface {
	io.Writer
	// Key gives, after the whole body, the forge's id of the delivery or what stands in
	// for one; ErrUnsigned where the body is not what was signed.
	Key() (string, error)
}

// ErrUnsigned means that a delivery is not the forge's.
var ErrUnsigned = errors.New("the signature does not fit")

// Signed is Intake.Verify of a forge that signs each body by HMAC-SHA256.
type Signed struct {
	secret              []byte
	header, prefix, key string
}

// NewSigned takes the names of the headers of the signature, hexadecimal digits after a
// prefix, and of the delivery's id. An empty secret is refused: anybody could sign by it.
func NewSigned(secret []byte, header, prefix, key string) (Signed, error) {
	if len(secret) == 0 {
		return Signed{}, errors.New("the webhook secret is empty; put the one set on the forge into its file")
	}
	return Signed{secret, header, prefix, key}, nil
}

// Verify implements Intake.
func (s Signed) Verify(header http.Header, _ time.Time) (Proof, error) {
	digits, ok := strings.CutPrefix(header.Get(s.header), s.prefix)
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != sha256.Size {
		return nil, ErrUnsigned
	}
	return &signed{hmac.New(sha256.New, s.secret), sum, header.Get(s.key)}, nil
}

type signed struct {
	hash.Hash
	given []byte
	key   string
}

// Key implements Proof, in the same time whatever the difference is.
func (s *signed) Key() (string, error) {
	if !hmac.Equal(s.given, s.Sum(nil)) {
		return "", ErrUnsigned
	}
	return s.key, nil
}
