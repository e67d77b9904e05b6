package app

import (
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/app/notify"
	"dclaude/app/recents"
	"dclaude/app/tray"
)

// showPause is the least time between two snapshots that are shown: a session
// that makes something happen each millisecond must not keep this computer, and
// its panel, busy. The first after a pause is shown at once.
const showPause = 50 * time.Millisecond

// loop shows the latest snapshot and carries out what is asked, one after the other.
// What takes time runs beside it.
func (a *app) loop(t *tray.Tray) {
	counted, _ := a.settings.now()
	policy := notify.NewPolicy(mutes(counted), counted.AppReinject == "auto")
	screen := screen{tray: t, guard: guard{}}
	var snapshot monitor.Snapshot
	again, pause := time.NewTimer(0), time.NewTimer(0)
	defer again.Stop()
	defer pause.Stop()
	<-again.C
	<-pause.C
	snapshots := a.snapshots // nil during the pause
	judge := func() {
		snapshot.At = a.now()
		outcome := policy.See(snapshot)
		for _, n := range outcome.Notes {
			a.notify(n)
		}
		for _, action := range outcome.Do {
			a.perform(action)
		}
		if outcome.Again > 0 {
			again.Reset(outcome.Again)
		}
	}
	// configure has changed settings count at once.
	configure := func() {
		if !a.settings.look() {
			return
		}
		changed, err := a.settings.now()
		if err != nil {
			a.log.Warn("the configuration is broken; what it said before counts", "cause", err.Error())
		}
		policy.Set(mutes(changed), changed.AppReinject == "auto")
		if watched(changed) != watched(counted) {
			a.monitor.Restart()
		}
		counted = changed
	}
	for {
		select {
		case <-a.ctx.Done():
			return
		case snapshot = <-snapshots:
			snapshots = nil
			pause.Reset(showPause)
			configure()
			a.show(&screen, snapshot)
			judge()
		case <-pause.C:
			snapshots = a.snapshots
		case <-again.C:
			judge()
		case <-a.redraw:
			configure()
			a.show(&screen, snapshot)
		case key := <-a.clicks:
			if action, ok := screen.clicked(key, a.now()); ok {
				a.log.Info("clicked", "item", key)
				a.perform(action)
			} else {
				a.log.Info("ignored a click", "item", key)
			}
		case action := <-a.actions:
			a.perform(action)
		case paths := <-a.paths:
			a.openPaths(paths)
		}
	}
}

// screen is what is shown.
type screen struct {
	tray  *tray.Tray
	view  menu.View
	model menu.Model
	guard guard
}

func (a *app) show(s *screen, snapshot monitor.Snapshot) {
	view := menu.View{
		Snapshot: snapshot, Home: a.sys.home(), Recents: a.recentItems(),
		CanLaunchAtLogin: a.login.Supported(), Settings: a.settings.shown(),
	}
	view.LaunchAtLogin = view.CanLaunchAtLogin && a.login.Enabled()
	s.view = view.Place(s.view)
	s.model = menu.Build(s.view)
	s.guard.see(s.model.Items, a.now())
	if err := s.tray.Show(s.model); err != nil {
		a.log.Error("the menu is not up to date", "cause", err.Error())
	}
}

func (a *app) recentItems() []menu.Recent {
	var items []menu.Recent
	for _, e := range a.recents.Load() {
		items = append(items, menu.Recent{Path: e.Path, Gone: e.Look() == recents.Gone})
	}
	return items
}

// clicked returns what a click on an item does. A tray host sends clicks for
// items that are grey by now; and what is under the pointer can have become
// something else at the last moment.
func (s *screen) clicked(key string, now time.Time) (menu.Action, bool) {
	action, ok := s.model.Target(key)
	return action, ok && !s.guard.fresh(key, now)
}

// dwell is how long an item must have meant the same for a click to count,
// after it meant something else.
const dwell = time.Second

// guard knows since when each item has meant what it means. A sandbox can make
// hosts be blocked, and sessions end: without it, it could have the user allow
// another host than the one that was read.
type guard map[string]meaning

type meaning struct {
	action menu.Action
	since  time.Time // zero for what never meant anything else
}

// see takes in the items that are shown.
func (g guard) see(items []menu.Item, now time.Time) {
	for _, i := range items {
		action := i.Action
		if i.Hidden {
			action = menu.Action{}
		}
		was, known := g[i.Key]
		switch {
		case !known:
			g[i.Key] = meaning{action: action}
		case action == was.action || action == menu.Action{}:
			// The same; or nothing, which what comes next is compared beyond.
		case was.action == menu.Action{}:
			g[i.Key] = meaning{action: action}
		default:
			g[i.Key] = meaning{action: action, since: now}
		}
		g.see(i.Children, now)
	}
}

// fresh reports whether an item has only just come to mean what it means.
func (g guard) fresh(key string, now time.Time) bool {
	since := g[key].since
	return !since.IsZero() && now.Sub(since) < dwell && !now.Before(since)
}

// notify shows a note beside the loop: the service may be slow.
func (a *app) notify(n notify.Note) {
	a.log.Info("notification", "kind", n.Kind)
	if a.notes == nil {
		return
	}
	a.tasks.Go(func() {
		if err := a.notes.Show(n); err != nil {
			a.log.Warn("a notification was not shown", "cause", err.Error())
		}
	})
}
