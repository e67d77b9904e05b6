package lab

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Down ends the private engine, its containers with it, and takes its bridges,
// packet-filter rules and mounts away. Images, volumes and what the lab has
// built stay for the next Up. No other engine is touched.
func (l *Lab) Down(ctx context.Context) error {
	unlock, err := l.lock(ctx, "engine")
	if err != nil {
		return err
	}
	defer unlock()
	f := l.engineFiles()
	bridges := append([]string{f.bridge}, l.networkBridges(ctx)...)
	if pid := enginePID(f); pid != 0 {
		l.sayf("engine: stopping process %d of %s", pid, l.dir)
		if err := stop(ctx, pid); err != nil {
			return fail("stop the private engine", err, "Its log is "+f.log+".")
		}
	}
	if err := endOrphans(ctx, f); err != nil {
		return fail("clean up after the private engine", err, "")
	}
	if err := unmountBelow(f.data, f.run); err != nil {
		return fail("clean up after the private engine", err, "")
	}
	dropNetwork(ctx, f, bridges)
	if err := os.RemoveAll(f.run); err != nil {
		return fail("clean up after the private engine", err, "")
	}
	return nil
}

// Containers counts the containers that run in the private engine.
func (l *Lab) Containers(ctx context.Context) int {
	if !l.Running(ctx) {
		return 0
	}
	ids, err := l.docker(l.EngineHost(), "container", "ls", "--quiet").output(ctx)
	if err != nil {
		return 0
	}
	return len(strings.Fields(ids))
}

// Wipe ends the private engine and removes all of its data: images,
// containers and volumes. What the lab has built stays.
func (l *Lab) Wipe(ctx context.Context) error {
	if err := l.Down(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(l.engineDir()); err != nil {
		return fail("remove the private engine's data", err, "")
	}
	return nil
}

// networkBridges names the interfaces of the networks that tests have made.
func (l *Lab) networkBridges(ctx context.Context) []string {
	if !answers(ctx, l.EngineHost()) {
		return nil
	}
	ids, err := l.docker(l.EngineHost(), "network", "ls", "--quiet", "--no-trunc", "--filter", "driver=bridge").output(ctx)
	if err != nil {
		return nil
	}
	return bridgesOf(ids)
}

// bridgesOf turns network ids into the names that the engine gives interfaces.
func bridgesOf(ids string) []string {
	var out []string
	for _, id := range strings.Fields(ids) {
		if len(id) >= 12 {
			out = append(out, "br-"+id[:12])
		}
	}
	return out
}

// mountsBelow returns the mount points at or below the folders, the deepest
// first, from the text of /proc/self/mountinfo.
func mountsBelow(mountinfo string, dirs ...string) []string {
	var out []string
	for _, line := range strings.Split(mountinfo, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		point := unescape(fields[4])
		for _, dir := range dirs {
			if point == dir || strings.HasPrefix(point, dir+"/") {
				out = append(out, point)
				break
			}
		}
	}
	slices.Reverse(out)
	return out
}

// unescape undoes the octal escapes that the kernel writes into mountinfo.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

// dropNetwork takes away the interfaces of the private engine and the rules
// that name them. What is gone already is no failure.
func dropNetwork(ctx context.Context, f engineFiles, bridges []string) {
	var ranges []netip.Prefix
	if n, ok := readNetwork(f.network, nil); ok {
		for _, text := range []string{n.Gateway, n.Pool} {
			if p, err := parseRange(text); err == nil {
				ranges = append(ranges, p)
			}
		}
	}
	now := readRules(ctx)
	// An engine that broke off could not be asked for its networks, but their
	// rules are still there.
	bridges = append(bridges, bridgesWithin(now, ranges)...)
	for _, args := range ownRules(now, bridges, ranges) {
		_, _ = command{args: args}.output(ctx)
	}
	for _, bridge := range bridges {
		_ = ip(ctx, "link", "del", bridge)
	}
}
