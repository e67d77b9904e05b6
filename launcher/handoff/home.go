package handoff

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ManagedDir is where Claude Code looks for what the session cannot change.
// Where something in the session's own state has the same name, that which is
// here counts (seen with 2.1.331, and by test/e2e's TestClaudeHome since).
const ManagedDir = "/etc/claude-code"

// The two files at the top of a home: the user's instructions, and MCP servers.
const (
	HomeText    = "CLAUDE.md"
	HomeServers = "mcp.json"
)

// HomeDirs are the folders that a home can have besides.
func HomeDirs() []string { return []string{"agents", "commands", "output-styles", "rules", "skills"} }

// HomeDir is where one of HomeDirs lies below ManagedDir.
func HomeDir(name string) string { return ".claude/" + name }

// The bounds of a home.
const (
	MaxHomeFiles = 4000
	MaxHomeBytes = 16 << 20
	// maxArchive is what a home of that size takes at most: each file has up to
	// three headers and is filled up to a whole block.
	maxArchive = MaxHomeBytes + (MaxHomeFiles+1)*4*512
)

// HomeEntry is a file of a home.
type HomeEntry struct {
	// Path is below ManagedDir, with slashes.
	Path       string
	Executable bool
	Data       []byte
}

// EncodeHome returns an archive as DecodeHome reads it.
func EncodeHome(entries []HomeEntry) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.Path, Size: int64(len(e.Data)), Mode: 0o444, Format: tar.FormatPAX}
		if e.Executable {
			h.Mode = 0o555
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pack %q: %w", e.Path, err)
		}
		if _, err := w.Write(e.Data); err != nil {
			return nil, fmt.Errorf("pack %q: %w", e.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if _, err := DecodeHome(bytes.NewReader(b.Bytes())); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// DecodeHome reads an archive of regular files whose paths stay where a home
// has its files, each once, within the bounds. Anything else is an error.
func DecodeHome(r io.Reader) ([]HomeEntry, error) {
	var entries []HomeEntry
	seen := map[string]bool{}
	left := int64(MaxHomeBytes)
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the user's Claude home: %w", err)
		}
		switch {
		case h.Typeflag != tar.TypeReg || !homePath(h.Name):
			return nil, fmt.Errorf("the user's Claude home has no place for %q", h.Name)
		case seen[h.Name]:
			return nil, fmt.Errorf("the user's Claude home has %q twice", h.Name)
		case h.Size > left || len(entries) == MaxHomeFiles:
			return nil, fmt.Errorf("the user's Claude home is over %d MiB, or has over %d files", MaxHomeBytes>>20, MaxHomeFiles)
		}
		data, err := io.ReadAll(io.LimitReader(archive, left))
		if err != nil {
			return nil, fmt.Errorf("the user's Claude home: %w", err)
		}
		left -= int64(len(data))
		seen[h.Name] = true
		entries = append(entries, HomeEntry{Path: h.Name, Executable: h.Mode&0o111 != 0, Data: data})
	}
}

func homePath(name string) bool {
	if name == HomeText || name == HomeServers {
		return true
	}
	dir, rest, _ := strings.Cut(strings.TrimPrefix(name, ".claude/"), "/")
	return fs.ValidPath(name) && path.Clean(name) == name && strings.HasPrefix(name, ".claude/") && rest != "" && slices.Contains(HomeDirs(), dir)
}

// WithSettings adds settings of the user's to managed ones, either of which may
// be empty. What is managed already stays: of hooks, both run.
func WithSettings(managed, users json.RawMessage) (json.RawMessage, error) {
	have, err := objectOf(managed)
	if err != nil {
		return nil, err
	}
	add, err := objectOf(users)
	if err != nil {
		return nil, err
	}
	for key, value := range add {
		if have[key] == nil {
			have[key] = value
			continue
		}
		if key == "hooks" {
			if have[key], err = withHooks(have[key], value); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(have)
}

func objectOf(raw json.RawMessage) (map[string]json.RawMessage, error) {
	m := map[string]json.RawMessage{}
	if len(raw) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("managed settings: %w", err)
	}
	return m, nil
}

func withHooks(have, add json.RawMessage) (json.RawMessage, error) {
	var a, b map[string][]json.RawMessage
	if err := errors.Join(json.Unmarshal(have, &a), json.Unmarshal(add, &b)); err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	for event, hooks := range b {
		a[event] = append(a[event], hooks...)
	}
	return json.Marshal(a)
}
