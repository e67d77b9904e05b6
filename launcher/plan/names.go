package plan

// nameLetters leaves out what is easily misread, and vowels, so that no
// word comes out by chance.
const nameLetters = "bcdfghjkmnpqrstvwxz23456789"

// SessionName makes a name that a person can type from a project's slug and
// four random bytes.
func SessionName(slug string, random [4]byte) string {
	suffix := make([]byte, len(random))
	for i, b := range random {
		suffix[i] = nameLetters[int(b)%len(nameLetters)]
	}
	return slug + "-" + string(suffix)
}
