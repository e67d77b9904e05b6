package tray

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
)

// fakeBackend keeps what a tray would show, and counts calls.
type fakeBackend struct {
	icon  menu.Icon
	tip   string
	root  fakeItem
	calls int
}

type fakeItem struct {
	b         *fakeBackend
	label     string
	separator bool
	disabled  bool
	hidden    bool
	checkable bool
	checked   bool
	mark      menu.Mark
	clicked   func()
	children  []*fakeItem
}

func (b *fakeBackend) SetIcon(i menu.Icon)   { b.icon, b.calls = i, b.calls+1 }
func (b *fakeBackend) SetTooltip(tip string) { b.tip, b.calls = tip, b.calls+1 }
func (b *fakeBackend) parent(p Item) *fakeItem {
	if p == nil {
		return &b.root
	}
	return p.(*fakeItem)
}
func (b *fakeBackend) Add(p Item, label string, checkable bool, clicked func()) Item {
	i := &fakeItem{b: b, label: label, checkable: checkable, clicked: clicked}
	b.calls++
	b.parent(p).children = append(b.parent(p).children, i)
	return i
}
func (b *fakeBackend) AddSeparator(p Item) {
	b.parent(p).children = append(b.parent(p).children, &fakeItem{separator: true})
}
func (i *fakeItem) SetLabel(l string)   { i.label, i.b.calls = l, i.b.calls+1 }
func (i *fakeItem) SetEnabled(v bool)   { i.disabled, i.b.calls = !v, i.b.calls+1 }
func (i *fakeItem) SetVisible(v bool)   { i.hidden, i.b.calls = !v, i.b.calls+1 }
func (i *fakeItem) SetChecked(v bool)   { i.checked, i.b.calls = v, i.b.calls+1 }
func (i *fakeItem) SetMark(m menu.Mark) { i.mark, i.b.calls = m, i.b.calls+1 }

// visible renders what a person would see.
func (i *fakeItem) visible(indent string) string {
	var b strings.Builder
	for _, c := range i.children {
		if c.hidden {
			continue
		}
		fmt.Fprintf(&b, "%s%v %q %v %v %v %v\n", indent, c.separator, c.label, c.disabled, c.checkable, c.checked, c.mark)
		b.WriteString(c.visible(indent + "  "))
	}
	return b.String()
}

func modelVisible(items []menu.Item, indent string) string {
	var b strings.Builder
	for _, i := range items {
		if i.Hidden {
			continue
		}
		fmt.Fprintf(&b, "%s%v %q %v %v %v %v\n", indent, i.Separator, i.Label, i.Disabled, i.Checkable, i.Checked, i.Mark)
		b.WriteString(modelVisible(i.Children, indent+"  "))
	}
	return b.String()
}

// models are states between which a tray goes to and fro.
func models() map[string]menu.Model {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	running := monitor.Snapshot{At: at, Engine: monitor.Engine{State: monitor.EngineRunning, Product: "E"}, Isolation: monitor.Isolation{Way: "runsc", Proved: true},
		Login: monitor.Login{State: monitor.LoginPresent, Plan: "Max", Expires: at.Add(time.Hour)}}
	busy := running
	for n := range 30 {
		busy.Sessions = append(busy.Sessions, monitor.Session{Name: fmt.Sprint("s", n), Container: fmt.Sprint("c", n), Project: fmt.Sprint("/p/", n)})
	}
	busy.Sessions[3].Activity = monitor.ActivityWaiting
	blocked := running
	blocked.Blocked.Hosts = []monitor.BlockedHost{{Host: "a.example", Port: 443, Session: "s"}, {Host: "b.example", Port: 80, Session: "s"}}
	views := map[string]menu.View{
		"nothing": {}, "running": {Snapshot: running}, "busy": {Snapshot: busy}, "blocked": {Snapshot: blocked, LaunchAtLogin: true, CanLaunchAtLogin: true},
		"recents": {Snapshot: running, Recents: []menu.Recent{{Path: "/a"}, {Path: "/b", Gone: true}}},
	}
	out := map[string]menu.Model{}
	for name, v := range views {
		out[name] = menu.Build(v.Place(menu.View{}))
	}
	return out
}

// From any state to any other, what is shown is what was asked for.
func TestEveryChange(t *testing.T) {
	all := models()
	for from := range all {
		for to := range all {
			b := &fakeBackend{}
			tray := New(b, func(string) {})
			for _, name := range []string{from, to, from, to} {
				if err := tray.Show(all[name]); err != nil {
					t.Fatal(err)
				}
				if got, want := b.root.visible(""), modelVisible(all[name].Items, ""); got != want {
					t.Fatalf("%s to %s, at %s:\n%s\nwant\n%s", from, to, name, got, want)
				}
				if b.icon != all[name].Icon || b.tip != all[name].Tooltip {
					t.Errorf("%s: icon %v, tooltip %q", name, b.icon, b.tip)
				}
			}
		}
	}
}

func TestOnlyDifferencesAreSent(t *testing.T) {
	all := models()
	b := &fakeBackend{}
	tray := New(b, func(string) {})
	_ = tray.Show(all["busy"])
	before := b.calls
	_ = tray.Show(all["busy"])
	if b.calls != before {
		t.Errorf("%d calls for no change", b.calls-before)
	}
	m := all["busy"]
	m.Items = slices.Clone(m.Items)
	m.Items[0].Label, m.Items[0].Hidden = "changed", false
	_ = tray.Show(m)
	if n := b.calls - before; n < 1 || n > 4 {
		t.Errorf("%d calls for one changed item", n)
	}
}

func TestClicks(t *testing.T) {
	b := &fakeBackend{}
	var got []string
	tray := New(b, func(key string) { got = append(got, key) })
	_ = tray.Show(models()["running"])
	for _, i := range b.root.children {
		if !i.separator {
			i.clicked()
		}
	}
	if !slices.Contains(got, "quit") || !slices.Contains(got, "open") {
		t.Errorf("%q", got)
	}
}

func TestAnotherSkeletonIsAnError(t *testing.T) {
	tray := New(&fakeBackend{}, func(string) {})
	_ = tray.Show(menu.Model{Items: []menu.Item{{Key: "a"}}})
	if err := tray.Show(menu.Model{Items: []menu.Item{{Key: "b"}}}); err == nil {
		t.Error("no error")
	}
}

// Models may come from several goroutines.
func TestConcurrentShow(t *testing.T) {
	all := models()
	tray := New(&fakeBackend{}, func(string) {})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, name := range slices.Sorted(maps.Keys(all)) {
				_ = tray.Show(all[name])
			}
		})
	}
	wg.Wait()
}
