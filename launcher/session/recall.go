package session

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"

	"dclaude/launcher/engine"
)

// Asker is what a recall needs of an engine.
type Asker interface {
	Info(ctx context.Context) (engine.Info, error)
}

// Recall is what an engine said of itself at an earlier launch, so that a plan
// can be made while it is asked again: it looks through itself for that, which
// takes longer than all the other questions of a launch together. One with
// nothing but Info is what the engine has just said, and needs no confirming.
type Recall struct {
	Info  engine.Info
	fresh func() (engine.Info, error)
	path  string
}

// ErrChanged says that an engine is not what it was, and that what was planned
// for it does not hold. The next recall knows it as it is.
var ErrChanged = errors.New("the engine has changed since the last launch")

// RecallInfo reads what is remembered in a file and asks the engine at the same
// time. Where nothing is remembered it waits for the answer. That the file
// cannot be written is no error.
func RecallInfo(ctx context.Context, e Asker, path string) (*Recall, error) {
	r := &Recall{path: path}
	known := r.load()
	type answer struct {
		info engine.Info
		err  error
	}
	asked := make(chan answer, 1)
	go func() {
		info, err := e.Info(ctx)
		asked <- answer{info, err}
	}()
	wait := func() (engine.Info, error) {
		a := <-asked
		asked <- a
		return a.info, a.err
	}
	if known {
		r.fresh = wait
		return r, nil
	}
	var err error
	if r.Info, err = wait(); err != nil {
		return nil, err
	}
	r.save(r.Info)
	return r, nil
}

// Confirm waits for the engine's answer: nil if it says what was remembered,
// else ErrChanged. Nothing may run on the strength of a recall before that.
func (r *Recall) Confirm() error {
	if r.fresh == nil {
		return nil
	}
	info, err := r.fresh()
	if err != nil || reflect.DeepEqual(info, r.Info) {
		return err
	}
	r.save(info)
	return ErrChanged
}

// load reads the file; whatever is wrong with it means that nothing is known.
func (r *Recall) load() bool {
	b, err := os.ReadFile(r.path)
	return err == nil && json.Unmarshal(b, &r.Info) == nil && r.Info.ID != ""
}

// save remembers what it can: without it, the next launch asks and waits.
func (r *Recall) save(info engine.Info) {
	b, err := json.Marshal(info)
	if err == nil {
		err = writeFile(r.path, b)
	}
	if err != nil {
		_ = os.Remove(r.path) // what stands there is out of date
	}
}
