// Command netload makes the traffic that the benchmark of the gateway measures.
// It runs inside a session, and, as "serve", on the engine's host.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	target := flag.String("target", "", "address of the server")
	proxy := flag.String("proxy", "", "address of a proxy to go through")
	streams := flag.Int("streams", 1, "how many connections at the same time")
	length := flag.Duration("time", 3*time.Second, "how long to receive, or to hold")
	flag.Parse()
	dial := func() (net.Conn, error) { return connect(*proxy, *target) }
	var err error
	switch flag.Arg(0) {
	case "serve":
		err = serve(*target)
	case "throughput":
		err = throughput(dial, *streams, *length)
	case "latency":
		err = latency(dial, *streams)
	case "hold":
		err = hold(dial, *streams, *length)
	default:
		err = fmt.Errorf("unknown command %q", flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "netload:", err)
		os.Exit(1)
	}
}

// serve answers each connection's first byte: 'd' with data without end, any
// other with itself.
func serve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	data := make([]byte, 256<<10)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			var b [1]byte
			for {
				if _, err := io.ReadFull(c, b[:]); err != nil {
					return
				}
				if b[0] != 'd' {
					_, _ = c.Write(b[:])
					continue
				}
				for {
					if _, err := c.Write(data); err != nil {
						return
					}
				}
			}
		}()
	}
}

// connect opens a connection, through a tunnel of the proxy's if there is one.
func connect(proxy, target string) (net.Conn, error) {
	if proxy == "" {
		return net.Dial("tcp", target)
	}
	c, err := net.Dial("tcp", proxy)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target); err != nil {
		return nil, err
	}
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the proxy answers %s", resp.Status)
	}
	return c, nil // the server speaks second, so that nothing is in the buffer
}

// throughput prints bytes a second over all streams.
func throughput(dial func() (net.Conn, error), streams int, length time.Duration) error {
	var total atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, streams)
	start := time.Now()
	for range streams {
		all.Go(func() {
			c, err := dial()
			if err != nil {
				errs <- err
				return
			}
			defer c.Close()
			_, _ = c.Write([]byte("d"))
			_ = c.SetReadDeadline(start.Add(length))
			buf := make([]byte, 64<<10)
			for {
				n, err := c.Read(buf)
				total.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	fmt.Println(int64(float64(total.Load()) / time.Since(start).Seconds()))
	return nil
}

// latency prints the median and the 99th percentile, in nanoseconds, of a new
// connection with one byte there and back.
func latency(dial func() (net.Conn, error), n int) error {
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		c, err := dial()
		if err != nil {
			return err
		}
		b := []byte("x")
		if _, err := c.Write(b); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, b); err != nil {
			return err
		}
		times[i] = time.Since(start)
		c.Close()
	}
	slices.Sort(times)
	fmt.Println(times[n/2].Nanoseconds(), times[n*99/100].Nanoseconds())
	return nil
}

// hold opens connections, uses each once, says so, and keeps them.
func hold(dial func() (net.Conn, error), n int, length time.Duration) error {
	for range n {
		c, err := dial()
		if err != nil {
			return err
		}
		defer c.Close()
		b := binary.BigEndian.AppendUint16(nil, 1)
		if _, err := c.Write(b[:1]); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, b[:1]); err != nil {
			return err
		}
	}
	fmt.Println("held")
	time.Sleep(length)
	return nil
}
