package notify

import (
	"fmt"
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"

	"dclaude/app/menu"
	"dclaude/test/desktop"
)

func service(t *testing.T, b *desktop.Bus) (*Bus, chan menu.Action) {
	t.Helper()
	pressed := make(chan menu.Action, 10)
	s, err := NewBus(b.Connect(), func(a menu.Action) { pressed <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, pressed
}

func note(id string) Note {
	return Note{ID: id, Title: "T " + id, Body: "<b>&", Urgent: true, Buttons: []Button{
		{"Refresh", menu.Action{Kind: menu.RefreshLogin}}, {"Sign In", menu.Action{Kind: menu.SignIn}},
	}}
}

func TestNotificationsWithButtons(t *testing.T) {
	b := desktop.StartBus(t)
	daemon := desktop.StartNotifications(t, b, "actions", "body", "body-markup")
	s, pressed := service(t, b)
	for _, id := range []string{"a", "b", "a"} {
		if err := s.Show(note(id)); err != nil {
			t.Fatal(err)
		}
	}
	if all := daemon.All(); len(all) != 2 {
		t.Fatalf("a note with the same id does not replace: %+v", all)
	}
	shown := daemon.Await("T a")
	if shown.Body != "&lt;b&gt;&amp;" || shown.Urgency != 2 || shown.App != "DClaude" {
		t.Errorf("%+v", shown)
	}
	daemon.Press(shown, "Sign In")
	if a := <-pressed; a.Kind != menu.SignIn {
		t.Errorf("%+v", a)
	}
	daemon.PressKey(daemon.Await("T b").ID, "default")
	if a := <-pressed; a.Kind != menu.RefreshLogin {
		t.Errorf("%+v", a)
	}
	daemon.PressKey(shown.ID, "0") // pressed already, so it has gone
	daemon.PressKey(4711, "0")     // not ours
	if err := s.Show(note("c")); err != nil {
		t.Fatal(err)
	}
	c := daemon.Await("T c")
	for _, key := range []string{"7", "-1", "", "x"} {
		daemon.PressKey(c.ID, key)
	}
	if err := s.Show(note("d")); err != nil {
		t.Fatal(err)
	}
	daemon.Press(daemon.Await("T d"), "Sign In")
	if a := <-pressed; a.Kind != menu.SignIn || len(pressed) != 0 {
		t.Errorf("%+v, and %d more", a, len(pressed))
	}
}

func TestServiceWithoutMarkup(t *testing.T) {
	b := desktop.StartBus(t)
	daemon := desktop.StartNotifications(t, b, "body")
	s, _ := service(t, b)
	if err := s.Show(note("a")); err != nil {
		t.Fatal(err)
	}
	if got := daemon.Await("T a").Body; got != "<b>&" {
		t.Errorf("%q", got)
	}
}

// Without a service it is an error, and one that comes later is used.
func TestServiceThatComesLater(t *testing.T) {
	b := desktop.StartBus(t)
	s, _ := service(t, b)
	if err := s.Show(note("a")); err == nil {
		t.Error("nobody showed it")
	}
	daemon := desktop.StartNotifications(t, b)
	if err := s.Show(note("a")); err != nil {
		t.Fatal(err)
	}
	daemon.Await("T a")
}

// Signals that only look like the service's are ignored, whatever they hold.
func TestForgedSignals(t *testing.T) {
	b := desktop.StartBus(t)
	daemon := desktop.StartNotifications(t, b)
	s, pressed := service(t, b)
	if err := s.Show(note("a")); err != nil {
		t.Fatal(err)
	}
	forger := b.Connect()
	for _, values := range [][]any{{}, {"x", "y"}, {uint32(1)}, {uint32(1), uint32(2), "z"}, {uint32(1), "1"}} {
		if err := forger.Emit(servicePath, serviceName+".ActionInvoked", values...); err != nil {
			t.Fatal(err)
		}
	}
	s.hear(&dbus.Signal{Name: serviceName + ".ActionInvoked", Body: []any{"1", 1}})
	s.hear(&dbus.Signal{Name: serviceName + ".ActionInvoked", Body: []any{uint32(1), 1}})
	daemon.Press(daemon.Await("T a"), "Refresh")
	if a := <-pressed; a.Kind != menu.RefreshLogin || len(pressed) != 0 {
		t.Errorf("%+v, and %d more", a, len(pressed))
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := desktop.StartBus(t)
	desktop.StartNotifications(t, b)
	s, _ := service(t, b)
	for n := range 3 * maxShown {
		if err := s.Show(note(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.shown) != maxShown || len(s.ids) != maxShown || len(s.order) != maxShown || !slices.IsSorted(s.order) {
		t.Errorf("%d shown, %d ids, %d in order", len(s.shown), len(s.ids), len(s.order))
	}
}
