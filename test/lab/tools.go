package lab

import (
	"context"
	"testing"
)

// toolNeeds are programs that are no part of the lab or of dclaude: tests have
// them look at files of ours, for an opinion other than our own.
func toolNeeds() []need {
	return []need{
		{"apparmor_parser", "apparmor"},
		{"/etc/apparmor.d/tunables/global", "apparmor"},
		{"desktop-file-validate", "desktop-file-utils"},
		{"fish", "fish"},
		{"groff", "groff-base"},
		{"icns2png", "icnsutils"},
		{"plistutil", "libplist-utils"},
		{"qemu-aarch64", "qemu-user"},
		{"ruby", "ruby"},
		{"zsh", "zsh"},
	}
}

// Packages installs, in one go, what the engine, the base image and all tests
// take from Debian. Without it each part installs what it needs when its turn
// comes.
func (l *Lab) Packages(ctx context.Context) error {
	var all []need
	for _, needs := range [][]need{engineNeeds(), baseNeeds(), windowNeeds(), toolNeeds()} {
		all = append(all, needs...)
	}
	return l.packages(ctx, all)
}

// RequireTool returns the path of a program that a test has look at a file. It
// is installed if need be, and the test skips or fails like Require without it.
// A program that is there is used under -short, too.
func RequireTool(t testing.TB, program string) string {
	t.Helper()
	needs := toolNeed(program)
	if len(needs) == 0 {
		t.Fatalf("%s is not among the tools that the lab knows", program)
	}
	if len(missing(needs, installed)) == 0 {
		return findProgram(program)
	}
	if testing.Short() {
		skip(t, program+" is not there, and -short installs nothing")
	}
	l, err := Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), bringUp)
	defer cancel()
	if err := l.packages(ctx, needs); err != nil {
		unmet(t, err)
	}
	return findProgram(program)
}

// toolNeed returns what a tool takes: itself, and the files that come with it.
func toolNeed(program string) []need {
	var pkg string
	for _, n := range toolNeeds() {
		if n.program == program {
			pkg = n.pkg
		}
	}
	var out []need
	for _, n := range toolNeeds() {
		if n.pkg == pkg {
			out = append(out, n)
		}
	}
	return out
}
