package lab

import (
	"context"
	"testing"
)

// busNeeds are for tests that act as a desktop on a private D-Bus, windowNeeds
// for those that also open a window on a screen nobody sees.
func busNeeds() []need { return []need{{"dbus-daemon", "dbus-daemon"}} }

func windowNeeds() []need {
	return append(busNeeds(), need{"Xvfb", "xvfb"}, need{"xterm", "xterm"})
}

// RequireBus makes sure that there is a dbus-daemon, and skips or fails like
// Require without one.
func RequireBus(t testing.TB) { requirePrograms(t, busNeeds()) }

// RequireWindows is RequireBus with an X server and a terminal besides.
func RequireWindows(t testing.TB) { requirePrograms(t, windowNeeds()) }

func requirePrograms(t testing.TB, needs []need) {
	t.Helper()
	if testing.Short() {
		skip(t, "-short leaves out tests that need a desktop")
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
}
