package image

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// keychainTime bounds the reading of a keychain.
	keychainTime = 10 * time.Second
	// cacheFile holds what was read last, below the cache folder.
	cacheFile = "system-certificates.pem"
)

// fromKeychain returns the authorities in a keychain of macOS, whose
// certificates read prints. Reading takes a process, so what it gave is kept
// for as long as the keychain's file is the same.
func fromKeychain(ctx context.Context, path, cacheDir string, read func(ctx context.Context, path string) ([]byte, error)) (certs []Certificate, left []string) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, from(path, []string{cause(err)})
	}
	stamp := fmt.Sprintf("# %s %d %d\n", path, info.ModTime().UnixNano(), info.Size())
	if cached, ok := readCache(cacheDir, stamp); ok {
		return cached, nil
	}
	ctx, cancel := context.WithTimeout(ctx, keychainTime)
	defer cancel()
	text, err := read(ctx, path)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, from(path, []string{"its certificates cannot be listed: " + err.Error()})
	}
	certs = authorities(text)
	if err := writeCache(cacheDir, stamp, certs); err != nil {
		left = from(cacheDir, []string{"certificates cannot be kept there: " + cause(err)})
	}
	return certs, left
}

// authorities returns the authorities among a keychain's certificates. Every
// Mac has others: its own, made at installation, which nobody needs to trust
// inside, and those of services, which are left out without a word.
func authorities(text []byte) []Certificate {
	all, _, err := ParseCertificates(text)
	if err != nil {
		return nil
	}
	var out []Certificate
	for _, c := range merge(all) {
		x, err := x509.ParseCertificate(c.der)
		if err == nil && x.IsCA && !strings.HasPrefix(x.Subject.CommonName, "com.apple.") {
			out = append(out, c)
		}
	}
	return out
}

// readCache returns what was written with the same stamp.
func readCache(dir, stamp string) ([]Certificate, bool) {
	if dir == "" {
		return nil, false
	}
	b, err := os.ReadFile(filepath.Join(dir, cacheFile))
	if err != nil {
		return nil, false
	}
	text, ok := bytes.CutPrefix(b, []byte(stamp))
	if !ok {
		return nil, false
	}
	if len(text) == 0 {
		return nil, true
	}
	certs, left, err := ParseCertificates(text)
	return certs, err == nil && len(left) == 0
}

// writeCache replaces the cache in one step: two launches may do it at once.
func writeCache(dir, stamp string, certs []Certificate) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, cacheFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	text := []byte(stamp)
	for _, c := range certs {
		text = append(text, c.PEM()...)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, cacheFile))
}

// cause is an error's text without the path, which the line has already.
func cause(err error) string {
	var bad *fs.PathError
	if errors.As(err, &bad) {
		return bad.Err.Error()
	}
	return err.Error()
}
