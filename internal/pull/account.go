package pull

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// AccountNumber is the number of an account by what its forge tells it from others by: the
// number itself or, of one that is no number, one made of its text in lower case, as digits
// compare; 0 of an empty one.
func AccountNumber(id string) int64 {
	if id == "" {
		return 0
	}
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		return n
	}
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1) //nolint:gosec // it has 63 bits
}
