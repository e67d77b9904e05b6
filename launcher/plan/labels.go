package plan

import "strconv"

// The labels by which everything that dclaude makes is found again. Labels
// cannot change after creation: they hold what is decided before.
const (
	LabelRole      = "dev.dclaude.role"
	LabelSession   = "dev.dclaude.session"
	LabelProject   = "dev.dclaude.project"
	LabelIsolation = "dev.dclaude.isolation"
	LabelNetwork   = "dev.dclaude.network"
	LabelUser      = "dev.dclaude.user"
	LabelTTY       = "dev.dclaude.tty"
	LabelLogin     = "dev.dclaude.login" // where it comes from, never what it is
	LabelVersion   = "dev.dclaude.version"
)

// The values of LabelRole.
const (
	RoleSandbox = "sandbox"
	RoleState   = "state"
	RoleProbe   = "probe"
	RoleGateway = "gateway"
	RoleNetwork = "network"
	RoleReview  = "review"
)

func labels(r Request, p Plan) map[string]string {
	return map[string]string{
		LabelRole:      RoleSandbox,
		LabelSession:   r.Session,
		LabelProject:   r.Project.Path,
		LabelIsolation: p.Isolation.Kind,
		LabelNetwork:   r.Settings.Network,
		LabelUser:      p.User(),
		LabelTTY:       strconv.FormatBool(r.TTY),
		LabelLogin:     r.Settings.CredentialsSource,
		LabelVersion:   r.Version,
	}
}

// volumeLabels mark a state volume. They count only when this launch is the
// one that creates it.
func volumeLabels(r Request) map[string]string {
	l := map[string]string{LabelRole: RoleState, LabelVersion: r.Version}
	if r.Settings.State != "shared" {
		l[LabelProject] = r.Project.Path
	}
	return l
}
