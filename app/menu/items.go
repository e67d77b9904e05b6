package menu

import (
	"fmt"
	"strings"
	"time"

	"dclaude/app/monitor"
	"dclaude/launcher/tty"
)

// usable reports whether commands that need the engine make sense.
func (v View) usable() bool {
	return v.Snapshot.Engine.State == monitor.EngineRunning && v.works()
}

// works reports whether there is a dclaude command.
func (v View) works() bool { return v.Snapshot.Program.Problem == "" }

func projectItems(v View) []Item {
	recent := Item{Key: "recent", Label: "Open Recent", Disabled: len(v.Recents) == 0 || !v.works()}
	for i := range RecentSlots {
		item := Item{Key: fmt.Sprintf("recent.%d", i), Hidden: true}
		if i < len(v.Recents) {
			r := v.Recents[i]
			item = Item{Key: item.Key, Label: folder(r.Path, v.Home, pathWidth), Disabled: r.Gone, Action: Action{Kind: OpenRecent, Path: r.Path}}
			if r.Gone {
				item.Label += " (gone)"
			}
		}
		recent.Children = append(recent.Children, item)
	}
	recent.Children = append(recent.Children,
		separator("recent.end"),
		Item{Key: "recent.clear", Label: "Clear Menu", Action: Action{Kind: ForgetRecents}})
	return []Item{
		{Key: "open", Label: "Open Project in Sandbox…", Disabled: !v.works(), Action: Action{Kind: OpenProject}},
		recent,
	}
}

func sessionItems(v View) []Item {
	items := []Item{{Key: "sessions", Label: sessionCount(len(v.Snapshot.Sessions)), Disabled: true}}
	byContainer := map[string]monitor.Session{}
	for _, s := range v.Snapshot.Sessions {
		byContainer[s.Container] = s
	}
	shown := 0
	for i := range SessionSlots {
		s, ok := byContainer[v.Sessions.at(i)]
		if ok {
			shown++
		}
		items = append(items, sessionMenu(v, i, s, !ok))
	}
	more := len(v.Snapshot.Sessions) - shown
	return append(items, Item{
		Key: "sessions.more", Label: fmt.Sprintf("%d More…", more), Hidden: more <= 0,
		Disabled: !v.usable(), Action: Action{Kind: ListSessions},
	})
}

