package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
	"dclaude/launcher/review"
)

// manifestTime is what listing a project may take.
const manifestTime = time.Minute

// ReviewPlan is what listing a session's project takes, the first time and the
// second, by whichever process.
type ReviewPlan struct {
	Container plan.Container   `json:"container"`
	Handoff   *handoff.Handoff `json:"handoff,omitempty"`
	// Started is when the session began, or was about to.
	Started time.Time `json:"started"`
}

// List runs the container and returns the manifest as it was written, checked.
// name is a new container's.
func (r ReviewPlan) List(ctx context.Context, e Prober, name string) ([]byte, review.Manifest, error) {
	c := r.Container
	c.Name = plan.ContainerName(name)
	var letter []byte
	if r.Handoff != nil {
		var err error
		if letter, err = r.Handoff.Frame(); err != nil {
			return nil, review.Manifest{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, manifestTime)
	defer cancel()
	var out, failure bytes.Buffer
	exit, err := once(ctx, e, c, letter, func(stream *engine.Stream) error {
		return stream.CopyOutput(&limited{w: &out, left: review.MaxBytes}, &limited{w: &failure, left: maxOutput})
	})
	if err == nil && exit.Code != 0 {
		err = fmt.Errorf("its container ended with code %d: %s", exit.Code, lastWords(failure.String()))
	}
	if err != nil {
		return nil, review.Manifest{}, fmt.Errorf("list the project's files: %w", err)
	}
	m, err := review.Read(bytes.NewReader(out.Bytes()))
	m.Started = r.Started
	return out.Bytes(), m, err
}

func (r Records) reviewPath(name string) string { return filepath.Join(r.Dir, name+".review") }

// SaveReview keeps what a project held before a session, and how to list it
// again.
func (r Records) SaveReview(name string, p ReviewPlan, manifest []byte) error {
	head, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return writeFile(r.reviewPath(name), append(append(head, '\n'), manifest...))
}

// ErrNoReview says that nothing is known of a project before the session.
var ErrNoReview = errors.New("it is not known what the project held before")

// LoadReview returns what SaveReview kept: ErrNoReview if that is nothing.
func (r Records) LoadReview(name string) (ReviewPlan, review.Manifest, error) {
	b, err := os.ReadFile(r.reviewPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return ReviewPlan{}, review.Manifest{}, ErrNoReview
	}
	if err != nil {
		return ReviewPlan{}, review.Manifest{}, err
	}
	head, rest, _ := bytes.Cut(b, []byte("\n"))
	var p ReviewPlan
	if err := json.Unmarshal(head, &p); err != nil {
		return ReviewPlan{}, review.Manifest{}, fmt.Errorf("the review of session %s: %w", name, err)
	}
	m, err := review.Read(io.LimitReader(bytes.NewReader(rest), review.MaxBytes))
	m.Started = p.Started
	return p, m, err
}
