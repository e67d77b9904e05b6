package wake

import (
	"testing"

	"dclaude/test/desktop"
)

// The private bus stands in for the system's.
func TestWakeIsNoticed(t *testing.T) {
	bus := desktop.StartBus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.Address)
	woke := make(chan struct{}, 10)
	if err := Watch(t.Context(), func() { woke <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	logind := bus.Connect()
	for _, values := range [][]any{{}, {"x"}, {true}, {false}} {
		if err := logind.Emit(managerPath, managerName+"."+sleepSignal, values...); err != nil {
			t.Fatal(err)
		}
	}
	<-woke
	if len(woke) != 0 {
		t.Error("it woke more than once")
	}
}

func TestNoSystemBus(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
	if err := Watch(t.Context(), func() {}); err == nil {
		t.Error("no error")
	}
}
