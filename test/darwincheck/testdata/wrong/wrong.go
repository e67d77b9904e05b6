// Package wrong uses go-keychain wrongly in three ways, for the test that
// such things are noticed.
package wrong

import keychain "github.com/keybase/go-keychain"

// Query does not compile on macOS.
func Query() int {
	item := keychain.NewItem()
	item.SetNoSuchThing(true)
	item.SetService(42)
	results, _ := keychain.QueryItem(item)
	return results[0].ModificationDate
}
