package loginitem

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// Programs may lie in folders of any name. The launch agent is well-formed, and
// says the name as it is.
func TestLaunchAgent(t *testing.T) {
	for _, bundle := range []string{"/Applications/DClaude.app", `/Users/a <b> & "c"/DClaude.app`, "/x\n</string>/DClaude.app"} {
		var texts []string
		for d := xml.NewDecoder(strings.NewReader(launchAgent(bundle))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", bundle, err)
			}
			if c, ok := token.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
				texts = append(texts, string(c))
			}
		}
		want := strings.Join([]string{"Label", label, "ProgramArguments", "/usr/bin/open", "-g", "-a", bundle, "RunAtLoad"}, "|")
		if got := strings.Join(texts, "|"); got != want {
			t.Errorf("%q: %q", bundle, got)
		}
	}
	if !translocated("/private/var/folders/x/AppTranslocation/1/d/DClaude.app") || translocated("/Applications/DClaude.app") {
		t.Error("translocated")
	}
}

func TestExecValue(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/bin/dclaude-menubar": `"/usr/bin/dclaude-menubar"`,
		"/a b/c":                   `"/a b/c"`,
		`/a"b`:                     `"/a\\"b"`,
		`/a\b`:                     `"/a\\\\b"`,
		"/$HOME/`x`/100%":          "\"/\\\\$HOME/\\\\`x\\\\`/100%%\"",
		"/a\nExec=evil":            `"/a\nExec=evil"`,
	} {
		if got := execValue(program); got != want {
			t.Errorf("%q: %s, want %s", program, got, want)
		}
	}
	if entry := desktopEntry("/a\nExec=evil"); strings.Count(entry, "\nExec=") != 1 {
		t.Errorf("%s", entry)
	}
}
