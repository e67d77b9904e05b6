package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

// registeredName is what gVisor's runtime is called where it is registered
// with an engine; its own installer uses it.
const registeredName = "runsc"

// probeTime is what a probe container may take. Under gVisor it needs half a
// second; an engine that cannot start it sometimes hangs instead of failing.
const probeTime = 30 * time.Second

// Prober is what a probe needs of an engine.
type Prober interface {
	Create(ctx context.Context, c plan.Container) (id string, err error)
	Attach(ctx context.Context, id string, o engine.AttachOptions) (*engine.Stream, error)
	Start(ctx context.Context, id string) error
	Wait(ctx context.Context, id string) <-chan engine.Exit
	Remove(ctx context.Context, id string) error
}

// Probes remembers, in a folder of the user's, which isolations an engine was
// proved to have, so that only the first launch pays for the proof.
type Probes struct {
	Dir string
	// Name returns a name for a probe's container, a new one each time.
	Name func() string
}

// proof is what is remembered. It holds for one way on one engine, in one
// version, with one image, with one program behind the runtime's name, and for a probe of one kind; anything else is probed
// anew.
type proof struct {
	Way     string `json:"way"` // as plan.Isolation.Kind
	Engine  string `json:"engine"`
	Version string `json:"version"`
	Runtime string `json:"runtime"` // what the engine runs under the runtime's name
	Image   string `json:"image"`
	Probe   string `json:"probe"` // a digest of the probe's container
	Kernel  string `json:"kernel"`
}

// trial is a container that shows whether an isolation works.
type trial struct {
	container plan.Container
	letter    []byte // what its init is told; nil where it has none
}

// Registered finds out whether the engine has gVisor registered as a runtime,
// and proves it by a container that reads its own kernel string: a name in the
// engine's list proves nothing (FACTS 6). It returns the runtime's name, or
// why there is none. Only a success is remembered.
func (p Probes) Registered(ctx context.Context, e Prober, info engine.Info, imageID string) (runtime, reason string, err error) {
	if !slices.Contains(info.Runtimes, registeredName) {
		return "", "runsc is not registered with the engine", nil
	}
	why, err := p.prove(ctx, e, "runsc", info, imageID, trial{container: plan.Container{
		Image:       plan.Image,
		User:        "65534:65534",
		Entrypoint:  []string{GuestProgram, "kernel"},
		Labels:      map[string]string{plan.LabelRole: plan.RoleProbe},
		Runtime:     registeredName,
		NetworkMode: "none",
		SecurityOpt: []string{"no-new-privileges"},
	}})
	switch {
	case err != nil:
		return "", "", err
	case why != "":
		return "", "the engine's runsc does not work: " + why, nil
	}
	return registeredName, "", nil
}

// Nested finds out whether the engine can run the gVisor that the image
// carries, by a container that is like a session's (plan.NestedProbe). It
// returns why not, "" if it can. Only a success is remembered.
func (p Probes) Nested(ctx context.Context, e Prober, info engine.Info, imageID string, c plan.Container, h handoff.Handoff) (reason string, err error) {
	letter, err := h.Frame()
	if err != nil {
		return "", err
	}
	return p.prove(ctx, e, "nested", info, imageID, trial{c, letter})
}

// prove runs a trial, unless it is remembered as having worked, and returns
// why it failed. The error is that of the caller's context, or of the memory.
func (p Probes) prove(ctx context.Context, e Prober, way string, info engine.Info, imageID string, t trial) (why string, err error) {
	want := proof{Way: way, Engine: info.ID, Version: info.ServerVersion, Runtime: info.Programs[cmp.Or(t.container.Runtime, info.DefaultRuntime)], Image: imageID, Probe: t.digest()}
	if have, ok := p.load(want); ok && IsGVisor(have.Kernel) {
		return "", nil
	}
	kernel, err := p.try(ctx, e, t)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return err.Error(), nil //nolint:nilerr // the failure is the answer
	case !IsGVisor(kernel):
		return fmt.Sprintf("it is not gVisor: its kernel says %q", kernel), nil
	}
	want.Kernel = kernel
	return "", p.save(want)
}

func (t trial) digest() string {
	b, err := json.Marshal(t.container)
	if err != nil {
		panic(err) // a struct of texts and numbers
	}
	sum := sha256.Sum256(append(b, t.letter...))
	return hex.EncodeToString(sum[:8])
}

// Forget drops what is remembered, for when it turns out not to hold.
func (p Probes) Forget() error {
	err := os.Remove(p.path())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// try runs a trial and returns the kernel string that it prints.
func (p Probes) try(ctx context.Context, e Prober, t trial) (kernel string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	c := t.container
	c.Name = plan.ContainerName(p.Name())
	kernel, err = output(ctx, e, c, t.letter)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		// Neither the engine's silence nor its answer to a lost patience
		// tells what happened.
		err = fmt.Errorf("a trial did not end within %d seconds", int(probeTime.Seconds()))
	}
	return kernel[:min(len(kernel), maxKernel)], err
}

// maxWords bounds what is repeated of a trial's output, in bytes.
const maxWords = 300

// lastWords is what a trial said at its end, on one line and fit to be printed.
func lastWords(output string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, output)
	text := strings.Join(strings.Fields(printable), " ")
	if len(text) > maxWords {
		text = "..." + strings.ToValidUTF8(text[len(text)-maxWords:], "")
	}
	return strings.TrimPrefix(text, "dclaude: error: in the container: ")
}

func (p Probes) path() string { return filepath.Join(p.Dir, "probe.json") }

// load reads the memory; whatever is wrong with it means that there is none.
func (p Probes) load(want proof) (proof, bool) {
	b, err := os.ReadFile(p.path())
	if err != nil {
		return proof{}, false
	}
	all := map[string]proof{}
	if json.Unmarshal(b, &all) != nil {
		return proof{}, false
	}
	have := all[want.key()]
	kernel := have.Kernel
	have.Kernel = ""
	same := have == want
	have.Kernel = kernel
	return have, same
}

func (p Probes) save(have proof) error {
	all := map[string]proof{}
	if b, err := os.ReadFile(p.path()); err == nil {
		_ = json.Unmarshal(b, &all) // a broken memory is replaced
	}
	if all == nil || len(all) > 16 {
		all = map[string]proof{} // engines come and go; the next launches prove again
	}
	all[have.key()] = have
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return writeFile(p.path(), b)
}

func (p proof) key() string {
	sum := sha256.Sum256([]byte(p.Way + " " + p.Engine))
	return hex.EncodeToString(sum[:8])
}

// writeFile puts a private file in place at once, or not at all.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
