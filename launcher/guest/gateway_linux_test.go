package guest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// at listens where a gateway would, on an address of this machine's loopback.
func at(t *testing.T, address, port string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// accepted is the next connection.
func accepted(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The init waits for a gateway that starts at the same time, and comes back to
// one that was started anew.
func TestLifeline(t *testing.T) {
	const address = "127.66.1.1"
	var none *lifeline
	none.ready() // a session without a gateway waits for nothing
	if got := holdLifeline(""); got != nil {
		t.Error("a lifeline to nowhere")
	}
	l := holdLifeline(address)
	first := at(t, address, gatewayLifeline)
	c := accepted(t, first)
	l.ready()
	c.Close()
	again := accepted(t, first)
	if _, err := again.Write([]byte("ignored")); err != nil {
		t.Error(err)
	}
}

func TestHookReportsOneWord(t *testing.T) {
	const address = "127.66.1.2"
	l := at(t, address, gatewayProxy)
	got := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer c.Close()
		r := textproto.NewReader(bufio.NewReader(c))
		line, _ := r.ReadLine()
		header, _ := r.ReadMIMEHeader()
		got <- line + " " + header.Get("Content-Length")
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	}()
	if code := runHook([]string{"waiting", address}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if line := <-got; line != "POST /hook/waiting HTTP/1.1 0" {
		t.Errorf("sent %q", line)
	}
	// Nobody there is no failure of Claude's.
	if code := runHook([]string{"waiting", "127.66.1.3"}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code := runHook(nil); code == 0 {
		t.Error("no word, and no failure")
	}
}

func TestSSHIsExplained(t *testing.T) {
	for host, args := range map[string][]string{
		"github.com":   {"-o", "SendEnv=GIT_PROTOCOL", "git@github.com", "git-upload-pack 'a/b.git'"},
		"HOST":         {"example.com", "git-upload-pack 'a/b.git'"},
		"code.example": {"evil\x1b[2J@", "git@code.example"},
	} {
		var out bytes.Buffer
		if code := explainSSH(args, &out); code != 1 {
			t.Errorf("exit code %d", code)
		}
		if text := out.String(); !strings.Contains(text, "git remote set-url origin https://"+host+"/PATH") || strings.Contains(text, "\x1b") {
			t.Errorf("%q: %q", args, text)
		}
	}
}

func TestNameServerIsTheGateway(t *testing.T) {
	l := layoutBelow(t.TempDir())
	if err := os.MkdirAll(l.etc, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.etc, "resolv.conf")
	if err := placeResolver(l, ""); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a session without a gateway has its file changed")
	}
	if err := placeResolver(l, "10.1.2.3"); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), "\nnameserver 10.1.2.3\n") {
		t.Errorf("%q, %v", b, err)
	}
}
