package image

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// maxEntries bounds the walk through a folder of certificates.
const maxEntries = 2000

// folder is one in which administrators put certificates.
type folder struct {
	path string
	// suffixes are those of the files that count.
	suffixes []string
}

// folders are those of the distributions: what Debian and Alpine, Fedora, SUSE
// and Arch add to their own authorities with update-ca-certificates or
// update-ca-trust.
func folders() []folder {
	any := []string{".crt", ".pem", ".cer", ".der"}
	return []folder{
		{"/usr/local/share/ca-certificates", []string{".crt"}},
		{"/etc/pki/ca-trust/source/anchors", any},
		{"/etc/pki/trust/anchors", any},
		{"/etc/ca-certificates/trust-source/anchors", any},
	}
}

// fromFolders reads the certificates of folders and of the folders in them. A
// folder that is not there is as good as an empty one. Links to files count,
// as they do for the distributions' own programs, links to folders do not.
func fromFolders(list []folder) (certs []Certificate, left []string) {
	for _, f := range list {
		seen := 0
		err := filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
			if seen++; seen > maxEntries {
				left = append(left, fmt.Sprintf("%q: only the first %d entries are read", f.path, maxEntries))
				return fs.SkipAll
			}
			if err != nil {
				if path != f.path {
					left = append(left, from(path, []string{"it cannot be read"})...)
				}
				return nil
			}
			if d.IsDir() || !slices.Contains(f.suffixes, filepath.Ext(path)) {
				return nil
			}
			some, skipped, err := readCertificates(path)
			if err != nil {
				skipped = []string{cause(err)}
			}
			certs = append(certs, some...)
			left = append(left, from(path, skipped)...)
			return nil
		})
		if err != nil {
			left = append(left, from(f.path, []string{cause(err)})...)
		}
	}
	return certs, left
}
