package notify

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"slices"
	"strconv"
	"sync"

	"github.com/godbus/dbus/v5"

	"dclaude/app/menu"
	"dclaude/assets/icons"
)

// The names of the notification service, by the Desktop Notifications
// Specification 1.2.
const (
	serviceName = "org.freedesktop.Notifications"
	servicePath = "/org/freedesktop/Notifications"
	// defaultKey is the action of a click on the notification itself.
	defaultKey = "default"
	// maxShown bounds how many notes are remembered for their buttons.
	maxShown = 100
)

// Bus is the Service of desktops with D-Bus.
type Bus struct {
	conn    *dbus.Conn
	pressed func(menu.Action)
	picture dbus.Variant

	mu    sync.Mutex
	ids   map[string]uint32 // by Note.ID
	shown map[uint32]Note
	order []uint32
	known bool // whether the service was asked what it can do
	can   []string
}

// NewBus returns a service on a connection of its own, which it closes. pressed
// gets the action of each button that is pressed.
func NewBus(conn *dbus.Conn, pressed func(menu.Action)) (*Bus, error) {
	b := &Bus{conn: conn, pressed: pressed, picture: picture(icons.Bar("ready", false)), ids: map[string]uint32{}, shown: map[uint32]Note{}}
	if err := conn.AddMatchSignal(dbus.WithMatchSender(serviceName), dbus.WithMatchObjectPath(servicePath), dbus.WithMatchInterface(serviceName)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen for notifications: %w", err)
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	go func() {
		for s := range signals { // closed with the connection
			b.hear(s)
		}
	}()
	return b, nil
}

// picture is a PNG in the form of the hint image-data: width, height, bytes in
// a row, whether it has alpha, bits of a sample, samples of a pixel, the pixels.
func picture(file []byte) dbus.Variant {
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		panic(err) // one of ours
	}
	p := image.NewNRGBA(img.Bounds())
	draw.Draw(p, p.Rect, img, img.Bounds().Min, draw.Src)
	return dbus.MakeVariant(struct {
		Width, Height, Stride int32
		Alpha                 bool
		Bits, Samples         int32
		Pixels                []byte
	}{int32(p.Rect.Dx()), int32(p.Rect.Dy()), int32(p.Stride), true, 8, 4, p.Pix}) //nolint:gosec // a small picture
}

// Close implements Service.
func (b *Bus) Close() { _ = b.conn.Close() }

// Show implements Service.
func (b *Bus) Show(n Note) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	object := b.conn.Object(serviceName, servicePath)
	if !b.known {
		if err := object.Call(serviceName+".GetCapabilities", 0).Store(&b.can); err != nil {
			return fmt.Errorf("show a notification: %w", err)
		}
		b.known = true
	}
	body := n.Body
	if slices.Contains(b.can, "body-markup") {
		body = html.EscapeString(body)
	}
	var actions []string
	for i, button := range n.Buttons {
		if i == 0 { // without a label, or some services draw a button for it as well
			actions = append(actions, defaultKey, "")
		}
		actions = append(actions, strconv.Itoa(i), button.Label)
	}
	urgency := byte(1)
	if n.Urgent {
		urgency = 2
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(urgency), "desktop-entry": dbus.MakeVariant("dclaude"), "image-data": b.picture}
	var id uint32
	call := object.Call(serviceName+".Notify", 0, "DClaude", b.ids[n.ID], "dclaude", n.Title, body, actions, hints, int32(-1))
	if err := call.Store(&id); err != nil {
		b.known = false // another service may come in its place
		return fmt.Errorf("show a notification: %w", err)
	}
	b.remember(id, n)
	return nil
}

func (b *Bus) remember(id uint32, n Note) {
	b.ids[n.ID], b.shown[id] = id, n
	b.order = append(slices.DeleteFunc(b.order, func(o uint32) bool { return o == id }), id)
	for len(b.order) > maxShown {
		b.forget(b.order[0])
	}
}

func (b *Bus) forget(id uint32) {
	if n, ok := b.shown[id]; ok && b.ids[n.ID] == id {
		delete(b.ids, n.ID)
	}
	delete(b.shown, id)
	b.order = slices.DeleteFunc(b.order, func(o uint32) bool { return o == id })
}

// hear takes a signal of the service. Another program on the bus can send one
// straight to us that looks like it, with what it likes in it; it cannot be
// more than one of our own buttons.
func (b *Bus) hear(s *dbus.Signal) {
	if len(s.Body) != 2 {
		return
	}
	id, ok := s.Body[0].(uint32)
	if !ok {
		return
	}
	switch s.Name {
	case serviceName + ".ActionInvoked":
		key, ok := s.Body[1].(string)
		if !ok {
			return
		}
		b.mu.Lock()
		n := b.shown[id]
		b.forget(id)
		b.mu.Unlock()
		if action, ok := n.action(key); ok {
			b.pressed(action)
		}
	case serviceName + ".NotificationClosed":
		b.mu.Lock()
		b.forget(id)
		b.mu.Unlock()
	}
}

// action is what a key of the service means.
func (n Note) action(key string) (menu.Action, bool) {
	i, err := strconv.Atoi(key)
	if key == defaultKey {
		i, err = 0, nil
	}
	if err != nil || i < 0 || i >= len(n.Buttons) {
		return menu.Action{}, false
	}
	return n.Buttons[i].Action, true
}
