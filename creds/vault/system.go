package vault

import (
	"errors"

	"github.com/zalando/go-keyring"
)

// keys is the system's store, by go-keyring: on macOS through Apple's security,
// which gets the secret on its standard input, on Linux through the Secret
// Service on the session's D-Bus.
type keys struct{ name string }

func (k keys) set(account, text string) error {
	return translate(keyring.Set(service, account, text))
}

func (k keys) get(account string) (string, error) {
	text, err := keyring.Get(service, account)
	return text, translate(err)
}

func (k keys) remove(account string) error { return translate(keyring.Delete(service, account)) }

func (k keys) describe() string { return k.name }

func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return errNone
	case absent(err):
		return errAbsent
	}
	return err
}
