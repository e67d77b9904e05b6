package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Approvals are kept in a folder of the user's that no session sees, one
// private file for each project.
type Approvals struct{ Dir string }

// Approval is what the user has accepted of a project.
type Approval struct {
	Project string `json:"project"`
	// SHA256 is of the content, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Content is kept for the next diff.
	Content []byte `json:"content"`
}

func (a Approvals) path(project string) string {
	return filepath.Join(a.Dir, sum([]byte(project))[:32]+".json")
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Load returns what was approved for a project; false if nothing was. A damaged
// approval is an error and no approval.
func (a Approvals) Load(project string) (Approval, bool, error) {
	b, err := os.ReadFile(a.path(project))
	if errors.Is(err, fs.ErrNotExist) {
		return Approval{}, false, nil
	}
	if err != nil {
		return Approval{}, false, err
	}
	var ap Approval
	if err := json.Unmarshal(b, &ap); err != nil || ap.Project != project || ap.SHA256 != sum(ap.Content) {
		return Approval{}, false, fmt.Errorf("the approval in %s is damaged", a.path(project))
	}
	return ap, true, nil
}

// Covers tells whether exactly this content of the project's file was approved.
func (a Approvals) Covers(project string, content []byte) (bool, error) {
	ap, ok, err := a.Load(project)
	return ok && ap.SHA256 == sum(content), err
}

// Approve remembers that the user accepts this content, and no other.
func (a Approvals) Approve(project string, content []byte) (err error) {
	b, err := json.Marshal(Approval{Project: project, SHA256: sum(content), Content: content})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(a.Dir, ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), a.path(project))
}

// Revoke forgets what was approved for a project, and tells whether anything
// was.
func (a Approvals) Revoke(project string) (bool, error) {
	err := os.Remove(a.path(project))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
