package wake

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// The signal of systemd-logind before a sleep (true) and after it (false).
const (
	managerPath = "/org/freedesktop/login1"
	managerName = "org.freedesktop.login1.Manager"
	sleepSignal = "PrepareForSleep"
)

// Watch calls woke after each sleep, until ctx ends.
func Watch(ctx context.Context, woke func()) error {
	conn, err := dbus.ConnectSystemBus()
	if err != nil {
		return fmt.Errorf("watch for the end of a sleep: %w", err)
	}
	if err := conn.AddMatchSignal(dbus.WithMatchObjectPath(managerPath), dbus.WithMatchInterface(managerName), dbus.WithMatchMember(sleepSignal)); err != nil {
		_ = conn.Close()
		return fmt.Errorf("watch for the end of a sleep: %w", err)
	}
	signals := make(chan *dbus.Signal, 4)
	conn.Signal(signals)
	go func() {
		defer func() { _ = conn.Close() }()
		for {
			select {
			case s, ok := <-signals:
				if !ok {
					return
				}
				if asleep, is := first(s.Body); is && !asleep {
					woke()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

// first is the signal's one value.
func first(body []any) (asleep, ok bool) {
	if len(body) != 1 {
		return false, false
	}
	asleep, ok = body[0].(bool)
	return asleep, ok
}
