package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestPack(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": nil,
		"text":  bytes.Repeat([]byte("the same again and again\n"), 100_000),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := pack(path); err != nil {
			t.Fatal(err)
		}
		packed, err := os.Open(path + ".zst")
		if err != nil {
			t.Fatal(err)
		}
		defer packed.Close()
		r, err := zstd.NewReader(packed)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var head zstd.Header
		if b, err := os.ReadFile(path + ".zst"); err != nil || head.Decode(b) != nil || head.FrameContentSize != uint64(len(content)) {
			t.Errorf("%s: the head says %+v, %v", name, head, err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes back of %d, %v", name, len(got), len(content), err)
		}
		sum, err := os.ReadFile(path + ".sha256")
		if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(content), name); err != nil || string(sum) != want {
			t.Errorf("%s: checksum %q, %v, want %q", name, sum, err, want)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 3 {
			t.Errorf("%s: left behind: %v, %v", name, entries, err)
		}
	}
}

func TestPackIsTheSameEachTime(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if _, err := compress(out, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two runs differ")
	}
}

func TestPackSaysWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing")
	if err := pack(path); err == nil {
		t.Error("no error")
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
