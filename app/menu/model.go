// Package menu decides what the menu shows: Build turns a View, which is a
// monitor.Snapshot and a little more, into a Model. It is pure.
//
// The skeleton of a Model never changes: what a tray host can do is to add
// items, so sessions, recent projects and blocked hosts have a fixed number of
// slots, of which the unused ones are hidden. Each item has a key that stays
// the same. Names and paths may have been chosen by a sandbox: they are shown
// through tty.Visible, and an Action holds them as they are.
package menu

// Mark is the coloured sign before a status line. Each differs in shape too.
type Mark int

// The marks.
const (
	MarkNone Mark = iota
	MarkGood
	MarkWarning
	MarkBad
	MarkOff
)

// Item is one line of the menu, or what its submenu holds.
type Item struct {
	// Key names the item for good: "quit", "session.3.stop".
	Key   string
	Label string
	Mark  Mark
	// Disabled items are shown grey and do nothing.
	Disabled, Hidden bool
	// Checkable items have a tick, which Checked shows.
	Checkable, Checked bool
	Separator          bool
	Children           []Item
	Action             Action
}

// Face is what the icon in the bar says.
type Face int

// The faces.
const (
	// FaceReady: a project can be opened.
	FaceReady Face = iota
	// FaceAttention: it works, and something should be looked at.
	FaceAttention
	// FaceStopped: it does not work.
	FaceStopped
)

// Icon is the icon in the bar.
type Icon struct {
	Face Face
	// Badge marks that Claude waits for the user somewhere.
	Badge bool
}

// Model is the whole menu.
type Model struct {
	Icon    Icon
	Tooltip string
	Items   []Item
}

// Find returns the item with a key.
func (m Model) Find(key string) (Item, bool) { return find(m.Items, key) }

func find(items []Item, key string) (Item, bool) {
	for _, i := range items {
		if i.Key == key {
			return i, true
		}
		if found, ok := find(i.Children, key); ok {
			return found, true
		}
	}
	return Item{}, false
}

// Target returns the action of an item that can be clicked: it, and all that
// it lies in, are visible and enabled. A tray host may send clicks for others.
func (m Model) Target(key string) (Action, bool) {
	return target(m.Items, key)
}

func target(items []Item, key string) (Action, bool) {
	for _, i := range items {
		if i.Hidden || i.Disabled {
			continue
		}
		if i.Key == key {
			return i.Action, i.Action.Kind != DoNothing
		}
		if a, ok := target(i.Children, key); ok {
			return a, true
		}
	}
	return Action{}, false
}
