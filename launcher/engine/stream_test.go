package engine

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// frame is a piece of output as the engine mixes both outputs.
func frame(stream byte, text string) []byte {
	header := make([]byte, 8)
	header[0] = stream
	binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
	return append(header, text...)
}

// echo answers on both outputs with what it read, up to the end of the input.
func echo(conn net.Conn, in *bufio.Reader) {
	all, err := io.ReadAll(in)
	if err != nil {
		return
	}
	_, _ = conn.Write(append(frame(1, "out:"+string(all)), frame(2, "err")...))
}

func TestAttach(t *testing.T) {
	attach := upgrade("POST /containers/x/attach", echo)
	attach.check = query(map[string]string{"stream": "1", "stdin": "1", "stdout": "1", "stderr": "1", "logs": "", "detachKeys": noDetachKeys})
	s, err := connected(t, attach).Attach(t.Context(), "x", AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := io.WriteString(s, "input"); err != nil {
		t.Fatal(err)
	}
	if err := s.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err := s.CopyOutput(&out, &errs); err != nil || out.String() != "out:input" || errs.String() != "err" {
		t.Errorf("got %q, %q, %v", out.String(), errs.String(), err)
	}
}

func TestAttachTerminal(t *testing.T) {
	attach := upgrade("POST /containers/x/attach", func(conn net.Conn, _ *bufio.Reader) {
		_, _ = io.WriteString(conn, "\x01raw\x02")
	})
	s, err := connected(t, attach).Attach(t.Context(), "x", AttachOptions{TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out bytes.Buffer
	if err := s.CopyOutput(&out, nil); err != nil || out.String() != "\x01raw\x02" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestStreamCloseEndsRead(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	attach := upgrade("POST /containers/x/attach", func(net.Conn, *bufio.Reader) { <-hold })
	s, err := connected(t, attach).Attach(t.Context(), "x", AttachOptions{TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := s.Read(make([]byte, 1))
		done <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read ended with %v", err)
	}
}

func TestStreamLost(t *testing.T) {
	attach := upgrade("POST /containers/x/attach", func(conn net.Conn, _ *bufio.Reader) { conn.Close() })
	s, err := connected(t, attach).Attach(t.Context(), "x", AttachOptions{TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read ended with %v", err)
	}
	var lost error
	for lost == nil {
		_, lost = io.WriteString(s, strings.Repeat("x", 1<<16))
	}
	if !IsKind(lost, KindConnectionLost) {
		t.Errorf("write ended with %v", lost)
	}
}

// execCalls is the life of one command.
func execCalls(state string, talk func(net.Conn, *bufio.Reader)) []call {
	return []call{
		{want: "POST /containers/x/exec", status: http.StatusCreated, body: `{"Id":"e1"}`, check: func(t *testing.T, r *http.Request) {
			var body struct {
				User, WorkingDir, DetachKeys            string
				Cmd, Env                                []string
				AttachStdin, AttachStdout, AttachStderr bool
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			if body.User != "501:20" || body.WorkingDir != "/w" || body.Cmd[0] != "c" || body.Env[0] != "A=b" ||
				!body.AttachStdin || !body.AttachStdout || !body.AttachStderr || body.DetachKeys != "" {
				t.Errorf("request is %+v", body)
			}
		}},
		upgrade("POST /exec/e1/start", talk),
		{want: "GET /exec/e1/json", body: `{"Running":true}`},
		{want: "GET /exec/e1/json", body: state},
	}
}

func TestExec(t *testing.T) {
	e := connected(t, execCalls(`{"Running":false,"ExitCode":5}`, echo)...)
	var out, errs bytes.Buffer
	code, err := e.Exec(t.Context(), "x", ExecRequest{
		User: "501:20", WorkingDir: "/w", Command: []string{"c"}, Env: []string{"A=b"},
		Stdin: strings.NewReader("in"), Stdout: &out, Stderr: &errs,
	})
	if err != nil || code != 5 || out.String() != "out:in" || errs.String() != "err" {
		t.Errorf("got %d, %q, %q, %v", code, out.String(), errs.String(), err)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken writer")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestExecBrokenWriter(t *testing.T) {
	calls := execCalls("", echo)[:2]
	_, err := connected(t, calls...).Exec(t.Context(), "x", ExecRequest{
		User: "501:20", WorkingDir: "/w", Command: []string{"c"}, Env: []string{"A=b"},
		Stdin: strings.NewReader("in"), Stdout: brokenWriter{},
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("error is %v", err)
	}
}

func TestExecAttach(t *testing.T) {
	calls := execCalls(`{"Running":false,"ExitCode":0}`, echo)
	resize := call{want: "POST /exec/e1/resize", check: query(map[string]string{"w": "80", "h": "25"})}
	e := connected(t, calls[0], calls[1], resize, calls[3])
	s, err := e.ExecAttach(t.Context(), "x", ExecRequest{User: "501:20", WorkingDir: "/w", Command: []string{"c"}, Env: []string{"A=b"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Resize(t.Context(), 80, 25); err != nil {
		t.Error(err)
	}
	if err := s.CloseWrite(); err != nil {
		t.Error(err)
	}
	if err := s.CopyOutput(io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
	if code, err := s.ExitCode(t.Context()); code != 0 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
}

func TestExecUser(t *testing.T) {
	for user, want := range map[string]bool{
		"": true, "0": true, "501:20": true, "501": true,
		"root": false, "501:staff": false, ":20": false, "501:": false, "-1": false, "1:2:3": false, "99999999999": false,
	} {
		if got := numericUser(user); got != want {
			t.Errorf("%q: %v", user, got)
		}
	}
	if _, err := connected(t).Exec(t.Context(), "x", ExecRequest{User: "claude"}); err == nil || !strings.Contains(err.Error(), "not numeric") {
		t.Errorf("error is %v", err)
	}
}

func TestExpect(t *testing.T) {
	for says, want := range map[string]bool{"ask": true, "ask more": true, "": false, "as": false, "error": false, "asx": false} {
		attach := upgrade("POST /containers/x/attach", func(conn net.Conn, _ *bufio.Reader) {
			_, _ = io.WriteString(conn, says)
		})
		s, err := connected(t, attach).Attach(t.Context(), "x", AttachOptions{TTY: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Expect("ask")
		left, readErr := io.ReadAll(s)
		if want {
			says = strings.TrimPrefix(says, "ask")
		}
		if got != want || err != nil || string(left) != says || readErr != nil {
			t.Errorf("%v, %v; left %q, %v, want %v and %q", got, err, left, readErr, want, says)
		}
		s.Close()
	}
}
