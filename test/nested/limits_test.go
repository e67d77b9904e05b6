package nested

import (
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/seccomp"
)

// What the container may have, all of the sandbox together may have; who goes
// beyond it is told so.
func TestMemoryLimit(t *testing.T) {
	limit := []string{"--memory", "400m", "--memory-swap", "400m"}
	// The session's own command: the kernel ends it, or gVisor as a whole.
	s := create(t, options{docker: limit}, "node", "-e", "const a = []; for (;;) a.push(Buffer.alloc(1 << 24, 1))")
	r := s.run(nil)
	if r.code != 125 && r.code != 137 {
		t.Errorf("exit code %d", r.code)
	}
	contains(t, "message", r.err, "used up the memory", "--memory")
	// A file system in memory is bounded below that: writing fails, and the
	// session goes on.
	s = create(t, options{docker: limit}, "sh", "-c", "head -c 300m /dev/zero >/tmp/big && echo fits; rm /tmp/big; echo goes on")
	r = s.run(nil)
	if r.code != 0 || strings.Contains(r.out, "fits") || !strings.Contains(r.out, "goes on") {
		t.Errorf("a large file: %+v", r)
	}
}

// A fork bomb gets errors, and the session goes on.
func TestProcessLimit(t *testing.T) {
	s := create(t, options{docker: []string{"--pids-limit", "300"}}, "sleep", "1000").start()
	r := s.exec(nil, "sh", "-c", "for i in $(seq 400); do sleep 1000 & done; echo made 400")
	if strings.Contains(r.out, "made 400") {
		t.Errorf("400 processes with a limit of 300: %+v", r)
	}
	contains(t, "errors", r.err, "Cannot fork")
	if !s.running() {
		t.Error("the session did not survive")
	}
}

func TestProcessorLimit(t *testing.T) {
	s := create(t, options{docker: []string{"--cpus", "0.5"}}, "sleep", "1000").start()
	before := s.throttled()
	s.shell("timeout 2 sh -c 'while :; do :; done' & timeout 2 sh -c 'while :; do :; done'; wait")
	if after := s.throttled(); after <= before {
		t.Errorf("throttled %d times before two busy loops, %d after", before, after)
	}
}

// throttled counts how often the kernel made the container wait, version 2 of
// control groups or 1.
func (s *session) throttled() (n int) {
	for line := range strings.Lines(s.outside("cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu/cpu.stat 2>/dev/null")) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "nr_throttled "); ok {
			for _, digit := range value {
				n = 10*n + int(digit-'0')
			}
		}
	}
	return n
}

// Each call that the profile adds is needed: without any one, no session
// starts, and it says why. With all, this same session does.
func TestSmallerSeccompProfile(t *testing.T) {
	added := seccomp.Added()
	for i, left := range added {
		t.Run(left.Call, func(t *testing.T) {
			text, err := seccomp.With(slices.Delete(slices.Clone(added), i, i+1))
			must(t, err)
			r := create(t, options{seccomp: text}, "true").run(nil)
			if r.code != 125 {
				t.Errorf("a session without %q (%s): %+v", left.Call, left.Reason, r)
			}
			contains(t, "message", r.err, "dclaude: error: in the container: ")
		})
	}
	if r := create(t, options{}, "true").run(nil); r.code != 0 {
		t.Errorf("with all of them: %+v", r)
	}
}

// The same for capabilities.
func TestFewerCapabilities(t *testing.T) {
	for _, left := range capabilities {
		r := create(t, options{drop: left}, "true").run(nil)
		if r.code == 0 {
			t.Errorf("a session without %s works, so that it is not needed", left)
		}
	}
}
