package native

import (
	"errors"
	"strings"
	"time"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"

	"dclaude/app/sessionbus"
	"dclaude/assets/icons"
)

// errBusGone ends a tray whose desktop session has ended.
var errBusGone = errors.New("the session bus has gone away")

// escape keeps "_" from marking the next letter as a mnemonic, as dbusmenu has
// it.
func escape(label string) string { return strings.ReplaceAll(label, "_", "__") }

// prepare makes sure that there is a bus, without which systray would run on
// with nothing to be seen, and watches it on a connection of its own. What is
// set here, before the start, is there when a tray host first looks; set only
// in onReady, it is sometimes lost.
func (h *Host) prepare() (stop func(), err error) {
	conn, err := sessionbus.Connect()
	if err != nil {
		return nil, err
	}
	go func() {
		<-conn.Context().Done()
		h.end(errBusGone)
	}()
	systray.SetTitle(Title)
	systray.SetTooltip(Title)
	h.setIcon()
	return func() { conn.Close() }, nil
}

// resend are the moments, after the start, at which the icon and the tooltip
// are sent once more.
func resend() []time.Duration { return []time.Duration{300 * time.Millisecond, 2 * time.Second} }

// start makes up for what systray misses while it starts.
func (h *Host) start(ready func()) {
	ready()
	for n, at := range resend() {
		time.AfterFunc(at, func() {
			h.do("icon", h.setIcon)
			h.mu.Lock()
			tip := h.tip
			h.mu.Unlock()
			h.do("tooltip", func() { systray.SetTooltip(tip) })
			if n == len(resend())-1 {
				h.registerIfMissed()
			}
		})
	}
}

func (h *Host) setIcon() {
	h.mu.Lock()
	i := h.icon
	h.mu.Unlock()
	systray.SetIcon(icons.Bar(faceName(i.Face), i.Badge))
}

// The names by which tray hosts and items know each other.
const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemPath    = "/StatusNotifierItem"
)

// registerIfMissed registers with a tray host that appeared between systray's
// own attempt and its watching for one. Twice would be as bad as not at all:
// some hosts swallow clicks then.
func (h *Host) registerIfMissed() {
	if h.stopped.Load() {
		return
	}
	conn, err := dbus.SessionBus() // systray's own: the item must be registered by its owner
	if err != nil {
		return // the end of the bus is noticed elsewhere
	}
	watcher := conn.Object(watcherName, watcherPath)
	value, err := watcher.GetProperty(watcherName + ".RegisteredStatusNotifierItems")
	if err != nil {
		h.log.Info("this desktop has no tray yet", "cause", err.Error())
		return
	}
	items, _ := value.Value().([]string)
	for _, i := range items {
		for _, name := range conn.Names() {
			if i == name || strings.HasPrefix(i, name+"/") {
				return
			}
		}
	}
	if err := watcher.Call(watcherName+".RegisterStatusNotifierItem", 0, itemPath).Err; err != nil {
		h.log.Warn("cannot register with the tray", "cause", err.Error())
	}
}
