package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

const (
	// maxFile bounds a file of certificates, in bytes. The whole of Debian's
	// trust store is a quarter of it.
	maxFile = 1 << 20
	// maxCertificates bounds what goes into the image.
	maxCertificates = 1000
)

// HostOptions say where certificates come from.
type HostOptions struct {
	// Files are those of the setting ca_certificates. Each must be readable
	// and hold a certificate.
	Files []string
	// CacheDir is a folder for what is slow to find out; it is made if
	// missing, and empty means that nothing is kept.
	CacheDir string
}

// HostCertificates returns the certificates that the administrator added to
// this machine and those of o.Files, without doubles and always in the same
// order. On Linux they come from the folders that distributions have for it,
// on macOS from the System keychain. What cannot be used there is left out,
// with a line that says why; a file that the user named and that cannot be
// used is an error, with a hint.
func HostCertificates(ctx context.Context, o HostOptions) (certs []Certificate, left []string, err error) {
	certs, left = systemCertificates(ctx, o.CacheDir)
	return withFiles(certs, left, o.Files)
}

// withFiles adds the files that the user named to what the system has.
func withFiles(certs []Certificate, left, files []string) ([]Certificate, []string, error) {
	for _, path := range files {
		named, skipped, err := readCertificates(path)
		if err != nil {
			return nil, nil, namedFile(path, err)
		}
		certs = append(certs, named...)
		left = append(left, from(path, skipped)...)
	}
	certs = merge(certs)
	if len(certs) > maxCertificates {
		return nil, nil, &Error{
			Op:   "use the host's certificates",
			Err:  fmt.Errorf("there are %d, and the limit is %d", len(certs), maxCertificates),
			hint: "Name only your company's own in the setting ca_certificates.",
		}
	}
	return certs, left, nil
}

func namedFile(path string, err error) error {
	e := &Error{
		Op:   fmt.Sprintf("use the file %q of the setting ca_certificates", path),
		Err:  err,
		hint: "Name files with certificates in PEM form, as your company hands them out.",
	}
	var bad *fs.PathError
	if errors.As(err, &bad) {
		e.Err = bad.Err
	}
	if errors.Is(err, errPrivateKey) {
		e.hint = "Put the certificate alone in a file, and name that: whatever goes into the image can be read in every session."
	}
	return e
}

// readCertificates reads one file. A device or a pipe with the name of a
// certificate must not block a launch.
func readCertificates(path string) ([]Certificate, []string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is not a regular file")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, err
	}
	if len(b) > maxFile {
		return nil, nil, fmt.Errorf("it is larger than %d KiB", maxFile>>10)
	}
	return ParseCertificates(b)
}

// from says which file lines are about.
func from(path string, lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, fmt.Sprintf("%q: %s", path, line))
	}
	return out
}
