package session

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Windows on one session and the menu update its record at the same time;
// none of their changes is lost, and no half-written file is ever read.
func TestRecordIsUpdatedByOneAtATime(t *testing.T) {
	r := Records{Dir: filepath.Join(t.TempDir(), "sessions")}
	const writers = 40
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			if err := r.Update("s", "id", func(rec *Record) { rec.Modes += "x" }); err != nil {
				t.Error(err)
			}
			if rec, err := r.Load("s", "id"); err != nil || rec.Modes == "" {
				t.Errorf("read %+v, %v", rec, err)
			}
		})
	}
	all.Wait()
	if rec, err := r.Load("s", "id"); err != nil || len(rec.Modes) != writers {
		t.Errorf("%d of %d changes are there: %v", len(rec.Modes), writers, err)
	}
	left, err := filepath.Glob(filepath.Join(r.Dir, ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRecordThatIsBroken(t *testing.T) {
	r := Records{Dir: t.TempDir()}
	for _, content := range []string{"", "{", "[]", `{"container":7}`} {
		if err := os.WriteFile(r.path("s"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if rec, err := r.Load("s", "id"); err == nil || rec != (Record{}) {
			t.Errorf("%q: read %+v", content, rec)
		}
	}
	if err := r.Remove("s"); err != nil {
		t.Error(err)
	}
}

func TestRecordInAFolderThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := Records{Dir: filepath.Join(file, "sessions")}
	if err := r.Update("s", "id", func(*Record) {}); err == nil {
		t.Error("updated")
	}
}
