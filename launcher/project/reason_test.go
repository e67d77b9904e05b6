package project

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode"
)

func TestErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		e          Error
		text, hint string
	}{
		{Error{Reason: NotFound, Path: "/a b"}, `folder "/a b" does not exist`, "check the spelling, or create the folder first"},
		{Error{Reason: Unreadable, Path: "/p"}, `folder "/p" cannot be read: permission denied or unreadable`, "you need permission to read and to search the folder"},
		{Error{Reason: NoHome}, `no folder can be judged: your home folder is not known`, "set HOME to your home folder"},
		{Error{Reason: Root, Path: "/"}, `folder "/" is refused: it is the whole file system`, "name the folder of one project: everything in it is readable and writable in the session"},
		{
			Error{Reason: Own, Path: "/h/.config", Place: "/h/.config/dclaude", relation: around},
			`folder "/h/.config" is refused: it contains "/h/.config/dclaude", which holds dclaude's own settings or state`,
			"move the project elsewhere; no flag overrides this",
		},
		{
			Error{Reason: Credentials, Path: "/h/.ssh/x", Place: "/h/.ssh", relation: inside},
			`folder "/h/.ssh/x" is refused: it lies in "/h/.ssh", which holds keys, logins or private data`,
			"move the project elsewhere; no flag overrides this",
		},
		{
			Error{Reason: Credentials, Path: "/mnt/x", Place: "/h/.ssh", relation: is},
			`folder "/mnt/x" is refused: it is "/h/.ssh", which holds keys, logins or private data`,
			"move the project elsewhere; no flag overrides this",
		},
		{
			Error{Reason: System, Path: "/etc", Place: "/etc", relation: is},
			`folder "/etc" is refused: it belongs to the system`,
			"move the project elsewhere; no flag overrides this",
		},
		{
			Error{Reason: Library, Path: "/h/Library/x", Place: "/h/Library", relation: inside, Overridable: true},
			`folder "/h/Library/x" is refused: it lies in "/h/Library", which belongs to your applications`,
			"if you mean it, add --allow-refused-folder",
		},
		{
			Error{Reason: Startup, Path: "/h/.local/bin", Place: "/h/.local/bin", relation: is, Overridable: true},
			`folder "/h/.local/bin" is refused: it holds what this machine runs without being asked`,
			"if you mean it, add --allow-refused-folder",
		},
		{
			Error{Reason: Crossing, Path: "/h/p/docs", Place: "/h/p", propose: "/h/Documents", Overridable: true},
			`folder "/h/p/docs" is a link that a session could have made: it lies in "/h/p", which was opened before`,
			`if you mean the folder that it leads to, name that: "/h/Documents"`,
		},
	} {
		if tt.e.Error() != tt.text || tt.e.Hint() != tt.hint {
			t.Errorf("%s:\ngot  %s\nhint %s\nwant %s\nhint %s", tt.e.Reason, tt.e.Error(), tt.e.Hint(), tt.text, tt.hint)
		}
	}
}

// No byte of a name may reach the terminal as it is, or end the line.
func TestErrorsQuoteNames(t *testing.T) {
	evil := "/a\n\x1b]0;x\x07\u202e\xff\"'"
	for _, reason := range []Reason{
		NotFound, IsFile, NotFolder, Unreadable, BadPath, NoHome,
		Root, Home, AboveHome, OtherHome, Own, Credentials, System, Library, Startup, Crossing,
	} {
		e := &Error{Reason: reason, Path: evil, Place: evil + "x", propose: evil}
		for _, text := range []string{e.Error(), e.Hint()} {
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
				t.Errorf("%s: %q", reason, text)
			}
		}
		if e.Error() == "" {
			t.Errorf("%s has no text", reason)
		}
	}
}

func TestErrorUnwraps(t *testing.T) {
	home, _ := tree(t)
	_, err := Resolve(home+"/missing", Options{Home: home})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap fs.ErrNotExist", err)
	}
}
