package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

// upkeepTime is what looking after a state volume may take: gigabytes of
// conversations on a slow disk. After staleAfter its container would be taken
// for a left-over.
const upkeepTime = staleAfter - time.Minute

// LookAfter does the job of an Upkeep and returns what it printed. name is a new
// container's.
func LookAfter(ctx context.Context, e Prober, u plan.Upkeep, name string) (string, error) {
	c := u.Container
	c.Name = plan.ContainerName(name)
	letter, err := u.Handoff.Frame()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, upkeepTime)
	defer cancel()
	return output(ctx, e, c, letter)
}

// ReadImported reads what an import printed. It comes from beside a hostile
// volume: anything but a few numbers is an error.
func ReadImported(text string) (handoff.Imported, error) {
	var i handoff.Imported
	if err := json.Unmarshal([]byte(text), &i); err != nil {
		return handoff.Imported{}, errors.New("the import did not say what it did")
	}
	if i.Files < 0 || i.Bytes < 0 || i.Conversations < 0 || i.Kept < 0 || i.Skipped < 0 {
		return handoff.Imported{}, fmt.Errorf("the import claims to have copied %d files", i.Files)
	}
	return i, nil
}
