// Command guest is the only program in the images of the engine tests. Its
// first argument says what to do.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"wait"}
	}
	commands := map[string]func([]string) int{
		"exit": exit, "say": say, "cat": cat, "lines": lines, "wait": wait, "ignore": ignore,
		"eat": eat, "show": show, "write": write, "noise": noise, "env": env, "linger": linger,
	}
	run, ok := commands[args[0]]
	if !ok {
		fmt.Fprintln(os.Stderr, "guest: no command", args[0])
		os.Exit(99)
	}
	os.Exit(run(args[1:]))
}

func exit(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 98
	}
	return code
}

// say writes its first argument to stdout and its second to stderr.
func say(args []string) int {
	fmt.Fprint(os.Stdout, args[0])
	if len(args) > 1 {
		fmt.Fprint(os.Stderr, args[1])
	}
	return 0
}

// cat copies its input to its output and says when the input ended.
func cat([]string) int {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return 1
	}
	fmt.Fprint(os.Stderr, "end of input")
	return 0
}

// lines answers each line of input with its bytes, as text.
func lines([]string) int {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if in.Text() == "quit" {
			return 7
		}
		fmt.Printf("got %q\n", in.Text())
	}
	return 0
}

// wait says that it is ready and ends with SIGTERM.
func wait([]string) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	fmt.Println("ready")
	<-signals
	return 3
}

// ignore says that it is ready and does not end with SIGTERM.
func ignore([]string) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	fmt.Println("ready")
	for range signals {
	}
	return 96
}

// linger keeps running after its outputs are closed.
func linger(args []string) int {
	os.Stdout.Close()
	os.Stderr.Close()
	time.Sleep(300 * time.Millisecond)
	return exit(args)
}

// eat takes memory until the kernel objects.
func eat([]string) int {
	var all [][]byte
	for {
		piece := make([]byte, 1<<20)
		for i := range piece {
			piece[i] = byte(i)
		}
		all = append(all, piece)
		if len(all) > 4096 {
			return 97
		}
	}
}

// show prints what its user can see: ids, folder, limits, and the files named.
func show(args []string) int {
	dir, _ := os.Getwd()
	host, _ := os.Hostname()
	fmt.Printf("uid=%d gid=%d dir=%s host=%s\n", os.Getuid(), os.Getgid(), dir, host)
	var core syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &core) == nil {
		fmt.Printf("core=%d\n", core.Max)
	}
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "CapBnd") || strings.HasPrefix(line, "NoNewPrivs") {
			fmt.Println(strings.ReplaceAll(line, "\t", ""))
		}
	}
	for _, name := range args {
		info, err := os.Lstat(name)
		if err != nil {
			fmt.Printf("%s: %v\n", name, err)
			continue
		}
		stat := info.Sys().(*syscall.Stat_t)
		data, err := os.ReadFile(name)
		fmt.Printf("%s %o %d:%d %q %v\n", filepath.Base(name), info.Mode().Perm(), stat.Uid, stat.Gid, data, err)
	}
	return 0
}

func write(args []string) int {
	if err := os.WriteFile(args[0], []byte(args[1]), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// noise prints numbered lines with escape sequences, then ends with a code.
func noise(args []string) int {
	for i := range 40 {
		fmt.Printf("\x1b[31mline %d\x1b[0m\x1b]52;c;aGVsbG8=\x07\r\n", i)
	}
	return exit(args)
}

func env([]string) int {
	fmt.Println(strings.Join(os.Environ(), "\n"))
	return 0
}
