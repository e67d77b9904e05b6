package guest

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/hashicorp/yamux"
)

// What a command asks of the address that it is given is answered by the
// launcher, over one connection that is no network.
func TestBridge(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	config := yamux.DefaultConfig()
	config.EnableKeepAlive, config.LogOutput = false, io.Discard
	connections, err := yamux.Server(ours, config)
	must(t, err)
	asked := make(chan string, 2)
	go http.Serve(connections, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		io.WriteString(w, "answer")
	}))
	for _, tt := range []struct {
		command []string
		code    int
	}{
		{[]string{"bash", "-c", `port=${ANTHROPIC_BASE_URL##*:}
			for path in one two; do
				exec 3<>/dev/tcp/127.0.0.1/$port || exit 1
				printf 'GET /%s HTTP/1.0\r\n\r\n' $path >&3
				read -r status <&3 && case $status in *200*) ;; *) exit 2 ;; esac
			done; exit 42`}, 42},
		{[]string{"no-such-command"}, exitNotFound},
		{[]string{"sh", "-c", "kill -9 $$"}, exitFailure},
		{nil, exitFailure},
	} {
		if code, _ := bridge(tt.command, theirs); code != tt.code {
			t.Errorf("%q: exit code %d, want %d", tt.command, code, tt.code)
		}
		if tt.code == 42 {
			if got := []string{<-asked, <-asked}; got[0] != "/one" || got[1] != "/two" {
				t.Errorf("asked for %q", got)
			}
		}
	}
}
