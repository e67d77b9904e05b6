package keychain

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"dclaude/creds"
)

// listWithSecurity returns a lister for builds without Security.framework. It
// sees the first item only, and reads attributes as security prints them.
func listWithSecurity(tool runner) lister {
	return func(ctx context.Context, service string) ([]item, error) {
		out, code, err := tool.run(ctx, findArgs("", service, false)...)
		if err == nil {
			err = translate(code)
		}
		if errors.Is(err, creds.ErrMissing) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []item{parseAttributes(out)}, nil
	}
}

// parseAttributes reads the account and the date of change from lines like
//
//	"acct"<blob>="anna"
//	"mdat"<timedate>=0x32303236...  "20260131235959Z\000"
//
// An account that security prints in hexadecimal, or a date that cannot be
// read, is left out: both are of use only when they are certain.
func parseAttributes(out []byte) item {
	var it item
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if !ok {
			continue
		}
		switch name {
		case `"acct"<blob>`:
			if inner, ok := strings.CutPrefix(value, `"`); ok {
				it.account = strings.TrimSuffix(inner, `"`)
			}
		case `"mdat"<timedate>`:
			_, date, _ := strings.Cut(value, `"`)
			date = strings.TrimSuffix(strings.TrimSuffix(date, `"`), `\000`)
			if t, err := time.Parse("20060102150405Z", date); err == nil {
				it.modified = t
			}
		}
	}
	return it
}
