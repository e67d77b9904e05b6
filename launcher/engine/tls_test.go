package engine

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dockercontext "github.com/docker/cli/cli/context"
)

// TestConnectOverTLS reaches an engine on a port of this machine with the
// certificates of a context, for calls and for streams.
func TestConnectOverTLS(t *testing.T) {
	f := fake(t, upgrade("POST /containers/x/attach", func(conn net.Conn, _ *bufio.Reader) {
		_, _ = io.WriteString(conn, "hello")
	}))
	server := httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail, below
	server.StartTLS()
	t.Cleanup(server.Close)

	// The server's own key pair serves as the client's.
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	ep := Endpoint{
		Host: "tcp://" + server.Listener.Addr().String(),
		tls: &dockercontext.TLSData{
			CA: certificate, Cert: certificate,
			Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		},
	}
	e, err := Connect(t.Context(), ep)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Attach(t.Context(), "x", AttachOptions{TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := io.ReadAll(s); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}

	// Without its authority, and without certificates, it stays closed.
	for name, data := range map[string]*dockercontext.TLSData{
		"no authority":   {Cert: ep.tls.Cert, Key: ep.tls.Key},
		"no certificate": {CA: ep.tls.CA},
	} {
		_, err := Connect(t.Context(), Endpoint{Host: ep.Host, tls: data})
		if err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Connect(t.Context(), Endpoint{Host: ep.Host}); err == nil {
		t.Error("it can be reached without TLS")
	}
}
