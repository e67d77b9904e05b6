package picker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/godbus/dbus/v5"

	"dclaude/app/sessionbus"
)

// The names of the desktop portal's file chooser.
const (
	portalName    = "org.freedesktop.portal.Desktop"
	portalPath    = "/org/freedesktop/portal/desktop"
	chooserMethod = "org.freedesktop.portal.FileChooser.OpenFile"
	requestName   = "org.freedesktop.portal.Request"
)

// Pick asks for folders: through the desktop's portal, else with zenity or
// kdialog. None, without an error, means that the user has thought better of
// it.
func Pick(ctx context.Context) ([]string, error) {
	folders, err := portal(ctx)
	if err == nil || ctx.Err() != nil {
		return folders, ctx.Err()
	}
	for _, d := range dialogs() {
		path, lookErr := exec.LookPath(d.program)
		if lookErr != nil {
			continue
		}
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return nil, &Error{errors.New("there is no screen")}
		}
		return ask(ctx, path, d.args)
	}
	return nil, &Error{err}
}

type dialog struct {
	program string
	args    []string
}

// dialogs are programs that print the chosen folders, each on a line.
func dialogs() []dialog {
	return []dialog{
		{"zenity", []string{"--file-selection", "--directory", "--title=" + Title}},
		{"kdialog", []string{"--title", Title, "--getexistingdirectory"}},
	}
}

// ask runs a dialog. A folder's name may have a line break in it, so only one
// folder can be chosen there.
func ask(ctx context.Context, path string, args []string) ([]string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return nil, nil // cancelled
	case err != nil:
		return nil, &Error{fmt.Errorf("%s: %w", path, err)}
	}
	if folder := strings.TrimSuffix(out.String(), "\n"); folder != "" {
		return []string{folder}, nil
	}
	return nil, nil
}

// portal asks the desktop's portal, whose answer comes as a signal on an object
// that both sides know the name of beforehand.
func portal(ctx context.Context) ([]string, error) {
	conn, err := sessionbus.Connect()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var random [8]byte
	rand.Read(random[:]) // never fails, see crypto/rand
	token := "dclaude" + hex.EncodeToString(random[:])
	sender := strings.ReplaceAll(strings.TrimPrefix(conn.Names()[0], ":"), ".", "_")
	request := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	err = conn.AddMatchSignal(dbus.WithMatchSender(portalName), dbus.WithMatchObjectPath(request), dbus.WithMatchInterface(requestName))
	if err != nil {
		return nil, err
	}
	signals := make(chan *dbus.Signal, 4)
	conn.Signal(signals)
	options := map[string]dbus.Variant{
		"handle_token": dbus.MakeVariant(token),
		"directory":    dbus.MakeVariant(true),
		"multiple":     dbus.MakeVariant(true),
		"modal":        dbus.MakeVariant(false),
	}
	call := conn.Object(portalName, portalPath).CallWithContext(ctx, chooserMethod, 0, "", Title, options)
	if call.Err != nil {
		return nil, call.Err
	}
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return nil, errors.New("the session bus has gone away")
			}
			if s.Path == request && s.Name == requestName+".Response" {
				return response(s.Body)
			}
		case <-ctx.Done():
			conn.Object(portalName, request).Go(requestName+".Close", dbus.FlagNoReplyExpected, nil)
			return nil, ctx.Err()
		}
	}
}

// response reads the portal's answer: 0 and the folders, 1 for cancelled, 2 for
// any other end.
func response(body []any) ([]string, error) {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &code, &results); err != nil {
		return nil, fmt.Errorf("the portal's answer: %w", err)
	}
	if code != 0 {
		return nil, nil
	}
	uris, _ := results["uris"].Value().([]string)
	var folders []string
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "file" || u.Path == "" {
			return nil, fmt.Errorf("the portal chose %q, which is no folder of this computer", uri)
		}
		folders = append(folders, u.Path)
	}
	return folders, nil
}
