package engine

import (
	"context"
	"math"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

// Exit tells how a container ended.
type Exit struct {
	// Code is the exit code of its first process. It means nothing when Err
	// is set.
	Code int
	// OOM is set when the kernel ended it for lack of memory.
	OOM bool
	// Err is set when the end could not be seen.
	Err error
}

// killedCode is the exit code of a process that SIGKILL ended.
const killedCode = 128 + 9

// oomTimeout bounds the question whether a killed container ran out of memory.
const oomTimeout = 2 * time.Second

// Start starts a created container. Errors of KindRuntimeFailed say that the
// runtime could not.
func (e *Engine) Start(ctx context.Context, id string) error {
	_, err := e.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
	return e.fail(opStart, short(id), err)
}

// Wait watches for the next end of a container and returns once the engine is
// watching: call it before Start, or a short-lived container ends unseen. The
// channel gets exactly one value.
func (e *Engine) Wait(ctx context.Context, id string) <-chan Exit {
	out := make(chan Exit, 1)
	waiting := e.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	go func() {
		select {
		case err := <-waiting.Error:
			out <- Exit{Err: e.fail(opWait, short(id), err)}
		case end := <-waiting.Result:
			exit := Exit{Code: int(end.StatusCode)}
			if exit.Code == killedCode {
				exit.OOM = e.ranOutOfMemory(ctx, id)
			}
			out <- exit
		}
	}()
	return out
}

// ranOutOfMemory looks through the engine's recent events for one that says
// so, up to the removal of the container. Inspecting it would be a race with
// that removal.
func (e *Engine) ranOutOfMemory(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, oomTimeout)
	defer cancel()
	filters := make(client.Filters).Add("container", id).
		Add("event", string(events.ActionOOM), string(events.ActionDestroy))
	recent := e.api.Events(ctx, client.EventsListOptions{Since: "0", Filters: filters})
	for {
		select {
		case <-recent.Err: //nolint:errcheck // without events there is no answer
			return false
		case event := <-recent.Messages:
			if event.Action == events.ActionOOM || event.Action == events.ActionDestroy {
				return event.Action == events.ActionOOM
			}
		}
	}
}

// Resize sets the size of a container's terminal in characters.
func (e *Engine) Resize(ctx context.Context, id string, width, height uint) error {
	_, err := e.api.ContainerResize(ctx, id, client.ContainerResizeOptions{Width: width, Height: height})
	return e.fail(opResize, short(id), err)
}

// Stop asks a container to end (SIGTERM) and kills it when grace is over,
// which counts in whole seconds, rounded up. It returns when the container has
// ended. A container that has ended before is no error.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	seconds := int(math.Ceil(max(0, grace.Seconds())))
	_, err := e.api.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &seconds})
	return e.fail(opStop, short(id), err)
}

// Kill sends a signal, such as "SIGHUP", to a container's first process.
func (e *Engine) Kill(ctx context.Context, id, signal string) error {
	_, err := e.api.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: signal})
	return e.fail(opKill, short(id), err)
}

// Remove removes a container with its anonymous volumes, killing it if it
// runs, and returns when it is gone. A container that does not exist is no
// error: that is the state asked for.
func (e *Engine) Remove(ctx context.Context, id string) error {
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if cerrdefs.IsConflict(err) {
		// The engine is removing it already, as it does with one that ended.
		err = e.waitRemoved(ctx, id)
	}
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	return e.fail(opRemove, short(id), err)
}

func (e *Engine) waitRemoved(ctx context.Context, id string) error {
	waiting := e.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	select {
	case err := <-waiting.Error:
		return err
	case <-waiting.Result:
		return nil
	}
}

// short is the form of an id that people know from `docker ps`. Names stay.
func short(id string) string {
	const digits, fullLength = 12, 64
	if len(id) == fullLength {
		return id[:digits]
	}
	return id
}
