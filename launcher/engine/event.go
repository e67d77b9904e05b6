package engine

import (
	"context"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

// Event is a change of a container.
type Event struct {
	// Action is the engine's word: "create", "start", "die", "destroy", "oom"
	// and others.
	Action string
	ID     string
	Name   string
	Image  string
	// Labels holds the container's labels, and what the engine adds about the
	// event, such as "exitCode".
	Labels map[string]string
	Time   time.Time
}

// Events watches the containers that carry all the labels until ctx ends or
// the engine goes away; then the second channel gets the reason, and both are
// closed.
func (e *Engine) Events(ctx context.Context, labels map[string]string) (<-chan Event, <-chan error) {
	filters := labelFilter(labels).Add("type", string(events.ContainerEventType))
	raw := e.api.Events(ctx, client.EventsListOptions{Filters: filters})
	out, errs := make(chan Event), make(chan error, 1)
	go func() {
		defer close(errs)
		defer close(out)
		for {
			select {
			case err := <-raw.Err:
				errs <- e.fail(opEvents, "", err)
				return
			case m := <-raw.Messages:
				if !carries(m.Actor.Attributes, labels) {
					continue
				}
				select {
				case out <- eventOf(m):
				case <-ctx.Done():
				}
			}
		}
	}()
	return out, errs
}

func eventOf(m events.Message) Event {
	return Event{
		Action: string(m.Action),
		ID:     m.Actor.ID,
		Name:   m.Actor.Attributes["name"],
		Image:  m.Actor.Attributes["image"],
		Labels: m.Actor.Attributes,
		Time:   time.Unix(0, m.TimeNano),
	}
}
