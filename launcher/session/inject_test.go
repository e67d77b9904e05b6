package session

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
)

// executor is an engine with one session in it.
type executor struct {
	t    *testing.T
	user string
	run  func(ctx context.Context, login handoff.Login, stderr io.Writer) (int, error)
}

func (e executor) Exec(ctx context.Context, id string, r engine.ExecRequest) (int, error) {
	if id != "id-1" || r.User != e.user || strings.Join(r.Command, " ") != GuestProgram+" inject" || r.TTY || len(r.Env) > 0 {
		e.t.Errorf("executes %+v in %s", r, id)
	}
	login, err := handoff.ReadLogin(r.Stdin)
	if err != nil {
		e.t.Error(err)
	}
	return e.run(ctx, login, r.Stderr)
}

func TestInject(t *testing.T) {
	want := handoff.Login{Version: 1, Credentials: "KEEP"}
	for isolation, user := range map[string]string{"runsc": "501:20", "runc": "501:20", "nested": "0:0"} {
		var got handoff.Login
		e := executor{t: t, user: user, run: func(_ context.Context, l handoff.Login, _ io.Writer) (int, error) { got = l; return 0, nil }}
		err := Inject(t.Context(), e, Session{Name: "s", ID: "id-1", User: "501:20", Isolation: isolation}, want)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", isolation, got, err)
		}
	}
	if err := Inject(t.Context(), executor{}, Session{}, handoff.Login{}); err == nil {
		t.Error("nothing was given")
	}
}

func TestInjectFailures(t *testing.T) {
	gone := errors.New("no such container")
	type run = func(context.Context, handoff.Login, io.Writer) (int, error)
	says := func(text string) run {
		return func(_ context.Context, _ handoff.Login, w io.Writer) (int, error) {
			_, _ = io.WriteString(w, text)
			return 125, nil
		}
	}
	hangs := func(ctx context.Context, _ handoff.Login, _ io.Writer) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	cases := []struct {
		name       string
		run        run
		want, hint string
	}{
		{"volume full", says("dclaude: error: in the container: new login: write .credentials.json: no space left on device\r\n"),
			"session s did not take the new login: new login: write .credentials.json: no space left on device", "disk is full"},
		{"hostile", says("\x1b]52;c;aGk=\x07a\r\nb\x9b31m\u202e"), "session s did not take the new login: ]52;c;aGk= a b 31m", "dclaude creds inject"},
		{"chatty", says(strings.Repeat("x", 1<<20)), "session s did not take the new login: " + strings.Repeat("x", maxFailure), ""},
		{"silent", says(""), "session s did not take the new login: exit code 125", ""},
		{"hangs", hangs, "session s did not take the new login: the session did not answer within 15 seconds", "anew"},
		{"gone", func(context.Context, handoff.Login, io.Writer) (int, error) { return 0, gone }, gone.Error(), ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := Inject(t.Context(), executor{t, "1:2", tc.run}, Session{Name: "s", ID: "id-1", User: "1:2"}, handoff.Login{Credentials: "KEEP"})
				if err == nil || err.Error() != tc.want {
					t.Fatalf("%v\nwant %s", err, tc.want)
				}
				var inject *InjectError
				if errors.As(err, &inject) && !strings.Contains(inject.Hint(), tc.hint) {
					t.Errorf("hint %q", inject.Hint())
				}
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Inject(ctx, executor{t, "1:2", hangs}, Session{ID: "id-1", User: "1:2"}, handoff.Login{Credentials: "KEEP"}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func exists(t *testing.T, dir, name string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func TestRecordsLock(t *testing.T) {
	r := Records{Dir: t.TempDir() + "/sessions"}
	unlock, err := r.Lock(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	other, err := r.Lock(t.Context(), "another") // sessions do not wait for each other
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Lock(ctx, "s"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	if unlock, err = r.Lock(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := r.Update("s", "id", func(rec *Record) { rec.Login = &LoginRecord{Fingerprint: "f"} }); err != nil {
		t.Fatal(err)
	}
	if rec, err := r.Load("s", "id"); err != nil || rec.Login == nil || rec.Login.Fingerprint != "f" {
		t.Errorf("%+v, %v", rec, err)
	}
	if rec, err := r.Load("s", "another container"); err != nil || rec.Login != nil {
		t.Errorf("%+v, %v", rec, err)
	}
	before, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	if ended, err := r.Sweep(before, []Session{{Name: "another"}}); err != nil || len(ended) != 1 {
		t.Fatalf("swept %v, %v", ended, err)
	}
	for name, there := range map[string]bool{"s.json": false, "s.lock": false, "another.lock": true, ".lock": true} {
		if exists(t, r.Dir, name) != there {
			t.Errorf("%s: there %v", name, !there)
		}
	}
}
