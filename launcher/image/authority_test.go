package image

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// maker makes certificates for tests.
type maker struct {
	t    *testing.T
	next int64
	key  *ecdsa.PrivateKey
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &maker{t: t, key: key}
}

// signed returns a certificate about name, signed by issuer (a DER
// certificate), or by itself if that is nil.
func (m *maker) signed(name string, ca bool, issuer []byte) []byte {
	m.t.Helper()
	m.next++
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(m.next),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), // expired, and no matter
		BasicConstraintsValid: true,
		IsCA:                  ca,
	}
	parent := template
	if issuer != nil {
		var err error
		if parent, err = x509.ParseCertificate(issuer); err != nil {
			m.t.Fatal(err)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &m.key.PublicKey, m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	return der
}

func (m *maker) authority(name string) []byte { return m.signed(name, true, nil) }

// privateKey returns the key in a form of PEM, or as DER if kind is empty.
func (m *maker) privateKey(kind string) []byte {
	m.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	if kind == "" {
		return der
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func asPEM(ders ...[]byte) []byte {
	var b bytes.Buffer
	for _, der := range ders {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	return b.Bytes()
}

func certificate(t *testing.T, der []byte) Certificate {
	t.Helper()
	certs, _, err := ParseCertificates(der)
	if err != nil || len(certs) != 1 {
		t.Fatalf("got %d certificates, %v", len(certs), err)
	}
	return certs[0]
}

func subjects(certs []Certificate) []string {
	out := []string{}
	for _, c := range certs {
		out = append(out, c.Subject)
	}
	return out
}

// write makes a file and the folders it is in, and returns its path.
func write(t *testing.T, content []byte, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
