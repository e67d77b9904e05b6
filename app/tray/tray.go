// Package tray shows a menu.Model in the bar. Its renderer remembers what is
// shown and sends only the differences to a Backend, whose real form is in
// package native: that one needs cgo on macOS, and this one does not.
package tray

import (
	"fmt"
	"sync"

	"dclaude/app/menu"
)

// Backend is a tray to which items can be added, and none taken away.
type Backend interface {
	SetIcon(menu.Icon)
	SetTooltip(string)
	// Add appends an item to parent's submenu, or to the menu where parent is
	// nil. clicked runs on a goroutine of its own for each click.
	Add(parent Item, label string, checkable bool, clicked func()) Item
	AddSeparator(parent Item)
}

// Item is an item of a Backend. It is visible, enabled, unchecked and without
// a mark at first.
type Item interface {
	SetLabel(string)
	SetEnabled(bool)
	SetVisible(bool)
	SetChecked(bool)
	SetMark(menu.Mark)
}

// Tray renders models. Use New.
type Tray struct {
	backend Backend
	clicked func(key string)

	mu    sync.Mutex
	items map[string]Item
	shown map[string]menu.Item
	icon  menu.Icon
	tip   string
	begun bool
}

// New returns a renderer. clicked gets the key of each item that is clicked;
// whether it can be clicked at all is the caller's to check.
func New(b Backend, clicked func(key string)) *Tray {
	return &Tray{backend: b, clicked: clicked, items: map[string]Item{}, shown: map[string]menu.Item{}}
}

// Show brings what is shown to a model. All models that a Tray is given must
// have the same skeleton; an item that was not in the first one is an error.
func (t *Tray) Show(m menu.Model) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun {
		t.begun = true
		t.backend.SetIcon(m.Icon)
		t.backend.SetTooltip(m.Tooltip)
		t.add(nil, m.Items)
		t.icon, t.tip = m.Icon, m.Tooltip
		return nil
	}
	if t.icon != m.Icon {
		t.icon = m.Icon
		t.backend.SetIcon(m.Icon)
	}
	if t.tip != m.Tooltip {
		t.tip = m.Tooltip
		t.backend.SetTooltip(m.Tooltip)
	}
	return t.update(m.Items)
}

func (t *Tray) add(parent Item, items []menu.Item) {
	for _, i := range items {
		if i.Separator {
			t.backend.AddSeparator(parent)
			continue
		}
		key := i.Key
		added := t.backend.Add(parent, i.Label, i.Checkable, func() { t.clicked(key) })
		t.items[key] = added
		t.apply(added, menu.Item{Label: i.Label}, i)
		t.add(added, i.Children)
	}
}

func (t *Tray) update(items []menu.Item) error {
	for _, i := range items {
		if i.Separator {
			continue
		}
		item, ok := t.items[i.Key]
		if !ok {
			return fmt.Errorf("menu item %q came later than the menu", i.Key)
		}
		t.apply(item, t.shown[i.Key], i)
		if err := t.update(i.Children); err != nil {
			return err
		}
	}
	return nil
}

// apply sends what differs. What is hidden is not brought up to date: nobody
// sees it, and it comes back whole.
func (t *Tray) apply(item Item, old, now menu.Item) {
	if now.Hidden {
		if !old.Hidden {
			item.SetVisible(false)
			old.Hidden = true
		}
		t.shown[now.Key] = remember(old)
		return
	}
	if old.Label != now.Label {
		item.SetLabel(now.Label)
	}
	if old.Disabled != now.Disabled {
		item.SetEnabled(!now.Disabled)
	}
	if old.Checked != now.Checked {
		item.SetChecked(now.Checked)
	}
	if old.Mark != now.Mark {
		item.SetMark(now.Mark)
	}
	if old.Hidden {
		item.SetVisible(true)
	}
	t.shown[now.Key] = remember(now)
}

// remember keeps of an item what a Backend can show.
func remember(i menu.Item) menu.Item {
	return menu.Item{Label: i.Label, Disabled: i.Disabled, Hidden: i.Hidden, Checked: i.Checked, Mark: i.Mark}
}
