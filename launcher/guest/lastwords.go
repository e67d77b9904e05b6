package guest

import (
	"encoding/json"
	"os"
	"strings"
)

// lastError is what runsc said last in its error log, "" if nothing.
func (n nest) lastError() string {
	b, err := os.ReadFile(n.errorLog())
	if err != nil {
		return ""
	}
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
	b, err := os.ReadFile(n.panicLog())
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		for _, start := range []string{"panic: ", "fatal error: ", "FATAL ERROR: "} {
			if _, after, ok := strings.Cut(line, start); ok {
				return strings.TrimSpace(start + after)
			}
		}
	}
	return ""
}
