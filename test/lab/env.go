package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// RequiredVariable names the environment variable that, set to 1, makes a
// missing lab a failure. CI sets it.
const RequiredVariable = "DCLAUDE_LAB_REQUIRED"

// bringUp is how long a test waits for a lab that has to be made.
const bringUp = 8 * time.Minute

// dockerCall is how long one call of the docker client may take.
const dockerCall = 5 * time.Minute

// Env is the lab as one test sees it.
type Env struct {
	// Lab is the lab itself.
	Lab *Lab
	// Host is the endpoint of the engine to test against.
	Host string

	t testing.TB
}

// Require returns an engine with the base image in it: the one that
// DCLAUDE_LAB_HOST names, else the private one, which is brought up with
// runsc. Where that cannot be had the test is skipped with the reason, or
// fails if DCLAUDE_LAB_REQUIRED is 1.
func Require(t testing.TB) *Env {
	t.Helper()
	if testing.Short() {
		skip(t, "-short leaves out tests that need an engine")
	}
	l, err := Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), bringUp)
	defer cancel()
	host := os.Getenv(HostVariable)
	if host == "" {
		host, err = l.Up(ctx)
	} else {
		err = l.BaseImage(ctx, host)
	}
	if err != nil {
		unmet(t, err)
	}
	return &Env{Lab: l, Host: host, t: t}
}

// RequireClaude returns the path of the real Claude Code for use on this
// machine, and skips or fails like Require without one.
func RequireClaude(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		skip(t, "-short leaves out tests with the real Claude Code")
	}
	l, err := Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), bringUp)
	defer cancel()
	path, err := l.HostClaude(ctx)
	if err != nil {
		unmet(t, err)
	}
	return path
}

// unmet ends a test whose lab cannot be had. A lab that is broken is a failure
// even where a missing one is not.
func unmet(t testing.TB, err error) {
	t.Helper()
	if Unavailable(err) {
		skip(t, err.Error())
	}
	t.Fatalf("lab: %v\n%s", err, hintOf(err))
}

func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv(RequiredVariable) == "1" {
		t.Fatalf("%s=1, but: %s", RequiredVariable, reason)
	}
	t.Skip("no lab: " + reason)
}

// Seen is where this process finds a path of the engine's: what the private
// engine has mounted is in a namespace of its own.
func (e *Env) Seen(path string) string {
	if pid := enginePID(e.Lab.engineFiles()); pid != 0 && e.Host == e.Lab.EngineHost() {
		return filepath.Join("/proc", strconv.Itoa(pid), "root", path)
	}
	return path
}

// Docker runs the docker command line client against the engine, apart from
// the code under test, and returns its standard output without surrounding
// space. A failure fails the test.
func (e *Env) Docker(args ...string) string {
	e.t.Helper()
	out, err := e.TryDocker(args...)
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// TryDocker is Docker for calls that may fail. It also works in a test's
// cleanup.
func (e *Env) TryDocker(args ...string) (string, error) {
	// The context of a test ends before its cleanup.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.t.Context()), dockerCall)
	defer cancel()
	return e.Lab.docker(e.Host, args...).output(ctx)
}

// Environ is the process's environment with the engine as the one that a
// docker client, and dclaude, finds first.
func (e *Env) Environ(extra ...string) []string {
	env := without(os.Environ(), "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
	return append(append(env, "DOCKER_HOST="+e.Host), extra...)
}

// Name returns a name for something of the engine that no other test uses:
// lower-case letters, digits and hyphens, with the test's name in it.
func (e *Env) Name(what string) string {
	suffix := make([]byte, 4)
	_, _ = rand.Read(suffix) // never fails, by its documentation
	return slug("lab-"+what+"-"+e.t.Name(), 50) + "-" + hex.EncodeToString(suffix)
}

// slug keeps what names of containers, networks and volumes may hold.
func slug(text string, limit int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= limit {
			break
		}
	}
	return strings.TrimRight(b.String(), "-")
}

// RemoveAtEnd removes something of the engine when the test has ended. kind is
// "container", "network", "volume" or "image". What is gone by then, as it
// should, is no failure. What was named last goes first, so name things in the
// order in which they are made.
func (e *Env) RemoveAtEnd(kind, name string) {
	e.t.Cleanup(func() {
		args := []string{kind, "rm", name}
		if kind != "network" {
			args = []string{kind, "rm", "--force", name}
		}
		if _, err := e.TryDocker(args...); err != nil && !isMissing(err) {
			e.t.Errorf("remove %s %s: %v", kind, name, err)
		}
	})
}

// isMissing recognises the engine's answer about something that is not there.
func isMissing(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "no such") || strings.Contains(text, "not found")
}

// Gateway is the address at which containers of the default network reach
// this machine; a server of the test that listens there is theirs to call.
func (e *Env) Gateway() string {
	e.t.Helper()
	return e.Docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
}
