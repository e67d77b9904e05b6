package guest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const somePasswd = "root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1000::/home/node:/bin/bash\nclaude:x:501:20::/home/claude:/bin/bash\n"

func TestWithUser(t *testing.T) {
	tests := []struct {
		name     string
		passwd   string
		uid, gid int
		first    string
		keeps    []string
	}{
		{"the image's own ids", somePasswd, 501, 20, "claude:x:501:20:", []string{"root:x:0:0", "node:x:1000:1000"}},
		{"other ids", somePasswd, 1234, 5678, "claude:x:1234:5678:", []string{"root:x:0:0", "node:x:1000:1000"}},
		{"an id that is taken", somePasswd, 1000, 1000, "claude:x:1000:1000:", []string{"node:x:1000:1000"}},
		{"no line end at the end", "root:x:0:0:root:/root:/bin/sh", 7, 7, "claude:x:7:7:", []string{"root:x:0:0:root:/root:/bin/sh\n"}},
		{"empty", "", 7, 7, "claude:x:7:7:", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(withUser([]byte(tt.passwd), tt.uid, tt.gid, "/home/claude"))
			if !strings.HasPrefix(got, tt.first) {
				t.Errorf("got %q, want it to begin with %q", got, tt.first)
			}
			if n := strings.Count("\n"+got, "\nclaude:"); n != 1 {
				t.Errorf("%d lines for claude in %q", n, got)
			}
			for _, keep := range tt.keeps {
				if !strings.Contains(got, keep) {
					t.Errorf("%q lost from %q", keep, got)
				}
			}
		})
	}
}

func TestWithGroup(t *testing.T) {
	const group = "root:x:0:\ndialout:x:20:\n"
	if got := string(withGroup([]byte(group), 20)); got != group {
		t.Errorf("a group that has a name was changed: %q", got)
	}
	if got, want := string(withGroup([]byte(group), 1234)), group+"claude:x:1234:\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(withGroup([]byte("claude:x:5:\n"), 6)), "claude:x:6:\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIDsOf(t *testing.T) {
	if uid, gid, err := idsOf([]byte(somePasswd)); err != nil || uid != 501 || gid != 20 {
		t.Errorf("got %d:%d, %v", uid, gid, err)
	}
	for _, bad := range []string{"", "claude:x:a:b:\n", "claude\n", "root:x:0:0:\n"} {
		if _, _, err := idsOf([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestMakeAccountLeavesRootAlone(t *testing.T) {
	l := layoutBelow(t.TempDir())
	if err := os.MkdirAll(l.etc, 0o755); err != nil {
		t.Fatal(err)
	}
	passwd := filepath.Join(l.etc, "passwd")
	for name, content := range map[string]string{"passwd": somePasswd, "group": "root:x:0:\n"} {
		if err := os.WriteFile(filepath.Join(l.etc, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := makeAccount(l, 0, 0); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(passwd); string(got) != somePasswd {
		t.Errorf("passwd was changed for root: %q", got)
	}
	if err := makeAccount(l, 77, 88); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(passwd); !strings.HasPrefix(string(got), "claude:x:77:88:") {
		t.Errorf("passwd has no user 77: %q", got)
	}
	os.Remove(passwd)
	if err := makeAccount(l, 77, 88); err == nil {
		t.Error("no error without a passwd file")
	}
}
