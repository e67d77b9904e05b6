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
		Appears: a.watchSocket,
		Logins:  a.watchLogin,
		Program: a.sys.program,
	}
}

// watchSocket tells when the engine's socket appears.
func (a *app) watchSocket(ctx context.Context, appeared func()) {
	if err := a.engine.watchSocket(ctx, appeared); err != nil {
		a.log.Info("an engine that starts is noticed by retries only", "cause", err.Error())
	}
}