func sessionCount(n int) string {
	switch n {
	case 0:
		return "No sessions"
	case 1:
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}

func sessionMenu(v View, i int, s monitor.Session, hidden bool) Item {
	key := fmt.Sprintf("session.%d", i)
	menu := Item{Key: key, Label: sessionLabel(v, s), Hidden: hidden}
	if hidden {
		menu.Label = ""
	}
	do := func(name, label string, kind Kind) Item {
		return Item{Key: key + "." + name, Label: label, Disabled: hidden || !v.usable(), Action: Action{Kind: kind, Session: s.Name, Path: s.Project}}
	}
	menu.Children = []Item{
		do("show", "Show in Terminal", ShowSession),
		do("shell", "Open Shell", OpenShell),
		rules(do("rules", "Show Network Rules…", ShowPolicy), s),
		offline(do("restart", "Restart Its Gateway", RestartGateway), s),
		separator(key + ".line"),
		{Key: key + ".folder", Label: place(s.Project, v.Home), Disabled: true},
		{Key: key + ".about", Label: sessionFacts(v, s), Disabled: true},
		separator(key + ".end"),
		do("stop", "Stop "+tty.Visible(s.Name, nameWidth), StopSession),
	}
	if hidden {
		for c := range menu.Children {
			if !menu.Children[c].Separator {
				menu.Children[c] = Item{Key: menu.Children[c].Key, Disabled: true}
			}
		}
	}
	return menu
}

// rules is only for a session that has some.
func rules(item Item, s monitor.Session) Item {
	item.Hidden = s.Network != "allowlist"
	return item
}

// offline is only for a session whose gateway is dead.
func offline(item Item, s monitor.Session) Item {
	item.Hidden = !s.Offline
	return item
}

// sessionLabel names a session by its project's folder, and by its own name
// where that would fit several.
func sessionLabel(v View, s monitor.Session) string {
	label, name := base(s.Project), tty.Visible(s.Name, nameWidth)
	for _, other := range v.Snapshot.Sessions {
		if other.Container != s.Container && base(other.Project) == label {
			label = ""
			break
		}
	}
	if label == "" {
		label = name
	}
	switch {
	case s.Activity == monitor.ActivityWaiting:
		label += " – waits for you"
	case s.Observed && !s.GVisor:
		label += " – without gVisor"
	case s.Offline:
		label += " – offline"
	case s.Activity == monitor.ActivityFinished:
		label += " – finished"
	}
	return label
}

func sessionFacts(v View, s monitor.Session) string {
	isolation := "Not looked at yet"
	switch {
	case s.Observed && s.GVisor:
		isolation = "Under gVisor"
	case s.Observed:
		isolation = "Without gVisor"
	}
	network := map[string]string{"allowlist": "allow-list", "open": "open network", "none": "no network"}[s.Network]
	facts := []string{isolation}
	if network != "" {
		facts = append(facts, network)
	}
	return strings.Join(append(facts, "since "+clock(s.Created, v.Snapshot.At)), ", ")
}

// clock shows a moment of the past without a count that would tick.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// place shows a session's folder.
func place(path, home string) string {
	if path == "" {
		return "No folder is known"
	}
	return folder(path, home, pathWidth)
}

// networkMenu has the hosts and what can be done about them in one list, as no
// submenu has submenus: a panel that draws with libdbusmenu, such as that of
// Xfce, can show those empty when they reach it together with what they are in.
func networkMenu(v View) Item {
	menu := Item{Key: "network", Label: "Network"}
	known := map[string]monitor.BlockedHost{}
	for _, h := range v.Snapshot.Blocked.Hosts {
		known[HostID(h)] = h
	}
	none := true
	for i := range HostSlots {
		h, ok := known[v.Hosts.at(i)]
		none = none && !ok
		menu.Children = append(menu.Children, hostItems(v, i, h, !ok)...)
	}
	empty := Item{Key: "network.none", Label: "Nothing was blocked lately", Disabled: true, Hidden: !none}
	menu.Children = append([]Item{empty}, menu.Children...)
	menu.Children = append(menu.Children,
		separator("network.line"),
		Item{Key: "network.log", Label: "Show Traffic…", Disabled: !v.usable(), Action: Action{Kind: ShowTraffic}})
	return menu
}

// hostItems offer to let a blocked host through. Its name was chosen by the
// sandbox: it is shown in full where it is allowed, and only a plain one can be.
func hostItems(v View, i int, h monitor.BlockedHost, hidden bool) []Item {
	key := fmt.Sprintf("host.%d", i)
	name := h.Host
	if h.Port != 443 && h.Port != 0 {
		name = fmt.Sprintf("%s:%d", h.Host, h.Port)
	}
	plain := PlainHost(h.Host)
	items := []Item{
		{Key: key, Label: "Blocked: " + tty.Visible(name, nameWidth), Disabled: true, Hidden: hidden},
		{Key: key + ".odd", Label: tty.Visible(name, hostWidth) + " is no name to allow from here", Disabled: true, Hidden: hidden || plain},
	}
	allow := func(scope Scope, where string) {
		items = append(items, Item{
			Key: key + "." + string(scope), Label: "Allow " + name + " " + where, Disabled: !v.usable(), Hidden: hidden || !plain,
			Action: Action{Kind: AllowHost, Host: h.Host, Port: h.Port, Session: h.Session, Path: h.Project, Scope: scope},
		})
	}
	allow(ForOnce, "Once")
	allow(ForSession, "for This Session")
	allow(ForProject, "for "+base(h.Project))
	allow(ForAlways, "Always")
	for n := range items {
		if items[n].Hidden {
			items[n] = Item{Key: items[n].Key, Disabled: true, Hidden: true}
		}
	}
	return items
}

// PlainHost reports whether a name is plain enough to be read and allowed: a
// host name in ASCII (a foreign one in its punycode), or an address.
func PlainHost(host string) bool {
	if host == "" || len(host) > hostWidth || host[0] == '-' || host[0] == '.' {
		return false
	}
	for _, r := range host {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letter && r != '.' && r != '-' && r != '_' && r != ':' && r != '[' && r != ']' {
			return false
		}
	}
	return true
}

func loginMenu(v View) Item {
	l := v.Snapshot.Login
	host := l.Source == "" || l.Source == "host" || l.Source == "copy"
	place := "From: " + sourceName(l.Source)
	if host {
		place = "From: " + tty.Visible(l.Place, pathWidth)
	}
	if l.Place == "" && host {
		place = "From: this computer"
	}
	return Item{Key: "login", Label: "Login", Children: []Item{
		{Key: "login.place", Label: place, Disabled: true},
		separator("login.line"),
		{Key: "login.inject", Label: "Give to Running Sessions Now", Disabled: !v.usable() || !host || len(v.Snapshot.Sessions) == 0 || l.State != monitor.LoginPresent, Action: Action{Kind: InjectLogin}},
		{Key: "login.refresh", Label: "Refresh", Disabled: !v.works() || !host || !refreshDue(l, v.Snapshot.At), Action: Action{Kind: RefreshLogin}},
		{Key: "login.signin", Label: "Sign In…", Disabled: !v.works(), Action: Action{Kind: SignIn}},
	}}
}

func checkMenu(v View) Item {
	return Item{Key: "check", Label: "Check", Children: []Item{
		{Key: "check.doctor", Label: "Run Doctor…", Disabled: !v.works(), Action: Action{Kind: RunDoctor}},
		{Key: "check.verify", Label: "Verify the Sandbox…", Disabled: !v.usable(), Action: Action{Kind: RunVerify}},
		{Key: "check.update", Label: "Update Claude Code…", Disabled: !v.usable(), Action: Action{Kind: UpdateClaude}},
		{Key: "check.failed", Label: "The last new one failed its trial, " + clock(v.Snapshot.Update.Failed, v.Snapshot.At), Disabled: true, Hidden: v.Snapshot.Update.Failed.IsZero()},
	}}
}

func generalItems(v View) []Item {
	return []Item{
		{Key: "settings", Label: "Settings…", Disabled: !v.works(), Action: Action{Kind: EditSettings}},
		{Key: "startup", Label: "Launch at Login", Checkable: true, Checked: v.LaunchAtLogin, Disabled: !v.CanLaunchAtLogin, Action: Action{Kind: ToggleLaunchAtLogin}},
		{Key: "about", Label: "About DClaude", Action: Action{Kind: ShowAbout}},
		separator("before.quit"),
		{Key: "quit", Label: "Quit DClaude", Action: Action{Kind: Quit}},
	}
}
