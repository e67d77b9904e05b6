package guest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// userName is the name of the session's user in the container.
const userName = "claude"

// withUser returns a passwd file in which userName has the given ids and home,
// so that programs which look up their own user find one. Another account
// with the same id is left: look-ups take the first line, so ours goes first.
func withUser(passwd []byte, uid, gid int, home string) []byte {
	own := fmt.Sprintf("%s:x:%d:%d:DClaude session:%s:/bin/bash\n", userName, uid, gid, home)
	return append([]byte(own), withoutEntry(passwd, userName)...)
}

// withGroup returns a group file in which gid has a name. An existing group
// of that id keeps its name (20 is dialout on Debian).
func withGroup(group []byte, gid int) []byte {
	for line := range strings.Lines(string(group)) {
		if f := strings.Split(line, ":"); len(f) >= 3 && f[2] == strconv.Itoa(gid) {
			return group
		}
	}
	rest := withoutEntry(group, userName)
	return append(rest, fmt.Sprintf("%s:x:%d:\n", userName, gid)...)
}

func withoutEntry(file []byte, name string) []byte {
	var kept bytes.Buffer
	for line := range bytes.Lines(file) {
		if bytes.HasPrefix(line, []byte(name+":")) {
			continue
		}
		kept.Write(line)
		if !bytes.HasSuffix(line, []byte("\n")) {
			kept.WriteByte('\n')
		}
	}
	return kept.Bytes()
}

// idsOf finds the ids of userName, as the image was built with them.
func idsOf(passwd []byte) (uid, gid int, err error) {
	for line := range strings.Lines(string(passwd)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(f) < 4 || f[0] != userName {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if err1 == nil && err2 == nil {
			return uid, gid, nil
		}
	}
	return 0, 0, fmt.Errorf("the image has no user %q", userName)
}

// makeAccount gives uid and gid a name in the container. Root needs none: a
// second name for id 0 would only confuse.
func makeAccount(l layout, uid, gid int) error {
	if uid != 0 {
		err := edit(filepath.Join(l.etc, "passwd"), func(b []byte) []byte { return withUser(b, uid, gid, l.home) })
		if err != nil {
			return err
		}
	}
	return edit(filepath.Join(l.etc, "group"), func(b []byte) []byte { return withGroup(b, gid) })
}

// edit rewrites a root-owned file of the image when the change matters.
func edit(path string, change func([]byte) []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed := change(old)
	if bytes.Equal(old, changed) {
		return nil
	}
	return os.WriteFile(path, changed, 0o644)
}
