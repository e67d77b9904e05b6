package handoff

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestHomeThereAndBack(t *testing.T) {
	want := []HomeEntry{
		{Path: HomeText, Data: []byte("be nice")},
		{Path: HomeServers, Data: []byte("{}")},
		{Path: ".claude/skills/a/SKILL.md", Data: []byte("x")},
		{Path: ".claude/skills/a/run.sh", Data: []byte("#!/bin/sh"), Executable: true},
		{Path: ".claude/commands/" + strings.Repeat("long/", 40) + "ü\n.md", Data: []byte{}},
	}
	b, err := EncodeHome(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeHome(bytes.NewReader(b))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if b, err := EncodeHome(nil); err != nil || len(b) == 0 {
		t.Errorf("an empty one: %v", err)
	}
}

func TestHomesThatAreRefused(t *testing.T) {
	for _, path := range []string{
		"", "/etc/passwd", "managed-settings.json", "managed-mcp.json", ".claude", ".claude/skills", ".claude/skills/", ".claude/settings.json",
		".claude/../managed-settings.json", ".claude/skills/../../x", ".claude/skills//x", "./CLAUDE.md", "skills/x", ".claude/hooks/x", ".claude/skills/./x",
	} {
		if _, err := EncodeHome([]HomeEntry{{Path: path}}); err == nil {
			t.Errorf("%q was packed", path)
		}
	}
	if _, err := EncodeHome([]HomeEntry{{Path: HomeText}, {Path: HomeText}}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("twice: %v", err)
	}
	large := HomeEntry{Path: ".claude/rules/a", Data: make([]byte, MaxHomeBytes)}
	if _, err := EncodeHome([]HomeEntry{large, {Path: HomeText, Data: []byte("x")}}); err == nil {
		t.Error("too large")
	}
	var many []HomeEntry
	for n := range MaxHomeFiles + 1 {
		many = append(many, HomeEntry{Path: fmt.Sprintf(".claude/rules/%d", n)})
	}
	if _, err := EncodeHome(many); err == nil {
		t.Error("too many")
	}
	for _, kind := range []byte{tar.TypeSymlink, tar.TypeLink, tar.TypeDir, tar.TypeFifo, tar.TypeChar} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Typeflag: kind, Name: HomeText, Linkname: "/etc/shadow"}); err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeHome(&b); err == nil {
			t.Errorf("a file of the kind %q", kind)
		}
	}
}

func TestWithSettings(t *testing.T) {
	for _, tt := range []struct{ managed, users, want string }{
		{"", "", `{}`},
		{`{"a":1}`, "", `{"a":1}`},
		{"", `{"language":"German"}`, `{"language":"German"}`},
		{`{"a":1}`, `{"a":2,"b":3}`, `{"a":1,"b":3}`},
		{`{"hooks":{"Stop":[1]}}`, `{"hooks":{"Stop":[2],"PreToolUse":[3]}}`, `{"hooks":{"PreToolUse":[3],"Stop":[1,2]}}`},
	} {
		got, err := WithSettings(json.RawMessage(tt.managed), json.RawMessage(tt.users))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s with %s: %s, %v", tt.managed, tt.users, got, err)
		}
	}
	for _, bad := range [][2]string{{`[]`, ""}, {"", `7`}, {`{"hooks":{}}`, `{"hooks":[]}`}, {`{"hooks":1}`, `{"hooks":{}}`}} {
		if got, err := WithSettings(json.RawMessage(bad[0]), json.RawMessage(bad[1])); err == nil {
			t.Errorf("%q: %s", bad, got)
		}
	}
}

func FuzzDecodeHome(f *testing.F) {
	b, err := EncodeHome([]HomeEntry{{Path: HomeText, Data: []byte("x")}, {Path: ".claude/skills/a/b", Executable: true}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:600])
	f.Fuzz(func(t *testing.T, in []byte) {
		entries, err := DecodeHome(bytes.NewReader(in))
		if err != nil {
			return
		}
		for _, e := range entries {
			if !homePath(e.Path) {
				t.Errorf("%q", e.Path)
			}
		}
		if _, err := EncodeHome(entries); err != nil {
			t.Errorf("what was unpacked cannot be packed: %v", err)
		}
	})
}
