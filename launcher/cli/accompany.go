package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// stayTime is what the end of a relay waits for the session's exit code, and
// an interrupted one for the session's own end.
const stayTime = 10 * time.Second

// live is a session that this process is attached to.
type live struct {
	name      string
	id        string
	user      string // numeric "uid:gid"
	clipboard bool
	stream    *engine.Stream
	exit      <-chan engine.Exit
	redraw    bool
	review    string // the setting
	// listed waits until the project's files were listed; nil if they were
	// before.
	listed func() error
}

// accompany shows a session that was just started until it ends, is left, or
// its window closes.
func (a *app) accompany(ctx context.Context, e *engine.Engine, started *session.Running, s config.Settings, listed func() error) error {
	l := live{
		name:      started.Plan.Session,
		id:        started.ID,
		user:      started.Plan.User(),
		clipboard: s.Clipboard,
		stream:    started.Stream,
		exit:      started.Exit,
		review:    s.Review,
		listed:    listed,
	}
	if !started.Plan.Container.TTY {
		return a.pipe(ctx, e, l)
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), a.discard(ctx, e, l)) // a window that never opened
	}
	observed := a.observeSoon(ctx, e, l)
	err := a.show(ctx, e, l)
	observed()
	return err
}

// show relays between the user's terminal and a session with one.
func (a *app) show(ctx context.Context, e *engine.Engine, l live) (err error) {
	defer a.guard(ctx, e, l)() // the last to speak, on a screen that is restored
	term := tty.NewTerminal(a.sys.In, a.sys.Out)
	in, err := term.Input()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := term.MakeRaw(); err != nil {
		return err
	}
	a.outlived.Store(true)
	defer a.outlived.Store(false)
	defer func() { err = errors.Join(err, term.Restore()) }()

	records := a.records(e)
	record, _ := records.Load(l.name, l.id) // without one the terminal starts plain
	result, err := tty.Relay(ctx, tty.RelayOptions{
		In:        in,
		Out:       term.Output(),
		Conn:      l.stream,
		Window:    term,
		Resize:    func(ctx context.Context, cols, rows uint) error { return e.Resize(ctx, l.id, cols, rows) },
		Redraw:    l.redraw,
		Modes:     record.Modes,
		Clipboard: l.clipboard,
	})
	if err := term.Restore(); err != nil {
		return err
	}
	switch result.End {
	case tty.Ended:
		a.outlived.Store(false)
		return a.ended(ctx, e, l, err)
	case tty.Broken:
		return err
	}
	saveErr := records.Update(l.name, l.id, func(r *session.Record) {
		r.Modes, r.Left = result.Modes, time.Now()
	})
	if result.End != tty.HungUp { // else there is nobody to tell
		a.out.say("left; the session goes on: dclaude attach %s", l.name)
	}
	if l.listed != nil {
		if err := l.listed(); err != nil && ctx.Err() == nil {
			a.warnNotListed(err)
		}
	}
	return saveErr
}

// pipe relays between this process's own streams and a session without a
// terminal, which nobody could attach to again: it ends with this process.
func (a *app) pipe(ctx context.Context, e *engine.Engine, l live) error {
	in, err := tty.NewInput(a.sys.In)
	if err != nil {
		return err
	}
	defer in.Close()
	defer a.watchGateway(ctx, e, l, a.out.warn)()
	stdout, stderr := tty.Output(a.sys.Out), tty.Output(a.sys.Err)
	result, err := tty.Relay(ctx, tty.RelayOptions{
		In:    in,
		Conn:  l.stream,
		Demux: func(io.Reader) error { return l.stream.CopyOutput(stdout, stderr) },
	})
	err = errors.Join(err, stdout.Close(), stderr.Close())
	if result.End == tty.Ended {
		return a.ended(ctx, e, l, err)
	}
	return errors.Join(err, a.discard(ctx, e, l))
}

// discard removes a session that nobody can come back to, and its record, also
// when ctx has ended.
func (a *app) discard(ctx context.Context, e *engine.Engine, l live) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stayTime)
	defer cancel()
	err := errors.Join(e.Remove(ctx, l.id), a.records(e).Remove(l.name))
	a.closeGateway(ctx, e, l.name)
	return err
}

// ended takes the exit code of a session whose output has ended.
func (a *app) ended(ctx context.Context, e *engine.Engine, l live, relayErr error) error {
	select {
	case exit := <-l.exit:
		return errors.Join(relayErr, a.finish(ctx, e, l, exit))
	case <-time.After(stayTime):
		return &hintedError{errors.New("the session's output has ended, but the engine does not say how"), "dclaude ls shows what is left"}
	}
}

func (a *app) finish(ctx context.Context, e *engine.Engine, l live, exit engine.Exit) error {
	a.closeGateway(context.Background(), e, l.name)
	if exit.Err != nil {
		return exit.Err
	}
	a.code = exit.Code
	a.reviewed(ctx, e, l)
	if err := a.records(e).Remove(l.name); err != nil {
		return err
	}
	if exit.OOM {
		return outOfMemory()
	}
	return nil
}

func outOfMemory() error {
	return &hintedError{errors.New("the session ran out of memory and was ended"), "give it more with --memory, or the engine's machine"}
}

// observe looks at the kernel of a session and keeps what it sees.
func (a *app) observe(ctx context.Context, e *engine.Engine, l live) error {
	kernel, err := session.Observe(ctx, e, l.id, l.user)
	if err != nil {
		return err
	}
	return a.records(e).Update(l.name, l.id, func(r *session.Record) { r.Kernel = kernel })
}

// observeDelay keeps the look out of the way of the session's start.
const observeDelay = time.Second

// observeSoon observes in the background, once the session has had time to
// start. The returned function waits for that to end. What cannot be observed,
// as in a session that has ended already, stays unobserved and is shown so.
func (a *app) observeSoon(ctx context.Context, e *engine.Engine, l live) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-time.After(observeDelay):
			_ = a.observe(ctx, e, l)
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// attachCommand and its kin need a terminal of the session's.
func requireTerminal(in, out *os.File, what string) error {
	if isTerminal(in) && isTerminal(out) {
		return nil
	}
	return &hintedError{errors.New(what + " needs a terminal"), "for a script: dclaude FOLDER -- -p \"...\", or dclaude shell NAME -- COMMAND"}
}
