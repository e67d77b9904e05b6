package engine

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Stats is what a container takes at one moment.
type Stats struct {
	Read        time.Time
	CPU         time.Duration // since its start, over all CPUs
	MemoryBytes uint64        // without the page cache that can be dropped
	MemoryLimit uint64
	Pids        uint64
}

// Stats measures a running container once.
func (e *Engine) Stats(ctx context.Context, id string) (Stats, error) {
	result, err := e.api.ContainerStats(ctx, id, client.ContainerStatsOptions{})
	if err != nil {
		return Stats{}, e.fail(opStats, short(id), err)
	}
	defer result.Body.Close()
	var raw container.StatsResponse
	if err := json.NewDecoder(result.Body).Decode(&raw); err != nil {
		return Stats{}, e.fail(opStats, short(id), err)
	}
	return Stats{
		Read:        raw.Read,
		CPU:         nanoseconds(raw.CPUStats.CPUUsage.TotalUsage),
		MemoryBytes: usedMemory(raw.MemoryStats),
		MemoryLimit: raw.MemoryStats.Limit,
		Pids:        raw.PidsStats.Current,
	}, nil
}

// usedMemory subtracts the inactive page cache, as `docker stats` does. Its
// name differs between the versions of cgroups.
func usedMemory(m container.MemoryStats) uint64 {
	for _, key := range []string{"total_inactive_file", "inactive_file"} {
		if cache, ok := m.Stats[key]; ok && cache < m.Usage {
			return m.Usage - cache
		}
	}
	return m.Usage
}

// nanoseconds converts without overflow.
func nanoseconds(n uint64) time.Duration {
	if n > math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(n)
}
