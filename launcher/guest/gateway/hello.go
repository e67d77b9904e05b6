package gateway

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// maxHello bounds what is read to find a hello, in bytes. crypto/tls takes
// messages of 64 KiB; records add little to that.
const maxHello = 80 << 10

var (
	errNotTLS   = errors.New("the tunnel carries no TLS")
	errHasHello = errors.New("the hello is complete")
)

// readHello reads a client's first TLS message, however it is cut into records
// and packets, and returns the name of the server that it asks for and all that
// was read. The parser is that of crypto/tls, which refuses what is ambiguous,
// such as two names.
func readHello(r io.Reader) (name string, seen []byte, err error) {
	var taken bytes.Buffer
	src := &helloConn{r: io.TeeReader(io.LimitReader(r, maxHello), &taken)}
	var hello *tls.ClientHelloInfo
	err = tls.Server(src, &tls.Config{
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hello = h
			return nil, errHasHello
		},
	}).Handshake()
	if hello == nil {
		if src.failed != nil && !errors.Is(src.failed, io.EOF) {
			return "", taken.Bytes(), src.failed
		}
		return "", taken.Bytes(), errors.Join(errNotTLS, err)
	}
	return strings.ToLower(hello.ServerName), taken.Bytes(), nil
}

// helloConn lets crypto/tls read and keeps it from answering.
type helloConn struct {
	r      io.Reader
	failed error
}

func (c *helloConn) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil {
		c.failed = err
	}
	return n, err
}

func (c *helloConn) Write(p []byte) (int, error)      { return len(p), nil }
func (c *helloConn) Close() error                     { return nil }
func (c *helloConn) LocalAddr() net.Addr              { return nil }
func (c *helloConn) RemoteAddr() net.Addr             { return nil }
func (c *helloConn) SetDeadline(time.Time) error      { return nil }
func (c *helloConn) SetReadDeadline(time.Time) error  { return nil }
func (c *helloConn) SetWriteDeadline(time.Time) error { return nil }

// alertAccessDenied is what a client is told whose tunnel is closed for its
// hello: a fatal TLS alert (RFC 8446, section 6), which clients show as such.
var alertAccessDenied = []byte{21, 3, 3, 0, 2, 2, 49}
