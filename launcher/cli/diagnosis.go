package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"dclaude/creds"
	"dclaude/creds/file"
	"dclaude/creds/host"
	"dclaude/creds/refresh"
	"dclaude/launcher/config"
	"dclaude/launcher/doctor"
	"dclaude/launcher/engine"
	"dclaude/launcher/image"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// diagnosis gathers the facts for doctor. Whatever fails is a fact, and the
// rest goes on.
type diagnosis struct {
	*app
	facts  doctor.Facts
	engine *engine.Engine
	// looseLogin is the file that facts.Login.Loose is about.
	looseLogin string
}

func (d *diagnosis) close() {
	if d.engine != nil {
		d.engine.Close()
		d.engine = nil
	}
}

func problemOf(err error) *doctor.Problem {
	if err == nil {
		return nil
	}
	return &doctor.Problem{Text: err.Error(), Hint: hintOf(err)}
}

func (d *diagnosis) gather(cmd *cobra.Command) {
	d.close()
	ctx := cmd.Context()
	d.facts = doctor.Facts{Now: time.Now(), Version: version, OS: runtime.GOOS}
	s := d.settings(cmd)
	d.facts.Network.Mode = s.Network
	d.login(ctx, s)
	d.hostClaude()
	d.disk()
	d.terminal()
	info, ok := d.reach(ctx, s)
	if !ok {
		return
	}
	if s.Network == "allowlist" {
		d.facts.Network.Problem = problemOf(allowListOn(info))
	}
	d.image(ctx, s, info)
	d.isolation(ctx, s, info)
	d.leftovers(ctx)
}

// settings are the user's, or the defaults where those cannot be read.
func (d *diagnosis) settings(cmd *cobra.Command) config.Settings {
	loaded, err := config.Load(d.sources(cmd, nil))
	c := &d.facts.Config
	c.Path, c.Problem, c.Warnings = d.configFile(), problemOf(err), loaded.Warnings
	if info, statErr := os.Lstat(c.Path); statErr == nil {
		c.Exists = true
		c.Loose = err != nil && info.Mode().IsRegular() && info.Mode().Perm()&0o002 != 0
	}
	if err != nil {
		return config.Defaults()
	}
	return loaded.Settings
}

func (d *diagnosis) login(ctx context.Context, s config.Settings) {
	l := &d.facts.Login
	l.Source = s.CredentialsSource
	if !creds.Source(s.CredentialsSource).UsesHost() {
		return
	}
	c, err := host.Open(d.user()).Read(ctx)
	l.State, l.Plan, l.Expires = creds.Judge(c, err, d.facts.Now).String(), c.Plan, c.Expires
	l.Problem = problemOf(err)
	for _, w := range c.Warnings {
		l.Warnings = append(l.Warnings, *problemOf(w))
		var open *file.PermissionError
		if errors.As(w, &open) {
			l.Loose, d.looseLogin = true, open.Path
		}
	}
}

func (d *diagnosis) hostClaude() {
	avoid, err := d.opened().Load()
	path := ""
	if err == nil {
		path, err = refresh.Refresher{Home: d.home(), Environ: d.sys.Environ, Avoid: avoid}.Find()
	}
	d.facts.HostClaude = doctor.HostClaude{Path: path, Problem: problemOf(err)}
}

// disk looks at the file system with dclaude's own files, which on Linux is
// mostly the engine's as well.
func (d *diagnosis) disk() {
	path := d.stateDir()
	for path != "/" && path != "." {
		if _, err := os.Stat(path); err == nil {
			break
		}
		path = filepath.Dir(path)
	}
	var st unix.Statfs_t
	err := unix.Statfs(path, &st)
	d.facts.Disk = doctor.Disk{Path: path, Problem: problemOf(err)}
	if err == nil {
		d.facts.Disk.Free = st.Bavail * uint64(st.Bsize) //nolint:gosec // a block's size is not negative
	}
}

func (d *diagnosis) terminal() {
	t := &d.facts.Terminal
	t.Interactive, t.TERM = isTerminal(d.sys.In) && isTerminal(d.sys.Err), lookup(d.sys.Environ, "TERM")
	if t.Interactive {
		t.Cols, t.Rows, _ = tty.NewTerminal(d.sys.In, d.sys.Err).Size() // 0 by 0 is a finding
	}
}

// reach connects to the engine and asks what it is.
func (d *diagnosis) reach(ctx context.Context, s config.Settings) (engine.Info, bool) {
	f := &d.facts.Engine
	e, err := d.connect(ctx, s)
	if err != nil {
		f.Problem = problemOf(err)
		return engine.Info{}, false
	}
	d.engine = e
	f.Where, f.Source = e.Endpoint().Host, e.Endpoint().Source
	info, err := e.Info(ctx)
	if err != nil {
		f.Problem = problemOf(err)
		return engine.Info{}, false
	}
	f.Product, f.Version, f.API, f.Arch = info.Product, info.ServerVersion, info.APIVersion, info.Arch
	f.CPUs, f.Memory, f.Rootless, f.UserNS, f.BuildKit = info.CPUs, info.MemoryBytes, info.Rootless, info.UserNS, info.HasBuildKit
	return info, true
}

func (d *diagnosis) image(ctx context.Context, s config.Settings, info engine.Info) {
	d.facts.Image = &doctor.Image{}
	f := d.facts.Image
	have, err := d.engine.Image(ctx, image.Tag)
	if engine.IsKind(err, engine.KindNoImage) {
		return
	}
	if err != nil {
		f.Problem = problemOf(err)
		return
	}
	f.Present, f.Size, f.Built = true, have.Size, have.Created
	f.Claude, f.GVisor = have.Labels[image.LabelClaude], have.Labels[image.LabelGVisor]
	request, err := d.imageRequest(ctx, d.engine, s, info)
	if err != nil {
		f.Problem = problemOf(err)
		return
	}
	f.Stale = image.Check(have.Labels, request.Wanted).Reason
}

// isolation tries each way, as a launch would.
func (d *diagnosis) isolation(ctx context.Context, s config.Settings, info engine.Info) {
	d.facts.Isolation = &doctor.Isolation{Setting: s.Isolation}
	f := d.facts.Isolation
	have, err := d.engine.Image(ctx, image.Tag)
	if engine.IsKind(err, engine.KindNoImage) {
		f.Untried = true
		return
	}
	var facts plan.Engine
	if err == nil {
		facts, err = d.app.facts(ctx, d.engine, info, have.ID, everyWay)
	}
	f.Problem, f.Nested = problemOf(err), facts.NoNested
	if facts.Registered == "" {
		f.Registered = facts.NoRegistered
	}
}

func (d *diagnosis) leftovers(ctx context.Context) {
	containers, err := session.Leftovers(ctx, d.engine, d.facts.Now)
	d.facts.Leftovers = &doctor.Leftovers{Containers: len(containers), Problem: problemOf(err)}
}
