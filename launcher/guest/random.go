package guest

import (
	"crypto/rand"
	"encoding/hex"
)

// randomSuffix returns eight hex digits for a name that must not be guessed.
func randomSuffix() string {
	var b [4]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
