package desktop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	itemPath    = "/StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
	menuPath    = "/StatusNotifierItem/menu"
)

// Watcher is a tray host as far as a program sees it.
type Watcher struct {
	t    testing.TB
	conn *dbus.Conn

	mu    sync.Mutex
	items []string // as "sender/path"
	count map[string]int
	props *prop.Properties
}

// StartWatcher makes the bus have a tray.
func StartWatcher(t testing.TB, b *Bus) *Watcher {
	t.Helper()
	w := &Watcher{t: t, conn: b.Connect(), count: map[string]int{}}
	props, err := prop.Export(w.conn, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems":  {Value: []string{}, Writable: true, Emit: prop.EmitTrue},
		"IsStatusNotifierHostRegistered": {Value: true, Emit: prop.EmitTrue},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.props = props
	methods := map[string]any{"RegisterStatusNotifierItem": w.register}
	if err := w.conn.ExportMethodTable(methods, watcherPath, watcherName); err != nil {
		t.Fatal(err)
	}
	// The name of one that was stopped just now may still be taken.
	Await(t, "the name of the tray host", func() bool {
		reply, err := w.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue)
		return err == nil && reply == dbus.RequestNameReplyPrimaryOwner
	}, nil)
	return w
}

func (w *Watcher) register(service string, sender dbus.Sender) *dbus.Error {
	item := string(sender) + itemPath
	if !strings.HasPrefix(service, "/") {
		item = service + itemPath
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[item]++
	if !slices.Contains(w.items, item) {
		w.items = append(w.items, item)
	}
	w.props.SetMust(watcherName, "RegisteredStatusNotifierItems", slices.Clone(w.items))
	return nil
}

// Stop takes the tray host away, as a crash of the panel does.
func (w *Watcher) Stop() { _ = w.conn.Close() }

// Item waits for the first item that registers.
func (w *Watcher) Item() *Item {
	w.t.Helper()
	var name string
	Await(w.t, "an item in the tray", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.items) > 0 {
			name = strings.TrimSuffix(w.items[0], itemPath)
		}
		return name != ""
	}, nil)
	return &Item{t: w.t, conn: w.conn, owner: name}
}

// Registrations is how often each item has registered.
func (w *Watcher) Registrations() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for k, v := range w.count {
		out[k] = v
	}
	return out
}

// Item is a program's icon and menu in the tray.
type Item struct {
	t     testing.TB
	conn  *dbus.Conn
	owner string
}

// Property is a property of the icon: "Title", "Id", "IconPixmap", "ToolTip".
func (i *Item) Property(name string) any {
	v, err := i.conn.Object(i.owner, itemPath).GetProperty(itemName + "." + name)
	if err != nil {
		return nil
	}
	return v.Value()
}

// Entry is one line of the menu.
type Entry struct {
	ID       int32
	Label    string // as shown: mnemonics taken out
	Enabled  bool
	Visible  bool
	Ticked   bool
	Line     bool // a separator
	HasIcon  bool
	Children []Entry
}

type layout struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// Menu reads the whole menu.
func (i *Item) Menu() []Entry {
	var revision uint32
	var root layout
	err := i.conn.Object(i.owner, menuPath).Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		return nil
	}
	return entriesOf(root)
}

func entriesOf(l layout) []Entry {
	var out []Entry
	for _, v := range l.Children {
		var child layout
		if err := dbus.Store([]any{v.Value()}, &child); err != nil {
			continue
		}
		e := Entry{ID: child.ID, Enabled: true, Visible: true, Children: entriesOf(child)}
		for name, value := range child.Props {
			switch name {
			case "label":
				e.Label, _ = value.Value().(string)
				e.Label = shownLabel(e.Label)
			case "enabled":
				e.Enabled, _ = value.Value().(bool)
			case "visible":
				e.Visible, _ = value.Value().(bool)
			case "toggle-state":
				state, _ := value.Value().(int32)
				e.Ticked = state == 1
			case "type":
				e.Line = value.Value() == "separator"
			case "icon-data":
				e.HasIcon = true
			}
		}
		out = append(out, e)
	}
	return out
}

// shownLabel is what a host shows: "_x" is x underlined, "__" is "_".
func shownLabel(label string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(label, "__", "\x00"), "_", ""), "\x00", "_")
}

// Text renders what a person would see of the menu.
func (i *Item) Text() string {
	var b strings.Builder
	render(&b, i.Menu(), "")
	return b.String()
}

func render(b *strings.Builder, entries []Entry, indent string) {
	for _, e := range entries {
		switch {
		case !e.Visible:
		case e.Line:
			fmt.Fprintf(b, "%s----\n", indent)
		default:
			label := e.Label
			if !e.Enabled {
				label = "(" + label + ")"
			}
			if e.Ticked {
				label = "✓ " + label
			}
			fmt.Fprintf(b, "%s%s\n", indent, label)
			render(b, e.Children, indent+"    ")
		}
	}
}

// Find waits for a visible line by its label, or by the labels on the way to
// it, the last of which may be cut short. It returns the line.
func (i *Item) Find(path ...string) Entry {
	i.t.Helper()
	var found Entry
	Await(i.t, fmt.Sprintf("the menu item %q", path), func() bool {
		e, ok := lookUp(i.Menu(), path)
		found = e
		return ok
	}, i.Text)
	return found
}

// Has reports whether there is such a line now.
func (i *Item) Has(path ...string) bool {
	_, ok := lookUp(i.Menu(), path)
	return ok
}

func lookUp(entries []Entry, path []string) (Entry, bool) {
	for _, e := range entries {
		if !e.Visible || !strings.HasPrefix(strings.TrimSpace(e.Label), path[0]) || e.Line {
			continue
		}
		if len(path) == 1 {
			return e, true
		}
		if found, ok := lookUp(e.Children, path[1:]); ok {
			return found, true
		}
	}
	return Entry{}, false
}

// Click waits for a line, which must be enabled, and clicks it.
func (i *Item) Click(path ...string) {
	i.t.Helper()
	var e Entry
	Await(i.t, fmt.Sprintf("the menu item %q to be enabled", path), func() bool {
		var ok bool
		e, ok = lookUp(i.Menu(), path)
		return ok && e.Enabled
	}, i.Text)
	i.ClickID(e.ID)
}

// ClickID sends a click as a host does, whatever the item's state. The answer
// of a program that is told to quit may not come.
func (i *Item) ClickID(id int32) {
	i.conn.Object(i.owner, menuPath).Go(menuName+".Event", dbus.FlagNoReplyExpected, nil, id, "clicked", dbus.MakeVariant(""), uint32(0))
}

// Forget drops the items that have registered, whose programs have ended.
func (w *Watcher) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.items = nil
	w.props.SetMust(watcherName, "RegisteredStatusNotifierItems", []string{})
}
