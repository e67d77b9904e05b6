package picker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"dclaude/test/desktop"
)

// startPortal has the bus answer requests for folders.
func startPortal(t *testing.T, b *desktop.Bus, code uint32, uris ...string) {
	t.Helper()
	conn := b.Connect()
	open := func(_, title string, options map[string]dbus.Variant, sender dbus.Sender) (dbus.ObjectPath, *dbus.Error) {
		if options["directory"].Value() != true || title == "" {
			return "/", dbus.NewError("not a folder", nil)
		}
		name := strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_")
		request := dbus.ObjectPath(portalPath + "/request/" + name + "/" + options["handle_token"].Value().(string))
		if code < 100 {
			results := map[string]dbus.Variant{"uris": dbus.MakeVariant(uris)}
			if err := conn.Emit(request, requestName+".Response", code, results); err != nil {
				t.Error(err)
			}
		}
		return request, nil
	}
	if err := conn.ExportMethodTable(map[string]any{"OpenFile": open}, portalPath, "org.freedesktop.portal.FileChooser"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
}

func use(t *testing.T, b *desktop.Bus) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DISPLAY", ":99")
}

func TestPortal(t *testing.T) {
	for _, tc := range []struct {
		name string
		code uint32
		uris []string
		want []string
		fail bool
	}{
		{"two folders", 0, []string{"file:///a%20b", "file:///%E6%97%A5%0A"}, []string{"/a b", "/日\n"}, false},
		{"cancelled", 1, nil, nil, false},
		{"ended", 2, nil, nil, false},
		{"elsewhere", 0, []string{"sftp://x/y"}, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := desktop.StartBus(t)
			startPortal(t, b, tc.code, tc.uris...)
			use(t, b)
			got, err := Pick(t.Context())
			if !slices.Equal(got, tc.want) || (err != nil) != tc.fail {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestPortalThatNeverAnswers(t *testing.T) {
	b := desktop.StartBus(t)
	startPortal(t, b, 100)
	use(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := Pick(ctx); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Without a portal, a dialog program is asked.
func TestDialogPrograms(t *testing.T) {
	b := desktop.StartBus(t)
	use(t, b)
	var e *Error
	if _, err := Pick(t.Context()); !errors.As(err, &e) || e.Hint() == "" {
		t.Errorf("with nothing at all: %v", err)
	}
	for _, tc := range []struct {
		program, script string
		want            []string
		fail            bool
	}{
		{"kdialog", `echo "/from kdialog"`, []string{"/from kdialog"}, false},
		{"zenity", `printf '/odd\nname \n'`, []string{"/odd\nname "}, false},
		{"zenity", "exit 1", nil, false},
		{"zenity", "exit 255", nil, true},
		{"zenity", "exit 0", nil, false},
	} {
		file := filepath.Join(os.Getenv("PATH"), tc.program)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+tc.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		got, err := Pick(t.Context())
		if !slices.Equal(got, tc.want) || (err != nil) != tc.fail {
			t.Errorf("%+v: %q, %v", tc, got, err)
		}
	}
	t.Setenv("DISPLAY", "")
	if _, err := Pick(t.Context()); !errors.As(err, &e) {
		t.Errorf("without a screen: %v", err)
	}
}
