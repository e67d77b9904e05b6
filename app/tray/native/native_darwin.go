package native

import (
	"fyne.io/systray"

	"dclaude/assets/icons"
)

// escape does nothing: macOS has no mnemonics.
func escape(label string) string { return label }

// prepare sets nothing before the start: AppKit is not there yet.
func (h *Host) prepare() (stop func(), err error) { return func() {}, nil }

// start runs on a goroutine of its own once AppKit runs.
func (h *Host) start(ready func()) {
	h.do("icon", h.setIcon)
	ready()
}

func (h *Host) setIcon() {
	h.mu.Lock()
	i := h.icon
	h.mu.Unlock()
	name := faceName(i.Face)
	systray.SetTemplateIcon(icons.Template(name, i.Badge), icons.Bar(name, i.Badge))
}
