package project

import (
	"path/filepath"
	"strings"
)

// maxSlug is the length of a slug in bytes: with its prefix and the hash it
// stays well within what engines take for names.
const maxSlug = 24

// slug makes a name part of the base name of path: ASCII letters in lower case
// and digits stay, everything between them becomes one dash.
func slug(path string) string {
	var b strings.Builder
	gap := false
	for _, c := range []byte(filepath.Base(path)) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteByte(c)
	}
	s := b.String()
	if len(s) > maxSlug {
		s = strings.TrimRight(s[:maxSlug], "-")
	}
	if s == "" {
		return "project"
	}
	return s
}
