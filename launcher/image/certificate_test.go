package image

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseCertificates(t *testing.T) {
	m := newMaker(t)
	root, other := m.authority("Root"), m.authority("Other")
	leaf := m.signed("www.corp.example", false, root)
	self := m.signed("self-signed server", false, nil)
	middle := m.signed("Middle", true, root)
	hostile := m.authority("\x1b[2Jevil\n")
	key := m.privateKey("PRIVATE KEY")

	tests := []struct {
		name    string
		in      []byte
		want    []string
		left    string
		err     string
		private bool
	}{
		{name: "one", in: asPEM(root), want: []string{`"CN=Root"`}},
		{name: "DER", in: root, want: []string{`"CN=Root"`}},
		{name: "several, in order", in: asPEM(root, middle, other), want: []string{`"CN=Root"`, `"CN=Middle"`, `"CN=Other"`}},
		{name: "text around", in: slices.Concat([]byte("# Our CA\r\n\xff\x00\n"), asPEM(root), []byte("the end")), want: []string{`"CN=Root"`}},
		{name: "a service's", in: asPEM(leaf, root), want: []string{`"CN=Root"`}, left: `the certificate "CN=www.corp.example" is not that of an authority`},
		{name: "only a service's", in: asPEM(leaf), want: []string{}, left: "is not that of an authority"},
		{name: "only a service's, DER", in: leaf, want: []string{}, left: "is not that of an authority"},
		{name: "self-signed", in: asPEM(self), want: []string{`"CN=self-signed server"`}},
		{name: "escape codes", in: asPEM(hostile), want: []string{`"CN=\x1b[2Jevil\n"`}},
		{name: "broken", in: asPEM(root, []byte("no"), other), want: []string{`"CN=Root"`, `"CN=Other"`}, left: "a certificate cannot be read"},
		{name: "another block", in: append(bytes.ReplaceAll(asPEM(root), []byte("CERTIFICATE"), []byte("TRUSTED CERTIFICATE")), asPEM(other)...), want: []string{`"CN=Other"`}, left: `type "TRUSTED CERTIFICATE" is not read`},
		{name: "key after", in: append(asPEM(root), key...), private: true},
		{name: "key before", in: append(slices.Clone(key), asPEM(root)...), private: true},
		{name: "RSA key", in: m.privateKey("RSA PRIVATE KEY"), private: true},
		{name: "encrypted key", in: m.privateKey("ENCRYPTED PRIVATE KEY"), private: true},
		{name: "OpenSSH key", in: m.privateKey("OPENSSH PRIVATE KEY"), private: true},
		{name: "DER key", in: m.privateKey(""), private: true},
		{name: "cut-off key", in: key[:len(key)-8], private: true},
		{name: "empty", in: nil, err: "it holds no certificate"},
		{name: "text", in: []byte("-----BEGIN CERTIFICATE-----\n"), err: "it holds no certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left, err := ParseCertificates(tt.in)
			if errors.Is(err, errPrivateKey) != tt.private {
				t.Fatalf("error is %v", err)
			}
			if tt.private {
				return
			}
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error is %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(subjects(got), tt.want) {
				t.Errorf("got %q, %v, want %q", subjects(got), err, tt.want)
			}
			if lines := strings.Join(left, "\n"); (lines == "") != (tt.left == "") || !strings.Contains(lines, tt.left) {
				t.Errorf("left out %q, want %q", lines, tt.left)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	m := newMaker(t)
	a, b, c := certificate(t, m.authority("a")), certificate(t, m.authority("b")), certificate(t, m.authority("c"))
	in := []Certificate{a, b, a, c, b}
	want := merge([]Certificate{c, b, a})
	if got := merge(in); !reflect.DeepEqual(got, want) || len(got) != 3 {
		t.Errorf("got %q, want %q", subjects(got), subjects(want))
	}
	if in[0].Subject != a.Subject || in[2].Subject != a.Subject {
		t.Error("merge changed what it was given")
	}
	if merge(nil) != nil {
		t.Error("nothing became something")
	}
}

func TestCertificateKeepsOnlyItself(t *testing.T) {
	der := newMaker(t).authority("Root")
	certs, _, err := ParseCertificates(append([]byte("password: hunter2\n"), asPEM(der)...))
	if err != nil {
		t.Fatal(err)
	}
	if got := certs[0].PEM(); !bytes.Equal(got, asPEM(der)) {
		t.Errorf("got %s", got)
	}
	if name := certs[0].fileName(); len(name) != 20 || name[:16] != certs[0].Fingerprint[:16] {
		t.Errorf("its file is %q", name)
	}
}

// Whatever a file holds, what is taken from it is a certificate that reads the
// same the next time, and no key goes through.
func FuzzParseCertificates(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"))
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		certs, _, err := ParseCertificates(b)
		if err != nil && len(certs) > 0 {
			t.Fatal("certificates beside an error")
		}
		for _, c := range certs {
			again, left, err := ParseCertificates(c.PEM())
			if err != nil || len(left) > 0 || len(again) != 1 || again[0].Fingerprint != c.Fingerprint {
				t.Fatalf("%s reads differently: %v %v", c.Subject, left, err)
			}
			if strings.ContainsAny(c.Subject, "\n\x1b") {
				t.Fatalf("control characters in %s", c.Subject)
			}
		}
	})
}
