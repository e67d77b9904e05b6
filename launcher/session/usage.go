package session

import (
	"context"
	"sync"
	"time"

	"dclaude/launcher/engine"
)

// Measurer is what measuring needs of an engine.
type Measurer interface {
	Stats(ctx context.Context, id string) (engine.Stats, error)
}

// Usage is what a session takes.
type Usage struct {
	// CPUPercent is of one processor: 200 is two that are busy.
	CPUPercent  float64 `json:"cpuPercent"`
	MemoryBytes uint64  `json:"memoryBytes"`
	Pids        uint64  `json:"pids,omitempty"`
}

// Measure fills in the usage of the running sessions: all at the same time,
// each over one interval. A session that cannot be measured, as one that has
// just ended, stays without.
func Measure(ctx context.Context, e Measurer, sessions []Session, interval time.Duration) {
	var all sync.WaitGroup
	for i := range sessions {
		if sessions[i].Running() {
			all.Go(func() { sessions[i].Usage = measure(ctx, e, sessions[i].ID, interval) })
		}
	}
	all.Wait()
}

func measure(ctx context.Context, e Measurer, id string, interval time.Duration) *Usage {
	first, err := e.Stats(ctx, id)
	if err != nil {
		return nil
	}
	select {
	case <-time.After(interval):
	case <-ctx.Done():
		return nil
	}
	second, err := e.Stats(ctx, id)
	if err != nil {
		return nil
	}
	return usageOf(first, second)
}

// usageOf compares two samples.
func usageOf(first, second engine.Stats) *Usage {
	u := &Usage{MemoryBytes: second.MemoryBytes, Pids: second.Pids}
	if passed := second.Read.Sub(first.Read); passed > 0 && second.CPU > first.CPU {
		u.CPUPercent = 100 * float64(second.CPU-first.CPU) / float64(passed)
	}
	return u
}
