package menu

// Kind says what an Action does.
type Kind int

// What a click can do.
const (
	DoNothing Kind = iota
	// OpenProject asks for a folder and opens it.
	OpenProject
	// OpenRecent opens Action.Path, OpenChanged does even if it is not the
	// folder that it was.
	OpenRecent
	OpenChanged
	// ForgetRecents empties the list of recent projects.
	ForgetRecents
	// ShowSession, OpenShell, ShowPolicy (what it may reach) and StopSession
	// concern Action.Session.
	ShowSession
	OpenShell
	ShowPolicy
	StopSession
	// ListSessions shows all of them in a terminal.
	ListSessions
	// RestartGateway makes the dead gateway of Action.Session again.
	RestartGateway
	// AllowHost lets Action.Host through, within Action.Scope.
	AllowHost
	// ShowTraffic shows what the gateways do, in a terminal.
	ShowTraffic
	// InjectLogin gives the host's login to the running sessions, RefreshLogin
	// has the host's Claude Code renew it, SignIn starts that to sign in.
	InjectLogin
	RefreshLogin
	SignIn
	// StartEngine starts the engine's application.
	StartEngine
	// UpdateClaude, RunDoctor, RunVerify and EditSettings open a terminal.
	UpdateClaude
	RunDoctor
	RunVerify
	EditSettings
	// ChangeSetting gives Action.Setting the value Action.Value.
	ChangeSetting
	// ToggleLaunchAtLogin switches it on or off.
	ToggleLaunchAtLogin
	ShowAbout
	Quit // the last one: see Kinds
)

// Scope says how far a permission reaches.
type Scope string

// The scopes, by the flags of `dclaude net allow`.
const (
	// ForOnce is one connection.
	ForOnce    Scope = "once"
	ForSession Scope = "session"
	ForProject Scope = "project"
	ForAlways  Scope = "always"
)

// Action is what a click does. Its texts are as the engine or a gateway gave
// them: hostile.
type Action struct {
	Kind    Kind
	Session string
	Path    string
	Host    string
	Port    int
	Scope   Scope
	// Setting and Value are ours.
	Setting, Value string
}

// Kinds returns all that a click can do.
func Kinds() []Kind {
	var all []Kind
	for k := OpenProject; k <= Quit; k++ {
		all = append(all, k)
	}
	return all
}
