package tty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// sizes records what is asked of the container's terminal, and when.
type sizes struct {
	mu    sync.Mutex
	start time.Time
	got   []string
	err   error
}

func (s *sizes) resize(_ context.Context, cols, rows uint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, fmt.Sprintf("%dx%d@%d", cols, rows, time.Since(s.start).Milliseconds()))
	return s.err
}

func (s *sizes) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.got = nil }()
	return s.got
}

func TestResizes(t *testing.T) {
	for name, tc := range map[string]struct {
		redraw bool
		first  string
	}{
		"start":  {false, "80x24@0"},
		"redraw": {true, "81x25@0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// Nothing of a resize that fails stops the next.
				s := &sizes{start: time.Now(), err: errors.New("no such container")}
				d := sit(t.Context(), t, func(o *RelayOptions) { o.Resize, o.Redraw = s.resize, tc.redraw })
				if got := s.take(); !slices.Equal(got, []string{tc.first}) {
					t.Errorf("at once: %v, want %s", got, tc.first)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				want := []string{"80x24@100", "80x24@250", "80x24@500", "80x24@1000", "80x24@2000"}
				if got := s.take(); !slices.Equal(got, want) {
					t.Errorf("early: %v, want %v", got, want)
				}
				d.win.set(120, 24, nil)
				d.win.resized <- syscall.SIGWINCH
				synctest.Wait()
				time.Sleep(50 * time.Millisecond)
				d.win.set(121, 24, nil) // dragged on
				d.win.resized <- syscall.SIGWINCH
				time.Sleep(time.Hour)
				synctest.Wait()
				want = []string{
					"120x24@3600000", "121x24@3600050",
					"121x24@3600150", "121x24@3600300", "121x24@3600550", "121x24@3601050", "121x24@3602050",
				}
				if got := s.take(); !slices.Equal(got, want) {
					t.Errorf("after a change: %v, want %v", got, want)
				}
				d.box.output.Close()
				d.ends(Ended)
			})
		})
	}
}

// TestResizeUnknown: a size that cannot be had is not sent, and asked for again.
func TestResizeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sizes{start: time.Now()}
		win := newWindow()
		win.set(80, 24, errors.New("not a terminal"))
		d := sit(t.Context(), t, func(o *RelayOptions) { o.Resize, o.Window = s.resize, win })
		win.set(0, 24, nil)
		time.Sleep(120 * time.Millisecond)
		synctest.Wait()
		if got := s.take(); len(got) > 0 {
			t.Errorf("sent %v", got)
		}
		win.set(80, 24, nil)
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		if got := s.take(); !slices.Equal(got, []string{"80x24@250"}) {
			t.Errorf("sent %v", got)
		}
		d.box.output.Close()
		d.ends(Ended)
	})
}

// TestResizeWaits: a resize that hangs is given up with the relay.
func TestResizeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, func(o *RelayOptions) {
			o.Resize = func(ctx context.Context, _, _ uint) error { <-ctx.Done(); return ctx.Err() }
		})
		start := time.Now()
		d.keys.types(raw + raw)
		d.ends(Detached)
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}
