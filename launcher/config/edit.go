package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
)

// Save gives one setting another value in the configuration file, which is made
// from Template if there is none. Everything else in the file stays as it is,
// comments included, and so do its mode and a link that leads to it. value is
// written as in a variable. Two processes that save do so one after the other.
func Save(path, name, value string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	content, f := readFile(path, os.Geteuid())
	if f != nil {
		return Errors{{Where: plain(path), Message: f.message, Advice: f.advice}}
	}
	if content == nil {
		content = []byte(Template())
	}
	changed, err := Edit(path, content, name, value)
	if err != nil || bytes.Equal(changed, content) {
		return err
	}
	return replaceFile(path, changed)
}

// replaceFile puts a new file in the place of an old one, or of what a link at
// path leads to.
func replaceFile(path string, content []byte) error {
	mode := fs.FileMode(0o600)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".config-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(temp.Name()))
	}
	return err
}

// notEdited says that a file is written in a way that Edit does not change.
type notEdited struct{ path, name string }

func (e *notEdited) Error() string {
	return fmt.Sprintf("%s is written in a way in which %s cannot be changed from here", plain(e.path), e.name)
}

// Hint implements the interface of errors with a cure.
func (e *notEdited) Hint() string { return "change it yourself: dclaude config edit" }

// Edit returns the content of a configuration file with another value for one
// setting, and nothing else changed. path is for what is said of it.
func Edit(path string, content []byte, name, value string) ([]byte, error) {
	before, err := parsed(path, content)
	if err != nil {
		return nil, err
	}
	k, known := before.key(name)
	if !known {
		return nil, Errors{{Key: plain(name), Message: "there is no such setting" + didYouMean(name, before.names())}}
	}
	if k.Kind == List {
		return nil, Errors{{Key: name, Message: "is a list, which is changed in the file", Advice: "dclaude config edit"}}
	}
	wanted := before.loaded.Settings
	if faults := k.set(&wanted, []item{{text: value}}); len(faults) > 0 {
		return nil, Errors{{Key: name, Message: faults[0].flaw.message, Advice: faults[0].flaw.advice}}
	}
	changed := before.with(content, k, k.Format(wanted))
	after, err := parsed(path, changed)
	if err != nil || !reflect.DeepEqual(after.loaded.Settings, wanted) || after.loaded.Origins[name].Kind != FromFile {
		return nil, &notEdited{path, name}
	}
	return changed, nil
}

// parsed is a document that has nothing wrong.
func parsed(path string, content []byte) (*document, error) {
	l := &loader{keys: Keys(), loaded: Loaded{Settings: Defaults(), Origins: map[string]Origin{}}}
	d := l.document(content, path)
	if len(l.problems) > 0 {
		return nil, Errors(l.problems)
	}
	return d, nil
}

// with returns the content with a setting in it: in the place of its value, or
// below the comment that stands for it, or at the end of its table.
func (d *document) with(content []byte, k Key, text string) []byte {
	if at, ok := d.values[k.Name]; ok {
		return splice(content, at.from+d.skipped, at.to+d.skipped, text)
	}
	table, own, inTable := strings.Cut(k.Name, ".")
	if !inTable {
		table, own = "", k.Name
	}
	part, ok := d.tables[table]
	if !ok {
		return fmt.Appendf(bytes.Clone(content), "\n[%s]\n%s = %s\n", table, own, text)
	}
	part.from, part.to = part.from+d.skipped, part.to+d.skipped
	comment := regexp.MustCompile(`(?m)^[ \t]*#[ \t]*` + regexp.QuoteMeta(own) + `[ \t]*=.*$`)
	if found := comment.FindIndex(content[part.from:part.to]); found != nil {
		return splice(content, part.from+found[1], part.from+found[1], "\n"+own+" = "+text)
	}
	line := own + " = " + text + "\n"
	if part.to > d.skipped && content[part.to-1] != '\n' {
		line = "\n" + line
	}
	return splice(content, part.to, part.to, line)
}

func splice(content []byte, from, to int, text string) []byte {
	return bytes.Join([][]byte{content[:from], content[to:]}, []byte(text))
}
