package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"dclaude/launcher/handoff"
)

const (
	// credentialsFile is Claude Code's own, in the state volume.
	credentialsFile = ".credentials.json"
	// apiKeyFile is in the user's runtime folder, which goes with the session.
	apiKeyFile = "dclaude-api-key"
)

// runtimeDir is the XDG_RUNTIME_DIR of a user.
func (l layout) runtimeDir(uid int) string { return filepath.Join(l.runtime, strconv.Itoa(uid)) }

// placeLogin puts the login of a handoff where Claude Code looks for it.
func placeLogin(l layout, h handoff.Handoff) error {
	if h.APIKey != "" {
		return placeAPIKey(l, h.APIKey)
	}
	if h.Credentials == "" {
		return nil
	}
	root, err := os.OpenRoot(l.state)
	if err != nil {
		return err
	}
	defer root.Close()
	if h.KeepCredentials {
		if info, err := root.Lstat(credentialsFile); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			return nil
		}
	}
	return replaceFile(root, credentialsFile, []byte(h.Credentials))
}

// placeAPIKey keeps a key for printAPIKey. A login without a refresh token,
// which an earlier launch left in the volume, goes: Claude Code would warn that
// there are two.
func placeAPIKey(l layout, key handoff.Secret) error {
	root, err := os.OpenRoot(l.runtimeDir(os.Getuid()))
	if err != nil {
		return err
	}
	defer root.Close()
	if err := replaceFile(root, apiKeyFile, []byte(key)); err != nil {
		return err
	}
	return dropBorrowedLogin(l)
}

func dropBorrowedLogin(l layout) error {
	root, err := os.OpenRoot(l.state)
	if err != nil {
		return err
	}
	defer root.Close()
	b, err := readFile(root, credentialsFile)
	if err != nil {
		return nil // none, or none that anybody could read
	}
	var have struct {
		OAuth struct {
			Refresh json.RawMessage `json:"refreshToken"`
		} `json:"claudeAiOauth"`
	}
	if json.Unmarshal(b, &have) != nil || len(have.OAuth.Refresh) > 0 {
		return nil // a login of the session's own
	}
	return root.Remove(credentialsFile)
}

// inject replaces the login of a running session by one that arrives on the
// standard input. It runs as the session's user, in the session's sandbox:
// what it writes to is hostile. What is there already is not written again.
func inject(l layout, in io.Reader) error {
	login, err := handoff.ReadLogin(in)
	if err != nil {
		return err
	}
	if login.APIKey != "" {
		return placeAPIKey(l, login.APIKey)
	}
	root, err := os.OpenRoot(l.state)
	if err != nil {
		return err
	}
	defer root.Close()
	content := []byte(login.Credentials)
	if info, err := root.Lstat(credentialsFile); err == nil && info.Mode() == 0o600 && info.Size() == int64(len(content)) {
		if have, err := readFile(root, credentialsFile); err == nil && bytes.Equal(have, content) {
			return nil
		}
	}
	return replaceFile(root, credentialsFile, content)
}

// printAPIKey is the session's apiKeyHelper.
func printAPIKey(l layout, w io.Writer) error {
	root, err := os.OpenRoot(l.runtimeDir(os.Getuid()))
	if err != nil {
		return err
	}
	defer root.Close()
	key, err := readFile(root, apiKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("this session has no API key")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", bytes.TrimSpace(key))
	return err
}
