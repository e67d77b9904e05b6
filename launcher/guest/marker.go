package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// leaveMarker records that this container's session runs inside a gVisor of our
// own, and as whom, for commands that the engine starts beside it. It is there
// all at once or not at all.
func (n nest) leaveMarker(who identity) error {
	b, err := json.Marshal(who)
	if err != nil {
		return err
	}
	next := filepath.Join(n.dir, filepath.Base(n.marker))
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, n.marker)
}

// findMarker says whether this process stands outside of a nested session.
// Only root's word counts. Inside, and in a session that is not nested, there
// is no marker and nobody but root could make one.
func (n nest) findMarker() (who identity, nested bool, err error) {
	f, err := os.OpenFile(n.marker, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return identity{}, false, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return identity{}, false, errors.New("this session is inside gVisor; start the command as user 0:0 of the container, it does not stay root")
	}
	if err != nil {
		return identity{}, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return identity{}, false, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != n.owner || !info.Mode().IsRegular() {
		return identity{}, false, fmt.Errorf("%s is not root's", n.marker)
	}
	if err := json.NewDecoder(f).Decode(&who); err != nil {
		return identity{}, false, fmt.Errorf("%s: %w", n.marker, err)
	}
	return who, true, nil
}
