package image

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestNamedFiles(t *testing.T) {
	m := newMaker(t)
	dir := t.TempDir()
	a, b := m.authority("a"), m.authority("b")
	one := write(t, asPEM(a), dir, "one.pem")
	both := write(t, asPEM(b, a, m.signed("leaf", false, a)), dir, "both.pem")

	system := []Certificate{certificate(t, m.authority("system"))}
	got, left, err := withFiles(system, []string{"what the system says"}, []string{one, both})
	if err != nil {
		t.Fatal(err)
	}
	want := merge(append(system, certificate(t, a), certificate(t, b)))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", subjects(got), subjects(want))
	}
	if len(left) != 2 || left[0] != "what the system says" {
		t.Errorf("left out %q", left)
	}
	if !slices.ContainsFunc(left, func(s string) bool { return strings.Contains(s, "both.pem") && strings.Contains(s, `"CN=leaf"`) }) {
		t.Errorf("nothing about the leaf in %q", left)
	}
	again, _, err := withFiles(system, nil, []string{both, one, one})
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("another order of files gives %q, %v", subjects(again), err)
	}
}

func TestNamedFilesAreRefused(t *testing.T) {
	m := newMaker(t)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, err, hint string }{
		{"missing", filepath.Join(dir, "no such"), "no such file", "PEM"},
		{"folder", dir, "not a regular file", "PEM"},
		{"pipe", pipe, "not a regular file", "PEM"},
		{"text", write(t, []byte("hello"), dir, "text"), "no certificate", "PEM"},
		{"large", write(t, bytes.Repeat([]byte("x"), maxFile+1), dir, "large"), "larger than 1024 KiB", "PEM"},
		{"key", write(t, append(asPEM(m.authority("a")), m.privateKey("PRIVATE KEY")...), dir, "key.pem"), "it holds a private key", "certificate alone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			certs, _, err := withFiles(nil, nil, []string{tt.path})
			var e *Error
			if certs != nil || !errors.As(err, &e) {
				t.Fatalf("got %v, %v", certs, err)
			}
			if !strings.Contains(e.Error(), tt.err) || !strings.Contains(e.Hint(), tt.hint) {
				t.Errorf("got %q with hint %q", e, e.Hint())
			}
			if strings.Count(e.Error(), tt.path) != 1 {
				t.Errorf("the file is not named once: %q", e)
			}
		})
	}
}

func TestTooManyCertificates(t *testing.T) {
	der := newMaker(t).authority("a")
	var certs []Certificate
	for i := range maxCertificates + 1 {
		certs = append(certs, Certificate{Fingerprint: fmt.Sprintf("%064d", i), der: der})
	}
	_, _, err := withFiles(certs, nil, nil)
	var e *Error
	if !errors.As(err, &e) || e.Hint() == "" || !strings.Contains(e.Error(), "1001") {
		t.Errorf("error is %v", err)
	}
	if _, _, err := withFiles(certs[1:], nil, nil); err != nil {
		t.Error(err)
	}
}

func TestFromFolders(t *testing.T) {
	m := newMaker(t)
	debian, fedora := t.TempDir(), t.TempDir()
	write(t, asPEM(m.authority("debian")), debian, "corp.crt")
	write(t, asPEM(m.authority("below")), debian, "corp", "more", "below.crt")
	write(t, asPEM(m.authority("ignored")), debian, "not-a-crt.pem")
	write(t, []byte("garbage"), debian, "broken.crt")
	write(t, m.privateKey("EC PRIVATE KEY"), debian, "key.crt")
	write(t, m.authority("fedora"), fedora, "corp.der")
	write(t, asPEM(m.authority("anchor")), fedora, "corp.pem")
	outside := t.TempDir()
	write(t, asPEM(m.authority("linked")), outside, "linked.crt")
	for link, to := range map[string]string{"link.crt": "linked.crt", "folder.crt": "", "dangling.crt": "nowhere"} {
		if err := os.Symlink(filepath.Join(outside, to), filepath.Join(debian, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(debian, "pipe.crt"), 0o600); err != nil {
		t.Fatal(err)
	}

	certs, left := fromFolders([]folder{
		{debian, []string{".crt"}},
		{fedora, []string{".pem", ".der"}},
		{filepath.Join(fedora, "no such folder"), []string{".crt"}},
	})
	got := subjects(certs)
	slices.Sort(got)
	want := []string{`"CN=anchor"`, `"CN=below"`, `"CN=debian"`, `"CN=fedora"`, `"CN=linked"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	lines := strings.Join(left, "\n")
	for _, want := range []string{
		"broken.crt\": it holds no certificate", "key.crt\": it holds a private key", "pipe.crt\": it is not a regular file",
		"folder.crt\": it is not a regular file", "dangling.crt\": no such file",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in %s", want, lines)
		}
	}
	if len(left) != 5 {
		t.Errorf("%d lines, want 5:\n%s", len(left), lines)
	}
}

func TestFromFoldersUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can read every folder")
	}
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o000); err != nil {
		t.Fatal(err)
	}
	write(t, asPEM(newMaker(t).authority("open")), dir, "open.crt")
	certs, left := fromFolders([]folder{{dir, []string{".crt"}}})
	if len(certs) != 1 || len(left) != 1 || !strings.Contains(left[0], "closed") {
		t.Errorf("got %q and %q", subjects(certs), left)
	}
}

func TestFromFoldersEndsSomewhere(t *testing.T) {
	dir := t.TempDir()
	for i := range maxEntries + 10 {
		write(t, nil, dir, fmt.Sprint(i))
	}
	if _, left := fromFolders([]folder{{dir, nil}}); len(left) != 1 || !strings.Contains(left[0], "only the first") {
		t.Errorf("left out %q", left)
	}
}
