package image

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Certificate is one that the image trusts.
type Certificate struct {
	// Fingerprint is the SHA-256 of the certificate, in hexadecimal.
	Fingerprint string
	// Subject is whom it is about, quoted: the text is not ours.
	Subject string
	der     []byte
}

// PEM returns the certificate as text, and nothing else that was around it.
func (c Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.der})
}

// fileName depends on the certificate alone, so that another one beside it
// changes nothing of it.
func (c Certificate) fileName() string { return c.Fingerprint[:16] + ".crt" }

// errPrivateKey is refused rather than skipped: a key in a file that is meant
// to be given away is a mistake that its owner wants to know of.
var errPrivateKey = errors.New("it holds a private key")

// ParseCertificates reads the certificates of a file, PEM or DER, in order,
// and returns a line for each one that is left out: those that an issuer
// signed but that are no authority are of no use in a trust store. A file with
// a private key is refused, and so is one without any certificate. Time does
// not matter here: an expired certificate is kept, or the image would have to
// be rebuilt on the day.
func ParseCertificates(b []byte) (certs []Certificate, left []string, err error) {
	rest := b
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		switch {
		case strings.Contains(block.Type, "PRIVATE KEY"):
			return nil, nil, errPrivateKey
		case block.Type != "CERTIFICATE":
			left = append(left, fmt.Sprintf("a block of the type %q is not read", block.Type))
			continue
		}
		c, why := parseDER(block.Bytes)
		if why != "" {
			left = append(left, why)
			continue
		}
		certs = append(certs, c)
	}
	if len(certs)+len(left) > 0 {
		return certs, left, nil
	}
	return parseBare(b)
}

// parseBare reads a file without PEM blocks.
func parseBare(b []byte) ([]Certificate, []string, error) {
	if bytes.Contains(b, []byte("PRIVATE KEY-----")) || isKey(b) {
		return nil, nil, errPrivateKey
	}
	if _, err := x509.ParseCertificate(b); err != nil {
		return nil, nil, errors.New("it holds no certificate")
	}
	c, why := parseDER(b)
	if why != "" {
		return nil, []string{why}, nil
	}
	return []Certificate{c}, nil, nil
}

// isKey recognises private keys without PEM.
func isKey(der []byte) bool {
	if _, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return true
	}
	_, err := x509.ParseECPrivateKey(der)
	return err == nil
}

// parseDER returns a certificate, or why it is of no use.
func parseDER(der []byte) (Certificate, string) {
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, "a certificate cannot be read: " + err.Error()
	}
	subject := fmt.Sprintf("%q", x.Subject.String())
	own := bytes.Equal(x.RawIssuer, x.RawSubject)
	if !x.IsCA && !own {
		return Certificate{}, "the certificate " + subject + " is not that of an authority"
	}
	sum := sha256.Sum256(der)
	return Certificate{Fingerprint: hex.EncodeToString(sum[:]), Subject: subject, der: der}, ""
}

// merge returns the certificates without doubles, sorted by fingerprint, so
// that the same set always makes the same image.
func merge(certs []Certificate) []Certificate {
	certs = slices.Clone(certs)
	slices.SortFunc(certs, func(a, b Certificate) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
	return slices.CompactFunc(certs, func(a, b Certificate) bool { return a.Fingerprint == b.Fingerprint })
}
