// Command pack compresses a program for embedding: FILE becomes FILE.zst, and
// FILE.sha256 gets the checksum of FILE itself, as sha256sum writes it, for
// whoever unpacks it. The size of FILE stands in the head of FILE.zst.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack FILE")
		os.Exit(2)
	}
	if err := pack(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// pack writes both files under names of their own first, so that what is there
// under the right names is whole.
func pack(path string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.Create(path + ".zst.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	sum, err := compress(out, in, info.Size())
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	line := hex.EncodeToString(sum) + "  " + filepath.Base(path) + "\n"
	if err := os.WriteFile(path+".sha256", []byte(line), 0o600); err != nil {
		return err
	}
	return os.Rename(out.Name(), path+".zst")
}

// compress copies in, which has size bytes, to out, compressed as well as the
// library can, and returns the SHA-256 of what it read. One worker makes the
// result the same on every machine.
func compress(out io.Writer, in io.Reader, size int64) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	w.ResetContentSize(out, size)
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), in); err != nil {
		w.Close()
		return nil, err
	}
	return sum.Sum(nil), w.Close()
}
