package watch

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// folders is a listener by fsnotify.
type folders struct {
	target Target
	fs     *fsnotify.Watcher
	signal chan struct{}
	done   chan struct{}
	files  fileSet
}

// listen starts to listen. Where the system has no more watches to give, there
// are no events, and the backup check has to do.
func listen(t Target) listener {
	f := &folders{target: t, signal: make(chan struct{}, 1), done: make(chan struct{})}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		close(f.done)
		return f
	}
	f.fs = fs
	go f.run()
	return f
}

func (f *folders) changes() <-chan struct{} { return f.signal }

func (f *folders) close() {
	if f.fs != nil {
		_ = f.fs.Close() // its goroutine ends either way
	}
	<-f.done
}

// run filters events until the watcher is closed. A folder can be busy with
// files that are none of ours.
func (f *folders) run() {
	defer close(f.done)
	for {
		select {
		case event, ok := <-f.fs.Events:
			if !ok {
				return
			}
			if event.Op != fsnotify.Chmod && f.concerns(event.Name) {
				f.poke()
			}
		case _, ok := <-f.fs.Errors:
			if !ok {
				return
			}
			f.poke() // events were lost: look
		}
	}
}

// poke leaves one signal, however many changes there were.
func (f *folders) poke() {
	select {
	case f.signal <- struct{}{}:
	default:
	}
}

// follow watches the folders of the target. One that does not exist yet is
// awaited in the nearest folder above it that does.
func (f *folders) follow() {
	if f.fs == nil {
		return
	}
	for _, dir := range f.target.Dirs {
		f.add(dir)
	}
	names := f.target.Files
	for _, file := range f.target.Files {
		if real, err := filepath.EvalSymlinks(file); err == nil && real != file {
			names = append(names[:len(names):len(names)], real)
		}
	}
	f.files.set(names)
	for _, file := range names {
		f.add(filepath.Dir(file))
	}
}

func (f *folders) add(dir string) {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			_ = f.fs.Add(dir) // without a watch the backup check has to do
			return
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return
		}
		dir = parent
	}
}

// concerns reports whether a change of this name may be one of the store: the
// file itself, a folder on the way to it, or anything in a folder that counts
// as a whole.
func (f *folders) concerns(name string) bool {
	for _, dir := range f.target.Dirs {
		if onTheWay(name, dir) || filepath.Dir(name) == filepath.Clean(dir) {
			return true
		}
	}
	for _, file := range f.files.get() {
		if onTheWay(name, file) {
			return true
		}
	}
	return false
}

func onTheWay(name, path string) bool {
	name, path = filepath.Clean(name), filepath.Clean(path)
	return name == path || strings.HasPrefix(path, strings.TrimSuffix(name, string(filepath.Separator))+string(filepath.Separator))
}
