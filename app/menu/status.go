package menu

import (
	"fmt"
	"strings"
	"time"

	"dclaude/app/monitor"
	"dclaude/launcher/tty"
)

// status is a line at the top, why it is so, and what cures it.
type status struct {
	key   string
	label string
	mark  Mark
	// why is one line, or empty.
	why string
	// cure is the label of what helps, or empty.
	cure   string
	action Action
	hidden bool
}

// items are always three, so that the skeleton stays the same. A click on the
// line itself does what cures it, or tells all that is known.
func (s status) items(works bool) []Item {
	line := s.action
	if line.Kind == DoNothing {
		line.Kind = RunDoctor
	}
	return []Item{
		{Key: "status." + s.key, Label: s.label, Mark: s.mark, Disabled: !works, Hidden: s.hidden, Action: line},
		{Key: "status." + s.key + ".why", Label: "     " + capitalised(tty.Visible(s.why, reasonWidth)), Disabled: true, Hidden: s.hidden || s.why == ""},
		{Key: "status." + s.key + ".cure", Label: "     " + s.cure, Disabled: !works, Hidden: s.hidden || s.cure == "", Action: s.action},
	}
}

// programStatus is there only when something is wrong.
func programStatus(v View) status {
	s := status{key: "program", label: "The dclaude command is missing", mark: MarkBad, why: v.Snapshot.Program.Problem}
	if s.why == "" {
		s.hidden, s.mark = true, MarkOff
	}
	return s
}

// settingsStatus is there only when the configuration file is broken.
func settingsStatus(v View) status {
	s := status{key: "settings", label: "The settings are broken", mark: MarkBad, why: v.Settings.Problem, cure: "Settings…", action: Action{Kind: EditSettings}}
	if s.why == "" {
		s.hidden, s.mark = true, MarkOff
	}
	return s
}

func engineStatus(v View) status {
	e := v.Snapshot.Engine
	s := status{key: "engine"}
	product := tty.Visible(e.Product, nameWidth)
	switch e.State {
	case monitor.EngineRunning:
		s.mark, s.label = MarkGood, "Docker: running"
		if product != "" {
			s.label += ", " + product
		}
	case monitor.EngineUnknown:
		s.mark, s.label = MarkOff, "Docker: looking for it"
	case monitor.EngineDown:
		s.mark, s.label = MarkBad, "Docker: not running"
		s.why, _, _ = strings.Cut(e.Hint, ";")
		if e.CanStart {
			s.why, s.cure, s.action = "", "Start "+product, Action{Kind: StartEngine}
		}
	default:
		s.mark, s.label, s.why = MarkBad, "Docker: cannot be used", e.Problem
		s.cure, s.action = "Find Out Why…", Action{Kind: RunDoctor}
	}
	return s
}

func isolationStatus(v View) status {
	i := v.Snapshot.Isolation
	s := status{key: "isolation", mark: MarkOff}
	bare := 0
	for _, session := range v.Snapshot.Sessions {
		if session.Observed && !session.GVisor {
			bare++
		}
	}
	switch {
	case v.Snapshot.Engine.State != monitor.EngineRunning:
		s.label = "gVisor: not known without Docker"
	case bare > 0:
		s.mark = MarkWarning
		s.label = fmt.Sprintf("gVisor: %d of %d sessions run without it", bare, len(v.Snapshot.Sessions))
		s.why = i.Reason
		s.cure, s.action = "Find Out Why…", Action{Kind: RunDoctor}
	case i.GVisor() && i.Proved:
		s.mark, s.label = MarkGood, "gVisor: "+wayName(i.Way)+", proved"
	case i.GVisor():
		s.label, s.why = "gVisor: "+wayName(i.Way)+", proved at the first launch", i.Reason
	case i.Way == "":
		s.label = "gVisor: looked for at the first launch"
	default:
		s.mark, s.label, s.why = MarkWarning, "gVisor: not in use", i.Reason
		s.cure, s.action = "Find Out Why…", Action{Kind: RunDoctor}
	}
	return s
}

func wayName(way string) string {
	if way == "nested" {
		return "nested"
	}
	return "registered with Docker"
}

// refreshable is when Claude Code renews a token: with less than this left.
const refreshable = 5 * time.Minute

// refreshDue reports whether Claude Code would renew the login now.
func refreshDue(l monitor.Login, now time.Time) bool {
	return l.State == monitor.LoginPresent && !l.Expires.IsZero() && l.Expires.Sub(now) < refreshable
}

func loginStatus(v View) status {
	l, now := v.Snapshot.Login, v.Snapshot.At
	s := status{key: "login", mark: MarkOff}
	plan := tty.Visible(l.Plan, 20)
	if plan == "" {
		plan = "signed in"
	}
	left := l.Expires.Sub(now)
	switch {
	case l.State == monitor.LoginUnknown:
		s.label = "Login: looking for it"
	case l.State == monitor.LoginElsewhere:
		s.label = "Login: " + sourceName(l.Source)
	case l.State == monitor.LoginMissing:
		s.mark, s.label = MarkBad, "Login: nobody is signed in"
		s.cure, s.action = "Sign In…", Action{Kind: SignIn}
	case l.State == monitor.LoginUnreadable:
		s.mark, s.label, s.why = MarkWarning, "Login: cannot be read", l.Problem
		s.cure, s.action = "Sign In…", Action{Kind: SignIn}
	case l.Expires.IsZero():
		s.mark, s.label = MarkGood, "Login: "+plan
	case l.Expired(now):
		s.mark, s.label = MarkBad, "Login: "+plan+", expired "+span(-left)+" ago"
		s.cure, s.action = "Refresh Login", Action{Kind: RefreshLogin}
	case l.Expiring(now):
		s.mark, s.label = MarkWarning, "Login: "+plan+", "+span(left)+" left"
		if refreshDue(l, now) {
			s.cure, s.action = "Refresh Login", Action{Kind: RefreshLogin}
		}
	default:
		s.mark, s.label = MarkGood, "Login: "+plan+", "+span(left)+" left"
	}
	return s
}

// sourceName says where a login comes from that is not this computer's.
func sourceName(source string) string {
	switch source {
	case "sandbox":
		return "signed in inside each project"
	case "token":
		return "long-lived token"
	case "api-key":
		return "API key"
	}
	return tty.Visible(source, 20)
}
