package session

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestRecordsAreKeptPerContainer(t *testing.T) {
	r := Records{Dir: filepath.Join(t.TempDir(), "sessions")}
	if rec, err := r.Load("a", "1"); err != nil || rec.Session != "" {
		t.Errorf("none yet: %+v, %v", rec, err)
	}
	start := time.Unix(1000, 0).UTC()
	for _, change := range []func(*Record){
		func(rec *Record) { rec.Kernel = "gVisor" },
		func(rec *Record) { rec.Project, rec.Started = "/p", start },
	} {
		if err := r.Update("a", "1", change); err != nil {
			t.Fatal(err)
		}
	}
	want := Record{Session: "a", Container: "1", Kernel: "gVisor", Project: "/p", Started: start}
	if rec, err := r.Load("a", "1"); err != nil || !reflect.DeepEqual(rec, want) {
		t.Errorf("got %+v, %v", rec, err)
	}
	if rec, err := r.Load("a", "2"); err != nil || !reflect.DeepEqual(rec, Record{}) {
		t.Errorf("another container of that name: %+v, %v", rec, err)
	}
	info, err := os.Stat(filepath.Join(r.Dir, "a.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(r.Dir, "a.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Load("a", "1"); err == nil {
		t.Error("a broken record is no error")
	}
	if err := r.Remove("a"); err != nil {
		t.Error(err)
	}
	if err := r.Remove("a"); err != nil {
		t.Errorf("removed twice: %v", err)
	}
}

func TestSweepTellsOfSessionsThatEndedUnseen(t *testing.T) {
	r := Records{Dir: filepath.Join(t.TempDir(), "sessions")}
	if all, err := r.All(); err != nil || all != nil {
		t.Errorf("no folder: %v, %v", all, err)
	}
	for name, id := range map[string]string{"alive": "1", "gone": "2", "renewed": "3", "held": "4"} {
		if err := r.Update(name, id, func(rec *Record) { rec.Project = "/" + name }); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.Dir, "broken.json"), []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := r.Hold("held")
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.All()
	if err != nil || len(before) != 5 {
		t.Fatalf("all: %+v, %v", before, err)
	}
	live := []Session{{Name: "alive", ID: "1"}, {Name: "renewed", ID: "33"}}
	ended, err := r.Sweep(before, live)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, rec := range ended {
		names = append(names, rec.Session+" "+rec.Project)
	}
	if len(names) != 3 || names[0] != "broken " || names[1] != "gone /gone" || names[2] != "renewed /renewed" {
		t.Errorf("ended: %q", names)
	}
	release()
	if left, err := r.All(); err != nil || len(left) != 2 {
		t.Errorf("left: %+v, %v", left, err)
	}
	if ended, err := r.Sweep(before, live); err != nil || len(ended) < 1 {
		t.Errorf("once nobody holds it: %+v, %v", ended, err)
	}
}

func TestHold(t *testing.T) {
	r := Records{Dir: filepath.Join(t.TempDir(), "sessions")}
	if r.Held("s") {
		t.Error("held by nobody")
	}
	first, err := r.Hold("s")
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Hold("s")
	if err != nil {
		t.Fatal(err)
	}
	first()
	if !r.Held("s") {
		t.Error("the second window still holds it")
	}
	second()
	if r.Held("s") {
		t.Error("held after the end")
	}
}
