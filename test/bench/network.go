package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Sizes of the measurements of the gateway.
const (
	manyStreams   = 200
	latencyRuns   = 400
	heldAtOnce    = 1000
	streamingTime = 4 * time.Second
)

// network measures what the gateway costs: a launch with and without it, and
// traffic from a session straight to a server on the engine's host, through the
// gateway, and through tinyproxy.
func network(ctx context.Context, w *world) error {
	if err := w.gatewayLaunch(ctx); err != nil {
		return err
	}
	server, stop, err := w.netServer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	tiny, stopTiny, err := w.tinyproxy(ctx)
	if err != nil {
		fmt.Printf("\ntinyproxy: left out: %v\n", err)
	} else {
		defer stopTiny()
	}
	var rows [][]string
	open, err := w.netSession(ctx, "open", server)
	if err != nil {
		return err
	}
	for _, way := range []struct{ name, proxy string }{{"direct", ""}, {"tinyproxy", tiny}} {
		if way.name != "direct" && tiny == "" {
			continue
		}
		row, err := w.traffic(ctx, way.name, open, way.proxy, server)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	guarded, err := w.netSession(ctx, "allowlist", server)
	if err != nil {
		return err
	}
	proxy, err := w.output(ctx, w.dclaude, "shell", guarded, "--", "sh", "-c", "echo ${http_proxy#http://}")
	if err != nil {
		return err
	}
	row, err := w.traffic(ctx, "gateway", guarded, proxy, server)
	if err != nil {
		return err
	}
	fmt.Println()
	printTable([]string{"way", "one stream", fmt.Sprintf("%d streams", manyStreams), "new connection, p50", "p99"}, append(rows, row))
	memory, err := w.gatewayMemory(ctx, guarded, proxy, server)
	if err != nil {
		return err
	}
	fmt.Printf("\nThe gateway's memory with %d connections open: %s.\n", heldAtOnce, memory)
	_, err = w.output(ctx, w.dclaude, "stop", open, guarded)
	return err
}

// gatewayLaunch compares warm launches up to Claude's prompt.
func (w *world) gatewayLaunch(ctx context.Context) error {
	api := strings.TrimPrefix(w.apiURL, "http://")
	var list []contender
	for _, isolation := range []string{"runc", "runsc", "nested"} {
		for _, network := range []string{"open", "allowlist"} {
			list = append(list, contender{
				name: "dclaude, " + isolation + ", " + network,
				args: []string{w.dclaude, "--network", network, "--allow", api, "--isolation", isolation, w.project},
			})
		}
	}
	for i := range list {
		list[i].start, list[i].prompt, list[i].cpu = &series{}, &series{}, &series{}
	}
	for round := range w.runs + 1 {
		for i := range list {
			if err := w.launch(ctx, &list[i], round > 0); err != nil {
				return fmt.Errorf("%s: %w", list[i].name, err)
			}
		}
	}
	var rows [][]string
	for i, c := range list {
		added := ""
		if i%2 == 1 {
			added = fmt.Sprintf("%+.0f ms", c.prompt.median()-list[i-1].prompt.median())
		}
		rows = append(rows, []string{c.name, c.prompt.milliseconds(), added})
	}
	printTable([]string{"command", "Claude's prompt", "added by the gateway"}, rows)
	return nil
}

// netServer builds the load program into the project and runs its server on the
// engine's host.
func (w *world) netServer(ctx context.Context) (address string, stop func(), err error) {
	program := filepath.Join(w.project, "netload")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./test/bench/netload")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("%w: %s", err, out)
	}
	host, _, err := net.SplitHostPort(strings.TrimPrefix(w.apiURL, "http://"))
	if err != nil {
		return "", nil, err
	}
	return background(exec.CommandContext(ctx, program, "-target", net.JoinHostPort(host, "0"), "serve"))
}

// background starts a command and returns its first line.
func background(cmd *exec.Cmd) (line string, stop func(), err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, err
	}
	return strings.TrimSpace(line), stop, nil
}

// tinyproxy runs Debian's on the engine's host.
func (w *world) tinyproxy(ctx context.Context) (address string, stop func(), err error) {
	if _, err := exec.LookPath("tinyproxy"); err != nil {
		if out, err := exec.CommandContext(ctx, "apt-get", "install", "-y", "--no-install-recommends", "tinyproxy").CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("%w: %.200s", err, out)
		}
	}
	host, _, _ := net.SplitHostPort(strings.TrimPrefix(w.apiURL, "http://"))
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	config := filepath.Join(w.home, "tinyproxy.conf")
	text := "Port " + port + "\nListen " + host + "\nTimeout 600\nMaxClients 2000\nLogLevel Error\nLogFile \"/dev/null\"\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, "tinyproxy", "-d", "-c", config)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("it does not listen")
}

// netSession starts a session whose traffic is measured, and returns its name.
func (w *world) netSession(ctx context.Context, network, server string) (string, error) {
	return w.output(ctx, w.dclaude, "--network", network, "--allow", "tcp:"+server, "--isolation", "runc", "--detach", "--new", w.project)
}

func (w *world) load(ctx context.Context, session, proxy, server string, args ...string) (string, error) {
	all := []string{w.dclaude, "shell", session, "--", "/workspace/netload", "-target", server, "-proxy", proxy}
	return w.output(ctx, append(all, args...)...)
}

// traffic measures one way.
func (w *world) traffic(ctx context.Context, name, session, proxy, server string) ([]string, error) {
	row := []string{name}
	for _, streams := range []int{1, manyStreams} {
		out, err := w.load(ctx, session, proxy, server, "-streams", strconv.Itoa(streams), "-time", streamingTime.String(), "throughput")
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseFloat(out, 64)
		if err != nil {
			return nil, err
		}
		row = append(row, fmt.Sprintf("%.2f GB/s", n/1e9))
	}
	out, err := w.load(ctx, session, proxy, server, "-streams", strconv.Itoa(latencyRuns), "latency")
	if err != nil {
		return nil, err
	}
	for _, text := range strings.Fields(out) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		row = append(row, fmt.Sprintf("%.2f ms", n/1e6))
	}
	return row, nil
}

// gatewayMemory is what the engine counts for the gateway's container while
// many connections are open.
func (w *world) gatewayMemory(ctx context.Context, session, proxy, server string) (string, error) {
	args := []string{"shell", session, "--", "/workspace/netload", "-target", server, "-proxy", proxy, "-streams", strconv.Itoa(heldAtOnce), "-time", "20s", "hold"}
	cmd := exec.CommandContext(ctx, w.dclaude, args...)
	cmd.Env, cmd.Dir = w.environ, w.home
	if _, stop, err := background(cmd); err != nil {
		return "", err
	} else {
		defer stop()
	}
	return w.dockerOutput(ctx, "stats", "--no-stream", "--format", "{{.MemUsage}}", "dclaude-"+session+"-gateway")
}
