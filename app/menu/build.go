package menu

import (
	"fmt"
	"strings"
	"time"

	"dclaude/app/monitor"
	"dclaude/launcher/tty"
)

// View is what the menu is made of.
type View struct {
	Snapshot monitor.Snapshot
	// Sessions and Hosts are the places of the sessions, by container, and of
	// the blocked hosts, by HostID.
	Sessions, Hosts Slots
	Recents         []Recent
	// Home is the user's home folder, shown as ~.
	Home string
	// Settings are those that the menu can change.
	Settings Settings
	// LaunchAtLogin is whether it is on; CanLaunchAtLogin whether it can be.
	LaunchAtLogin, CanLaunchAtLogin bool
}

// Recent is a project that was opened before.
type Recent struct {
	Path string
	// Gone reports that there is no such folder now.
	Gone bool
}

// Place gives sessions and hosts their slots, given those of the view before.
func (v View) Place(before View) View {
	var ids []string
	for _, s := range v.Snapshot.Sessions {
		ids = append(ids, s.Container)
	}
	v.Sessions = before.Sessions.Assign(ids, SessionSlots)
	ids = nil
	for _, h := range v.Snapshot.Blocked.Hosts {
		ids = append(ids, HostID(h))
	}
	v.Hosts = before.Hosts.Assign(ids, HostSlots)
	return v
}

// HostID identifies a blocked host.
func HostID(h monitor.BlockedHost) string {
	return fmt.Sprintf("%q %d %q", h.Host, h.Port, h.Session)
}

// Build makes the menu.
func Build(v View) Model {
	statuses := []status{programStatus(v), settingsStatus(v), engineStatus(v), isolationStatus(v), loginStatus(v)}
	var items []Item
	for _, s := range statuses {
		items = append(items, s.items(v.works())...)
	}
	items = append(items, separator("after.status"))
	items = append(items, projectItems(v)...)
	items = append(items, separator("after.projects"))
	items = append(items, sessionItems(v)...)
	items = append(items, separator("after.sessions"))
	items = append(items, networkMenu(v), loginMenu(v), limitsMenu(v), checkMenu(v), separator("after.tools"))
	items = append(items, generalItems(v)...)
	return Model{Icon: icon(v, statuses), Tooltip: tooltip(v, statuses), Items: items}
}

// icon is the worst of the statuses.
func icon(v View, statuses []status) Icon {
	var i Icon
	for _, s := range statuses {
		switch s.mark {
		case MarkBad:
			i.Face = FaceStopped
		case MarkWarning:
			i.Face = max(i.Face, FaceAttention)
		}
	}
	for _, s := range v.Snapshot.Sessions {
		i.Badge = i.Badge || s.Activity == monitor.ActivityWaiting
		if s.Offline {
			i.Face = max(i.Face, FaceAttention)
		}
	}
	return i
}

// tooltip is one line: what is wrong, or what runs.
func tooltip(v View, statuses []status) string {
	for _, worst := range []Mark{MarkBad, MarkWarning} {
		for _, s := range statuses {
			if s.mark == worst && !s.hidden {
				return "DClaude: " + s.label
			}
		}
	}
	for _, s := range v.Snapshot.Sessions {
		if s.Offline {
			return "DClaude: " + sessionLabel(v, s)
		}
	}
	return "DClaude: " + strings.ToLower(sessionCount(len(v.Snapshot.Sessions)))
}

func separator(key string) Item { return Item{Key: key, Separator: true} }

// The widths, in cells, to which texts are shortened.
const (
	nameWidth   = 40
	pathWidth   = 60
	reasonWidth = 60
	hostWidth   = 100
)

// folder shows a path as people write it, its end rather than its start.
func folder(path, home string, cells int) string {
	if rest, ok := strings.CutPrefix(path, home+"/"); ok && home != "" {
		path = "~/" + rest
	}
	shown := tty.Visible(path, 4*cells)
	if short := tty.Visible(shown, cells); short == shown {
		return shown
	}
	name := shown[strings.LastIndexByte(shown, '/')+1:]
	return tty.Visible("…/"+name, cells)
}

// base is the name of a path's last folder.
func base(path string) string {
	return tty.Visible(path[strings.LastIndexByte(path, '/')+1:], nameWidth)
}

// span shows a duration in its two largest units: "3 h 12 min".
func span(d time.Duration) string {
	minutes := int(d.Round(0) / time.Minute)
	switch {
	case minutes < 1:
		return "less than 1 min"
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days", minutes/60/24)
}

func capitalised(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
