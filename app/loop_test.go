package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/app/notify"
	"dclaude/app/tray"
)

// fakeTray remembers what is shown.
type fakeTray struct {
	mu     sync.Mutex
	labels map[*fakeItem]string
	clicks map[string]func()
	// engines counts how often the engine's line was drawn.
	engines int
}

type fakeItem struct{ t *fakeTray }

func (t *fakeTray) SetIcon(menu.Icon)      {}
func (t *fakeTray) SetTooltip(string)      {}
func (t *fakeTray) AddSeparator(tray.Item) {}
func (t *fakeTray) Add(_ tray.Item, label string, _ bool, clicked func()) tray.Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := &fakeItem{t}
	t.labels[i] = label
	t.clicks[label] = clicked
	return i
}

func (i *fakeItem) SetLabel(label string) {
	i.t.mu.Lock()
	defer i.t.mu.Unlock()
	i.t.labels[i] = label
	if strings.HasPrefix(label, "Docker: ") {
		i.t.engines++
	}
}
func (i *fakeItem) SetEnabled(bool)   {}
func (i *fakeItem) SetVisible(bool)   {}
func (i *fakeItem) SetChecked(bool)   {}
func (i *fakeItem) SetMark(menu.Mark) {}
func (t *fakeTray) shows(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, label := range t.labels {
		if strings.Contains(label, text) {
			return true
		}
	}
	return false
}

// fakeNotes remembers notifications.
type fakeNotes struct {
	mu  sync.Mutex
	all []notify.Note
}

func (n *fakeNotes) Show(note notify.Note) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, note)
	return nil
}
func (n *fakeNotes) Close() {}

// quitter is a host that only ends.
type quitter struct{ quits int }

func (q *quitter) Run(*slog.Logger, func(tray.Backend)) error { return nil }
func (q *quitter) Quit()                                      { q.quits++ }

// loopOf runs a loop in a bubble.
func loopOf(t *testing.T, test func(a *app, shown *fakeTray, notes *fakeNotes, host *quitter)) {
	t.Helper()
	home := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		host, notes := &quitter{}, &fakeNotes{}
		a := newApp(ctx, System{Environ: []string{"HOME=" + home}, Executable: filepath.Join(home, "none")}, host, slog.New(slog.NewTextHandler(io.Discard, nil)))
		a.notes = notes
		shown := &fakeTray{labels: map[*fakeItem]string{}, clicks: map[string]func(){}}
		done := make(chan struct{})
		go func() { defer close(done); a.loop(tray.New(shown, a.click)) }()
		test(a, shown, notes, host)
		cancel()
		<-done
		a.tasks.Wait()
	})
}

// crowd is a snapshot with 500 sessions, in which hosts are blocked all the time.
func crowd(n int) monitor.Snapshot {
	s := monitor.Snapshot{At: time.Now(), Engine: monitor.Engine{State: monitor.EngineRunning, Product: fmt.Sprint("Engine ", n)}}
	for i := range 500 {
		s.Sessions = append(s.Sessions, monitor.Session{Name: fmt.Sprint("s-", i), Container: fmt.Sprint(n%7, "-", i), Project: fmt.Sprint("/p/", i), Network: "allowlist"})
	}
	for i := range 8 {
		s.Blocked.Hosts = append(s.Blocked.Hosts, monitor.BlockedHost{Host: fmt.Sprintf("h%d.example", 8*n+i), Port: 443, Session: "s-1"})
	}
	s.Blocked.Total = 8 * (n + 1)
	return s
}

// A snapshot each millisecond, with 500 sessions and 10,000 blocked hosts: what
// is shown follows, at a bearable pace; clicks are heard in between; and nobody
// is flooded with notifications.
func TestASnapshotEachMillisecond(t *testing.T) {
	loopOf(t, func(a *app, shown *fakeTray, notes *fakeNotes, host *quitter) {
		a.publish(crowd(0))
		synctest.Wait()
		if !shown.shows("Engine 0") {
			t.Fatal("the first snapshot is not shown at once")
		}
		const storm = 1250 // 10,000 hosts
		for n := 1; n <= storm; n++ {
			a.publish(crowd(n))
			if n == storm/2 {
				shown.clicks["Quit DClaude"]()
				synctest.Wait()
				if host.quits != 1 {
					t.Error("a click in the storm is not heard")
				}
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(showPause)
		synctest.Wait()
		if !shown.shows(fmt.Sprint("Engine ", storm)) {
			t.Error("the last snapshot is not shown")
		}
		if most := 2 + int(storm*time.Millisecond/showPause); shown.engines > most || shown.engines < most/2 {
			t.Errorf("shown %d times, expected up to %d", shown.engines, most)
		}
		if n := len(notes.all); n == 0 || n > 8 {
			t.Errorf("%d notifications", n)
		}
	})
}
