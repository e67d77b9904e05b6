package guest

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"dclaude/launcher/gitconfig"
	"dclaude/launcher/review"
)

// The bounds of what is read of risky files, in bytes.
const (
	maxRiskyFile = 1 << 20
	maxRiskyAll  = 32 << 20
	maxGitConfig = 256 << 10
)

// printManifest writes what the project holds (package review). It runs in a
// sandbox that has only the project, to read, and gives up what privileges it
// has before it looks.
func printManifest(l layout, w io.Writer) int {
	if hasPrivileges() {
		return fail(os.Stderr, exitFailure, become(os.Getuid(), os.Getgid(), []string{"manifest"}))
	}
	out := bufio.NewWriterSize(w, 64<<10)
	err := writeManifest(l.workspace, out, review.MaxEntries)
	if err = errors.Join(err, out.Flush()); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	return 0
}

// inventory walks a project. Where there is more than it may list, what matters
// most comes first: folders that programs obey, then the others from the top
// down, and last what tools have made or fetched.
type inventory struct {
	root  *os.Root
	out   *review.Writer
	left  int // entries that may still be listed
	read  int64
	queue [3][]place
}

// place is a folder that waits to be listed.
type place struct {
	entry review.Entry
	git   string // the path below the git folder that it is in, "." for one itself; "" outside
}

func writeManifest(dir string, w io.Writer, limit int) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the project: %w", err)
	}
	defer root.Close()
	v := &inventory{root: root, out: review.NewWriter(w), left: limit - 1}
	v.queue[1] = []place{{entry: review.Entry{Path: []byte("."), Kind: review.Folder}}}
	for {
		p, ok := v.next()
		if !ok {
			return v.out.Close()
		}
		if err := v.list(p); err != nil {
			return err
		}
	}
}

func (v *inventory) next() (place, bool) {
	for i := range v.queue {
		if len(v.queue[i]) > 0 {
			p := v.queue[i][0]
			v.queue[i] = v.queue[i][1:]
			return p, true
		}
	}
	return place{}, false
}

// list writes a folder and, if there is room for all, what is in it. A folder
// that cannot be read counts as not listed.
func (v *inventory) list(p place) error {
	entries := v.entriesOf(string(p.entry.Path))
	p.entry.Listed = entries != nil && len(entries) <= v.left
	if !p.entry.Listed {
		return v.out.Add(p.entry)
	}
	v.left -= len(entries)
	if err := v.out.Add(p.entry); err != nil {
		return err
	}
	if isGitFolder(entries) {
		p.git = "." // also within another, as those of submodules are
	}
	for _, e := range entries {
		git := ""
		if p.git != "" {
			git = path.Join(p.git, e.Name())
		}
		if err := v.entry(path.Join(string(p.entry.Path), e.Name()), git, e); err != nil {
			return err
		}
	}
	return nil
}

// isGitFolder tells by what git itself looks for, whatever the folder is called.
func isGitFolder(entries []fs.DirEntry) bool {
	seen := 0
	for _, e := range entries {
		switch e.Name() {
		case "HEAD", "objects", "refs":
			seen++
		}
	}
	return seen == 3
}

// entriesOf lists a folder, never more of it than one entry beyond what there is
// room for; nil if it cannot be read.
func (v *inventory) entriesOf(name string) []fs.DirEntry {
	dir, err := v.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, err := dir.ReadDir(v.left + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	if entries == nil {
		entries = []fs.DirEntry{}
	}
	return entries
}

// entry writes one entry, or has a folder wait.
func (v *inventory) entry(name, git string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return nil //nolint:nilerr // gone since
	}
	e := lookAt(name, git, info)
	switch e.Kind {
	case review.Folder:
		if d.Name() == ".git" {
			git = "." // even if it is none yet: git init would take over what is in it
		}
		v.wait(place{entry: e, git: git}, d.Name())
		return nil
	case review.Link:
		if target, err := v.root.Readlink(name); err == nil {
			e.Target = []byte(target)
		}
	case review.File:
		if review.Risk(e) != "" {
			v.look(&e, info)
		}
	}
	return v.out.Add(e)
}

// lookAt fills in what lstat tells.
func lookAt(name, git string, info fs.FileInfo) review.Entry {
	e := review.Entry{Path: []byte(name), Kind: kindOf(info.Mode()), Git: []byte(git), MTime: info.ModTime().UnixNano(), Size: info.Size()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.Mode = st.Mode & 0o7777
		e.CTime = st.Ctim.Nano()
	}
	if e.Kind != review.File {
		e.Size = 0
	}
	return e
}

func kindOf(mode fs.FileMode) review.Kind {
	switch {
	case mode.IsRegular():
		return review.File
	case mode.IsDir():
		return review.Folder
	case mode&fs.ModeSymlink != 0:
		return review.Link
	case mode&fs.ModeNamedPipe != 0:
		return review.Fifo
	}
	return review.Other
}

// wait puts a folder in its queue. The inside of what git stores is of no
// interest.
func (v *inventory) wait(p place, name string) {
	switch {
	case p.git != "" && review.GitSkips([]byte(p.git)):
	case review.Urgent(name) || p.git != "":
		v.queue[0] = append(v.queue[0], p)
	case review.Heavy(name):
		v.queue[2] = append(v.queue[2], p)
	default:
		v.queue[1] = append(v.queue[1], p)
	}
}

// look takes the sum of a risky file's content, and what a git configuration
// would run. A large one goes by its size and times.
func (v *inventory) look(e *review.Entry, before fs.FileInfo) {
	if e.Size > maxRiskyFile || v.read+e.Size > maxRiskyAll {
		return
	}
	f, err := v.root.OpenFile(string(e.Path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(now, before) {
		return
	}
	content, err := io.ReadAll(io.LimitReader(f, maxRiskyFile+1))
	if err != nil || len(content) > maxRiskyFile {
		return
	}
	v.read += int64(len(content))
	sum := sha256.Sum256(content)
	e.Sum = hex.EncodeToString(sum[:16])
	if git := string(e.Git); (git == "config" || git == "config.worktree") && len(content) <= maxGitConfig {
		e.Runs = gitconfig.Programs(content)
	}
}
