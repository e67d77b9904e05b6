package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dclaude/creds"
)

// dated is a store that tells when it was changed, without a word to the user.
type dated interface {
	Modified(ctx context.Context) (time.Time, error)
}

// stamp tells versions of a keychain item and a file, taken together, apart. It
// cannot when the item does not say when it was changed.
func stamp(item dated, path string) func(context.Context) (string, bool) {
	return func(ctx context.Context) (string, bool) {
		modified, err := item.Modified(ctx)
		switch {
		case errors.Is(err, creds.ErrMissing):
		case err != nil, modified.IsZero():
			return "", false
		}
		of := "no file"
		if info, err := os.Stat(path); err == nil {
			of = fmt.Sprint(info.ModTime().UnixNano(), info.Size())
		}
		return fmt.Sprintf("%d, %s", modified.UnixNano(), of), true
	}
}
