//go:build cgo

package keychain

import (
	"context"

	gokeychain "github.com/keybase/go-keychain"
)

// newLister lists items with Security.framework: a query for attributes
// (kSecReturnAttributes, no kSecReturnData) over all generic passwords of a
// service. macOS does not ask the user for that. The call cannot be cancelled;
// when its time is up it is left to end by itself.
func newLister(runner) lister {
	return func(ctx context.Context, service string) ([]item, error) {
		type answer struct {
			items []item
			err   error
		}
		done := make(chan answer, 1)
		go func() {
			items, err := queryItems(service)
			done <- answer{items, err}
		}()
		select {
		case a := <-done:
			return a.items, a.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func queryItems(service string) ([]item, error) {
	query := gokeychain.NewItem()
	query.SetSecClass(gokeychain.SecClassGenericPassword)
	query.SetService(service)
	query.SetMatchLimit(gokeychain.MatchLimitAll)
	query.SetReturnAttributes(true)
	results, err := gokeychain.QueryItem(query) // no items: no results, no error
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(results))
	for _, r := range results {
		items = append(items, item{account: r.Account, modified: r.ModificationDate})
	}
	return items, nil
}
