package app

import (
	"context"

	"dclaude/app/monitor"
)

// sources are what the monitor watches.
func (a *app) sources() monitor.Sources {
	return monitor.Sources{
		Connect: a.engine.connect,
		Explain: a.engine.explain,
		Logins:  a.sys.watchLogin,
		Program: a.sys.program,
	}
}

// watchSocket has the monitor look again when the engine's socket appears.
func (a *app) watchSocket(ctx context.Context) {
	if err := a.engine.watchSocket(ctx, a.monitor.Check); err != nil {
		a.log.Info("an engine that starts is noticed by retries only", "cause", err.Error())
	}
}
