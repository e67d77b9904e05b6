package grants

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"dclaude/launcher/egress"
)

func change(op egress.Op, rules ...string) egress.Change {
	return egress.Change{Op: op, Rules: rules}
}

func TestStore(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "new", FileName)}
	if f, err := s.Load(); err != nil || !reflect.DeepEqual(f, File{}) {
		t.Fatalf("none: %+v, %v", f, err)
	}
	for _, step := range []struct {
		project string
		change  egress.Change
	}{
		{"", change(egress.OpAllow, "A.example", "b.example")},
		{"", change(egress.OpDeny, "b.example", "bad.example")},
		{"/p", change(egress.OpAllow, "bad.example", "p.example")},
		{"/p", change(egress.OpDeny, "a.example")},
		{"/q", change(egress.OpAllow, "q.example:8443")},
	} {
		if err := s.Change(step.project, step.change); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	for project, want := range map[string]Rules{
		"/p":     {Allow: []string{"bad.example", "p.example"}, Deny: []string{"b.example", "a.example"}},
		"/q":     {Allow: []string{"a.example", "q.example:8443"}, Deny: []string{"b.example", "bad.example"}},
		"/other": {Allow: []string{"a.example"}, Deny: []string{"b.example", "bad.example"}},
	} {
		if got := f.For(project); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", project, got)
		}
	}
	info, err := os.Stat(s.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), FileName)}
	for _, c := range []egress.Change{change(egress.OpAllow, "**"), change(egress.OpOnce, "a.example")} {
		if err := s.Change("", c); err == nil {
			t.Errorf("%+v is kept", c)
		}
	}
	for _, text := range []string{"{", `{"always":{"deny":["**"]}}`, `{"projects":{"/p":{"allow":["http://x"]}}}`} {
		if err := os.WriteFile(s.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), s.Path) {
			t.Errorf("%s: %v", text, err)
		}
		if err := s.Change("", change(egress.OpAllow, "a.example")); err == nil {
			t.Errorf("%s is overwritten", text)
		}
	}
}

func TestChangesAtTheSameTime(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), FileName)}
	var all sync.WaitGroup
	for _, name := range strings.Fields("a b c d e f g h") {
		all.Go(func() {
			if err := s.Change("", change(egress.OpAllow, name+".example")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if f, err := s.Load(); err != nil || len(f.Always.Allow) != 8 {
		t.Errorf("%+v, %v", f, err)
	}
}
