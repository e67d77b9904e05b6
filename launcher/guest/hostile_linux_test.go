package guest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The script runs as root, and outside of a nested sandbox: a variable that the
// user set for the session must not load code of the session's there.
func TestFirewallDoesNotGetTheSessionsEnvironment(t *testing.T) {
	for _, kv := range []string{"XTABLES_LIBDIR=/workspace/x", "OPENSSL_CONF=/workspace/o", "GCONV_PATH=/workspace", "NODE_OPTIONS=--require=/workspace/x", "PATH=/workspace:" + os.Getenv("PATH")} {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	t.Setenv("https_proxy", "http://proxy.example:3128")
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nenv >"+filepath.Join(dir, "seen")+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := raiseFirewall(script); err != nil {
		t.Fatal(err)
	}
	seen, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(seen), "workspace") || !strings.Contains(string(seen), "https_proxy=http://proxy.example:3128\n") {
		t.Errorf("the script saw %q", seen)
	}
}

// A gVisor that was broken out of could leave anything where its logs lie.
func TestLastWordsOfAHostileLog(t *testing.T) {
	n := nest{log: t.TempDir()}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("panic: secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, n.panicLog()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(n.errorLog(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := n.panicked() + n.lastError(); got != "" {
		t.Errorf("got %q", got)
	}
}
