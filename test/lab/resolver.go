package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/exec"
	"testing"
)

// RequireWithResolver returns an engine of the test's own, beside the lab's, for
// which the file resolv is the machine's /etc/resolv.conf: what name servers a
// machine has decides how an engine resolves. It has the lab's images of these
// names, and goes with the test. Where it cannot be had, the test ends as with
// Require.
func RequireWithResolver(t testing.TB, resolv string, images ...string) *Env {
	t.Helper()
	first := Require(t)
	if first.Host != first.Lab.EngineHost() {
		skip(t, "an engine with a resolver of its own stands beside the private engine only")
	}
	l := *first.Lab
	id := make([]byte, 3)
	_, _ = rand.Read(id) // never fails, by its documentation
	l.engine, l.resolv = "engine-"+hex.EncodeToString(id), resolv
	t.Cleanup(func() {
		if err := l.Wipe(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("lab: %v", err)
		}
	})
	host, err := l.Engine(t.Context())
	if err != nil {
		unmet(t, err)
	}
	if err := copyImages(t, first.Lab, first.Host, host, images); err != nil {
		t.Fatal(err)
	}
	return &Env{Lab: &l, Host: host, t: t}
}

// copyImages takes images from one engine to another.
func copyImages(t testing.TB, l *Lab, from, to string, images []string) error {
	t.Helper()
	if len(images) == 0 {
		return nil
	}
	program := l.DockerCommand(from)
	save := exec.CommandContext(t.Context(), program[0], append(append(program[1:], "save"), images...)...)
	program = l.DockerCommand(to)
	load := exec.CommandContext(t.Context(), program[0], append(program[1:], "load", "--quiet")...)
	var err error
	if load.Stdin, err = save.StdoutPipe(); err != nil {
		return err
	}
	save.Stderr, load.Stderr = os.Stderr, os.Stderr
	if err := save.Start(); err != nil {
		return err
	}
	loaded, saved := load.Run(), save.Wait()
	if loaded != nil {
		return fail("load images", loaded, "")
	}
	if saved != nil {
		return fail("save images", saved, "")
	}
	return nil
}

// engineDir is where the private engine keeps what is its own.
func (l *Lab) engineDir() string {
	switch {
	case l.engine != "":
		return l.path(l.engine)
	case l.release != "":
		return l.path("engine-of-" + l.release)
	}
	return l.path("engine")
}
