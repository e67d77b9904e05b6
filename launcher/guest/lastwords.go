package guest

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"syscall"
)

// maxLog bounds what is read of a log, in bytes.
const maxLog = 1 << 20

// readLog reads a log of gVisor's, nil if there is none. The folder belongs to
// the sandbox's id, and a gVisor that was broken out of could have left
// anything there.
func readLog(path string) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxLog))
	if err != nil {
		return nil
	}
	return b
}

// lastError is what runsc said last in its error log, "" if nothing.
func (n nest) lastError() string {
	b := readLog(n.errorLog())
	last := ""
	for dec := json.NewDecoder(strings.NewReader(string(b))); ; {
		var line struct{ Level, Msg string }
		if dec.Decode(&line) != nil {
			return last
		}
		if line.Level == "error" {
			last = line.Msg
		}
	}
}

// panicked is the first line of gVisor's last words, "" if there are none.
func (n nest) panicked() string {
	b := readLog(n.panicLog())
	for line := range strings.Lines(string(b)) {
		for _, start := range []string{"panic: ", "fatal error: ", "FATAL ERROR: "} {
			if _, after, ok := strings.Cut(line, start); ok {
				return strings.TrimSpace(start + after)
			}
		}
	}
	return ""
}
