package notify

import (
	"dclaude/app/menu"
	"dclaude/app/sessionbus"
)

// New returns the service of the desktop. pressed gets the action of each
// button that is pressed.
func New(pressed func(menu.Action)) (*Bus, error) {
	conn, err := sessionbus.Connect()
	if err != nil {
		return nil, err
	}
	return NewBus(conn, pressed)
}
