package review

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The bounds of a manifest.
const (
	// MaxEntries is how many entries a manifest has at most.
	MaxEntries = 20_000
	// maxLine bounds an entry as it is written, in bytes.
	maxLine = 64 << 10
	// MaxBytes bounds the whole, as it is written.
	MaxBytes = 12 << 20
)

// Kind is the sort of an entry.
type Kind string

// The kinds of entries.
const (
	File   Kind = "f"
	Folder Kind = "d"
	Link   Kind = "l"
	Fifo   Kind = "p"
	Other  Kind = "o" // a socket or a device
)

// Entry is one thing in a project.
type Entry struct {
	// Path is relative to the project, with slashes.
	Path []byte `json:"path"`
	Kind Kind   `json:"kind"`
	// Mode has the permission bits, and setuid, setgid and sticky as stat(2)
	// has them.
	Mode  uint32 `json:"mode,omitempty"`
	Size  int64  `json:"size,omitempty"`
	MTime int64  `json:"mtime,omitempty"` // ns since 1970
	// CTime is when anything of the entry changed, which no program can set.
	CTime int64 `json:"ctime,omitempty"`
	// Target is what a link points to.
	Target []byte `json:"target,omitempty"`
	// Git is the path below the git folder that the entry is in, if it is in
	// one, and the entry is one that git looks at.
	Git []byte `json:"git,omitempty"`
	// Sum tells contents of risky files apart: the start of a SHA-256.
	Sum string `json:"sum,omitempty"`
	// Runs are the settings of a git configuration that make git run programs.
	Runs []string `json:"runs,omitempty"`
	// Listed says of a folder that what is in it is in the manifest.
	Listed bool `json:"listed,omitempty"`
}

// Manifest is what a project holds, by path.
type Manifest struct {
	Entries map[string]Entry
	// Started is when the session began, or was about to. What has changed since
	// by its CTime is not known as it was.
	Started time.Time
}

// last is the line at the end of a manifest, without which it is torn.
type last struct {
	End     bool `json:"end"`
	Entries int  `json:"entries"`
}

// Writer writes a manifest as lines of JSON.
type Writer struct {
	enc *json.Encoder
	n   int
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{enc: json.NewEncoder(w)} }

// Add writes an entry.
func (w *Writer) Add(e Entry) error {
	w.n++
	return w.enc.Encode(e)
}

// Close writes the end mark.
func (w *Writer) Close() error { return w.enc.Encode(last{End: true, Entries: w.n}) }

// ErrTorn says that a manifest has no end, or not the end that it should have.
var ErrTorn = errors.New("the list of the project's files is not complete")

// Read reads what a Writer wrote. It trusts none of it, and fails rather than
// take more than the bounds.
func Read(r io.Reader) (Manifest, error) {
	m := Manifest{Entries: map[string]Entry{}}
	lines := bufio.NewScanner(io.LimitReader(r, MaxBytes))
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	n := 0
	for lines.Scan() {
		var line struct {
			Entry
			last
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return Manifest{}, fmt.Errorf("%w: line %d", ErrTorn, n+1)
		}
		if line.End {
			if line.Entries != n {
				return Manifest{}, ErrTorn
			}
			return m, nil
		}
		if n++; n > MaxEntries || !sound(line.Entry) {
			return Manifest{}, fmt.Errorf("%w: line %d", ErrTorn, n)
		}
		m.Entries[string(line.Path)] = line.Entry
	}
	if err := lines.Err(); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrTorn, err)
	}
	return Manifest{}, ErrTorn
}

// sound tells whether an entry is one that a Writer's user could have meant.
func sound(e Entry) bool {
	switch e.Kind {
	case File, Folder, Link, Fifo, Other:
		return len(e.Path) > 0 && e.Path[0] != '/'
	}
	return false
}
