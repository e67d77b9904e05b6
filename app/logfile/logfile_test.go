package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "app.log")
	l, err := Open(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 100 {
				if _, err := fmt.Fprintf(l, "line %02d of %d\n", n, g); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	for _, name := range []string{path, path + ".old"} {
		b, err := os.ReadFile(name)
		if err != nil || len(b) > 1000 || len(b) == 0 || len(b)%13 != 0 && bytes.Count(b, []byte("\n"))*13 != len(b) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
	if _, err := l.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	l, err = Open(path, 1000) // goes on where it was
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before, _ := os.Stat(path)
	fmt.Fprint(l, "x\n")
	if after, _ := os.Stat(path); after.Size() != before.Size()+2 {
		t.Errorf("%d bytes after %d", after.Size(), before.Size())
	}
}

func TestLineLargerThanTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	l, err := Open(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 3 {
		if n, err := l.Write(bytes.Repeat([]byte("y"), 100)); n != 100 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}
