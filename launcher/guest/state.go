package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"dclaude/launcher/handoff"
)

// maxStateFile bounds what is read of a file in the state volume, in bytes.
// Claude's own .claude.json holds every project's history and can grow.
const maxStateFile = 32 << 20

// prepareState brings the state volume to where Claude starts at its prompt:
// credentials as the handoff wants them, and the flags that keep welcome,
// trust and permission screens away (FACTS 4). Everything in the volume may
// have been written by a hostile session: it is opened below the volume only,
// never through a link, never blocking, and never more of it than a limit.
// What cannot be done is returned as warnings; the session starts anyway.
func prepareState(l layout, h handoff.Handoff) (warnings []error) {
	root, err := os.OpenRoot(l.state)
	if err != nil {
		return []error{fmt.Errorf("the state volume cannot be used: %w", err)}
	}
	defer root.Close()
	warn := func(what string, err error) {
		if err != nil {
			warnings = append(warnings, fmt.Errorf("%s: %w", what, err))
		}
	}
	warn("credentials", placeLogin(l, h))
	warn(".claude.json", mergeFile(root, ".claude.json", withPrompts))
	if h.SkipPrompts {
		warn("settings.json", mergeFile(root, "settings.json", withSkipConsent))
	}
	return warnings
}

// object is a JSON object of which only a few members concern us. The others
// stay as they were written, to the byte.
type object = map[string]json.RawMessage

// withPrompts marks the first-run screens as seen and /workspace as trusted.
func withPrompts(m object) (object, error) {
	set(m, "hasCompletedOnboarding", true)
	projects, err := child(m, "projects")
	if err != nil {
		return nil, err
	}
	workspace, err := child(projects, "/workspace")
	if err != nil {
		return nil, err
	}
	set(workspace, "hasTrustDialogAccepted", true)
	set(projects, "/workspace", workspace)
	set(m, "projects", projects)
	return m, nil
}

func withSkipConsent(m object) (object, error) {
	set(m, "skipDangerousModePermissionPrompt", true)
	return m, nil
}

func set(m object, key string, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("guest: %q cannot be encoded: %v", key, err)) // values are ours: bools, strings, objects
	}
	m[key] = b
}

func child(m object, key string) (object, error) {
	sub := object{}
	raw, ok := m[key]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return sub, nil
	}
	if err := json.Unmarshal(raw, &sub); err != nil {
		return nil, fmt.Errorf("%q is not an object; left as it is", key)
	}
	return sub, nil
}

// mergeFile applies change to the object in a file, which need not exist. A
// file that is not an object is left alone: it may be all the user has.
func mergeFile(root *os.Root, name string, change func(object) (object, error)) error {
	old, err := readFile(root, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	m := object{}
	if len(bytes.TrimSpace(old)) > 0 {
		if err := json.Unmarshal(old, &m); err != nil || m == nil {
			return errors.New("not a JSON object; left as it is")
		}
	}
	before, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if m, err = change(m); err != nil {
		return err
	}
	after, err := json.Marshal(m)
	if err != nil || (bytes.Equal(before, after) && len(old) > 0) {
		return err
	}
	return replaceFile(root, name, after)
}

// readFile reads a regular file below root. O_NONBLOCK keeps a fifo that a
// session left there from holding up the next one.
func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a %s, not a file", name, info.Mode().Type())
	}
	b, err := io.ReadAll(io.LimitReader(f, maxStateFile+1))
	if err == nil && len(b) > maxStateFile {
		err = fmt.Errorf("%s is over %d MiB", name, maxStateFile>>20)
	}
	return b, err
}

// replaceFile puts content at name by writing a new file beside it (mode 0600)
// and renaming it, so that a reader sees the old one or the new one, and a link
// at name is replaced, not followed. A folder in the way is moved aside.
func replaceFile(root *os.Root, name string, content []byte) (err error) {
	temp := name + ".dclaude-" + randomSuffix()
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(temp)
		}
	}()
	if _, err = f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	err = root.Rename(temp, name)
	if err == nil {
		return nil
	}
	if info, statErr := root.Lstat(name); statErr != nil || !info.IsDir() {
		return err
	}
	if err = root.Rename(name, name+".moved-"+randomSuffix()); err != nil {
		return err
	}
	return root.Rename(temp, name)
}
