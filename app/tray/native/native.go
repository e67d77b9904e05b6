// Package native is the tray of this operating system, by fyne.io/systray; it
// is the only importer of that. It needs cgo on macOS, so nothing but the main
// program imports it.
package native

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"fyne.io/systray"

	"dclaude/app/menu"
	"dclaude/app/tray"
	"dclaude/assets/icons"
)

// Title is the name that tray hosts know the program by.
const Title = "DClaude"

// Host is the tray. Use New; there is one for each process.
type Host struct {
	log     *slog.Logger
	quit    sync.Once
	stopped atomic.Bool

	mu   sync.Mutex
	icon menu.Icon
	tip  string
	err  error // why it ended by itself
}

// New returns the tray of this process.
func New() *Host { return &Host{log: slog.New(slog.DiscardHandler)} }

// Run shows the icon, calls ready on a goroutine of its own, and returns after
// Quit, or with an error when there is no tray to be in. It must be called on
// the main goroutine. What goes wrong inside is told to log.
func (h *Host) Run(log *slog.Logger, ready func(tray.Backend)) error {
	h.log = log
	stop, err := h.prepare()
	if err != nil {
		return err
	}
	defer stop()
	systray.Run(func() { h.start(func() { ready(backend{h}) }) }, func() { h.stopped.Store(true) })
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// Quit ends Run. It may be called at any time, and more than once.
func (h *Host) Quit() { h.end(nil) }

func (h *Host) end(err error) {
	h.quit.Do(func() {
		h.mu.Lock()
		h.err = err
		h.mu.Unlock()
		h.stopped.Store(true)
		h.guard("quit", systray.Quit)
	})
}

// guard runs a call of systray, which panics when the bus has gone in between.
func (h *Host) guard(what string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Warn("the tray failed", "call", what, "cause", fmt.Sprint(p))
		}
	}()
	call()
}

// do is guard for what makes no sense after the end.
func (h *Host) do(what string, call func()) {
	if !h.stopped.Load() {
		h.guard(what, call)
	}
}

// faceName is the name that package icons has for a face.
func faceName(f menu.Face) string { return icons.Faces()[f] }

// backend adapts systray to tray.Backend.
type backend struct{ h *Host }

func (b backend) SetIcon(i menu.Icon) {
	b.h.mu.Lock()
	b.h.icon = i
	b.h.mu.Unlock()
	b.h.do("icon", b.h.setIcon)
}

func (b backend) SetTooltip(text string) {
	b.h.mu.Lock()
	b.h.tip = text
	b.h.mu.Unlock()
	b.h.do("tooltip", func() { systray.SetTooltip(text) })
}

func (b backend) Add(parent tray.Item, label string, checkable bool, clicked func()) tray.Item {
	i := &item{h: b.h}
	b.h.do("add", func() { i.menu = add(parent, escape(label), checkable) })
	if i.menu != nil {
		go func() {
			for range i.menu.ClickedCh {
				clicked()
			}
		}()
	}
	return i
}

func add(parent tray.Item, label string, checkable bool) *systray.MenuItem {
	p, ok := parent.(*item)
	switch {
	case ok && p.menu == nil:
		return nil // its parent could not be added
	case ok && checkable:
		return p.menu.AddSubMenuItemCheckbox(label, "", false)
	case ok:
		return p.menu.AddSubMenuItem(label, "")
	case checkable:
		return systray.AddMenuItemCheckbox(label, "", false)
	}
	return systray.AddMenuItem(label, "")
}

func (b backend) AddSeparator(parent tray.Item) {
	b.h.do("separator", func() {
		if p, ok := parent.(*item); ok && p.menu != nil {
			p.menu.AddSeparator()
		} else if parent == nil {
			systray.AddSeparator()
		}
	})
}

// item adapts a systray item. menu is nil after the end.
type item struct {
	h    *Host
	menu *systray.MenuItem
}

func (i *item) do(what string, call func()) {
	if i.menu != nil {
		i.h.do(what, call)
	}
}

func (i *item) SetLabel(label string) { i.do("label", func() { i.menu.SetTitle(escape(label)) }) }

func (i *item) SetEnabled(on bool) {
	i.do("enable", func() {
		if on {
			i.menu.Enable()
		} else {
			i.menu.Disable()
		}
	})
}

func (i *item) SetVisible(on bool) {
	i.do("show", func() {
		if on {
			i.menu.Show()
		} else {
			i.menu.Hide()
		}
	})
}

func (i *item) SetChecked(on bool) {
	i.do("check", func() {
		if on {
			i.menu.Check()
		} else {
			i.menu.Uncheck()
		}
	})
}

// SetMark sets the sign before the label. None is not a sign: systray cannot
// take one away.
func (i *item) SetMark(m menu.Mark) {
	if m != menu.MarkNone {
		i.do("mark", func() { i.menu.SetIcon(icons.Mark(icons.Marks()[m-menu.MarkGood])) })
	}
}
