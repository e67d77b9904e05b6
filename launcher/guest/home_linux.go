package guest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"dclaude/launcher/handoff"
)

// placeHome lays out, in a folder of root's that is new with this container,
// what the user has set up for Claude on the host.
func placeHome(dir string, archive []byte) error {
	entries, err := handoff.DecodeHome(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := placeEntry(filepath.Join(dir, filepath.FromSlash(e.Path)), e); err != nil {
			return err
		}
	}
	return nil
}

func placeEntry(path string, e handoff.HomeEntry) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := writeNew(path, string(e.Data)); err != nil {
		return err
	}
	if e.Executable {
		return os.Chmod(path, 0o555)
	}
	return nil
}

// hasManaged says whether a session gets what it cannot change.
func hasManaged(h handoff.Handoff) bool { return len(h.ManagedSettings) > 0 || h.Home != nil }

// placeManaged puts that into dir, which the session will see as
// handoff.ManagedDir.
func placeManaged(l layout, dir string, h handoff.Handoff) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write managed settings: %w", err)
	}
	if len(h.ManagedSettings) > 0 {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(l.managed)), h.ManagedSettings, 0o644); err != nil {
			return fmt.Errorf("write managed settings: %w", err)
		}
	}
	if h.Home != nil {
		if err := placeHome(dir, h.Home); err != nil {
			return fmt.Errorf("lay out the user's Claude home: %w", err)
		}
	}
	return nil
}
