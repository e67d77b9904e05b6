// Package icons holds the pictures of the menu-bar app, drawn by build.sh from
// the vector files beside it. It is a package of its own so that programs
// without a menu do not carry them.
package icons

import (
	"embed"
	"fmt"
)

//go:embed png
var files embed.FS

// Faces are the names of what the icon in the bar can say, Marks those of the
// signs before status lines.
func Faces() []string { return []string{"ready", "attention", "stopped"} }

// Marks returns the names of the signs.
func Marks() []string { return []string{"good", "warning", "bad", "off"} }

// Bar returns the icon for a bar that shows colours, as PNG. Its pixels are
// either opaque or empty.
func Bar(face string, badge bool) []byte { return file("bar-" + suffix(face, badge)) }

// Template returns the icon as a template image of macOS: only its alpha
// counts.
func Template(face string, badge bool) []byte { return file("template-" + suffix(face, badge)) }

// Mark returns the sign before a status line.
func Mark(name string) []byte { return file("mark-" + name) }

func suffix(face string, badge bool) string {
	if badge {
		return face + "-badge"
	}
	return face
}

// file panics for a name that is not in Faces or Marks.
func file(name string) []byte {
	b, err := files.ReadFile("png/" + name + ".png")
	if err != nil {
		panic(fmt.Sprintf("icons: %v", err))
	}
	return b
}
