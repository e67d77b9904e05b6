// Package app is the menu-bar app: it puts together what its packages do, and
// carries out what a click, a notification or a dropped folder asks for. Nearly
// all of that is the dclaude command, in a window of its own or in the
// background, so that there is one way of doing each thing. The tray itself is
// given to Run by the main program, as it needs cgo on macOS.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"dclaude/app/drop"
	"dclaude/app/instance"
	"dclaude/app/loginitem"
	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/app/notify"
	"dclaude/app/recents"
	"dclaude/app/tray"
	"dclaude/app/wake"
)

// version is stamped by the Makefile.
var version = "dev"

// gcPercent has the garbage collector keep the heap small, and settled is when
// the app has started in every respect.
const (
	gcPercent = 40
	settled   = 10 * time.Second
)

// procs is on how many processors it runs at once. Naming a number keeps Go from
// looking every half minute whether the machine's has changed, which was most of
// the wake-ups at rest.
const procs = 2

// Host is the tray that the app is in.
type Host interface {
	// Run shows an icon, calls ready on a goroutine, and returns after Quit, or
	// with the reason why there can be no icon. It owns the main goroutine.
	Run(log *slog.Logger, ready func(tray.Backend)) error
	Quit()
}

// app is the running app. All but what is locked belongs to its loop.
type app struct {
	sys     System
	log     *slog.Logger
	host    Host
	monitor *monitor.Monitor
	recents recents.Store
	login   loginitem.Item
	engine  *engines
	notes   notify.Service
	now     func() time.Time

	settings *settings

	ctx   context.Context // ends with the app
	tasks sync.WaitGroup

	snapshots chan monitor.Snapshot // holds the latest one
	clicks    chan string
	actions   chan menu.Action
	paths     chan []string
	redraw    chan struct{}

	picking     chan struct{} // full while a dialog is open
	recentsLock sync.Mutex
}

// Run runs the app with the arguments of the command line, the program's own
// name left out, and returns the exit code.
func Run(args []string, sys System, host Host) int {
	request, done, err := parse(args, sys)
	if err != nil {
		sys.fail(err)
		return 2
	}
	if done {
		return 0
	}
	first, err := instance.Start(sys.runtimeDir())
	if err != nil {
		sys.fail(err)
		return 1
	}
	if first == nil {
		return handOver(sys, request)
	}
	log, closeLog := sys.openLog()
	defer closeLog()
	return run(sys, host, first, request, log)
}

// handOver gives the folders to the app that runs already.
func handOver(sys System, request instance.Request) int {
	if err := instance.Send(context.Background(), sys.runtimeDir(), request); err != nil {
		sys.fail(err)
		return 1
	}
	if len(request.Paths) == 0 {
		fmt.Fprintln(sys.Err, "dclaude-menubar: it is running already; look for its icon in the bar")
	}
	return 0
}

func run(sys System, host Host, first *instance.First, request instance.Request, log *slog.Logger) int {
	// It holds little and makes little; what starting took is given back once.
	debug.SetGCPercent(gcPercent)
	runtime.GOMAXPROCS(procs)
	defer time.AfterFunc(settled, debug.FreeOSMemory).Stop()
	ctx, cancel := context.WithCancel(context.Background())
	a := newApp(ctx, sys, host, log)
	defer a.tasks.Wait()
	defer cancel()
	log.Info("started", "version", version, "pid", os.Getpid())
	stop := a.endOnSignals()
	defer stop()
	if err := drop.Listen(a.open); err != nil {
		log.Warn("folders that are dropped are not noticed", "cause", err.Error())
	}
	a.tasks.Go(func() { first.Serve(func(r instance.Request) error { a.open(r.Paths); return nil }) })
	defer func() { _ = first.Close() }() // ends Serve
	err := host.Run(log, func(b tray.Backend) {
		a.begin(b)
		a.open(request.Paths)
	})
	if err != nil {
		log.Error("ended", "cause", err.Error())
		sys.fail(err)
		return 1
	}
	log.Info("ended")
	return 0
}

func newApp(ctx context.Context, sys System, host Host, log *slog.Logger) *app {
	settings := newSettings(sys)
	a := &app{
		sys: sys, log: log, host: host, now: time.Now, ctx: ctx,
		settings:  settings,
		engine:    &engines{sys: sys, settings: settings, log: log},
		recents:   recents.Store{Path: sys.recentsFile()},
		login:     sys.loginItem(),
		snapshots: make(chan monitor.Snapshot, 1),
		clicks:    make(chan string, 8),
		actions:   make(chan menu.Action, 8),
		paths:     make(chan []string, 64),
		redraw:    make(chan struct{}, 1),
		picking:   make(chan struct{}, 1),
	}
	a.monitor = monitor.New(a.sources(), time.Now, a.publish)
	return a
}

// endOnSignals has the usual signals end the app as Quit does.
func (a *app) endOnSignals() (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		if _, ok := <-signals; ok {
			a.host.Quit()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

// begin starts everything once there is a tray.
func (a *app) begin(b tray.Backend) {
	if err := drop.Attach(); err != nil {
		a.log.Warn("folders that are dropped on the icon are not noticed", "cause", err.Error())
	}
	if err := wake.Watch(a.ctx, a.monitor.Check); err != nil {
		a.log.Info("sleep is noticed by the clock only", "cause", err.Error())
	}
	notes, err := notify.New(func(action menu.Action) { a.do(action) })
	if err != nil {
		a.log.Warn("there will be no notifications", "cause", err.Error())
	} else {
		a.notes = notes
		context.AfterFunc(a.ctx, notes.Close)
	}
	t := tray.New(b, a.click)
	a.tasks.Go(func() { a.loop(t) })
	a.tasks.Go(func() { a.monitor.Run(a.ctx) })
	a.tasks.Go(func() {
		if err := a.watchSettings(a.ctx); err != nil {
			a.log.Info("changed settings are noticed late", "cause", err.Error())
		}
	})
}

// publish leaves the latest snapshot for the loop.
func (a *app) publish(s monitor.Snapshot) {
	for {
		select {
		case a.snapshots <- s:
			return
		default:
		}
		select {
		case <-a.snapshots: // an older one that nobody has seen
		default:
		}
	}
}

// click, do and open hand over to the loop; what comes when it has ended, or
// faster than anybody can click, is dropped.
func (a *app) click(key string) {
	select {
	case a.clicks <- key:
	default:
	}
}

func (a *app) do(action menu.Action) {
	select {
	case a.actions <- action:
	case <-a.ctx.Done():
	}
}

func (a *app) open(paths []string) {
	if len(paths) == 0 {
		return
	}
	select {
	case a.paths <- paths:
	default:
		a.log.Warn("too many folders at once", "left out", len(paths))
	}
}

// refresh has the menu drawn again with what is not in a snapshot.
func (a *app) refresh() {
	select {
	case a.redraw <- struct{}{}:
	default:
	}
}
