//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// target reads the arguments PID COMM: a process outside, as the host numbers
// it, and its name. Inside, the number may belong to something else.
func target(args []string) (int, error) {
	number, err := argument(args, 0)
	if err != nil {
		return 0, err
	}
	name, err := argument(args, 1)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(number)
	if err != nil {
		return 0, unready{err}
	}
	comm, err := os.ReadFile("/proc/" + number + "/comm")
	if err != nil {
		return pid, err
	}
	if strings.TrimSpace(string(comm)) != name {
		return pid, fmt.Errorf("process %d is another one here, %q", pid, comm)
	}
	return pid, nil
}

func seePID(args []string) error {
	_, err := target(args)
	return err
}

func tracePID(args []string) error {
	pid, err := target(args)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := unix.PtraceAttach(pid); err != nil {
		return err
	}
	if _, err := unix.Wait4(pid, nil, 0, nil); err != nil {
		return unready{err}
	}
	return unix.PtraceDetach(pid)
}

func killPID(args []string) error {
	pid, err := target(args)
	if err != nil {
		return err
	}
	return unix.Kill(pid, unix.SIGKILL)
}

// attachMemory attaches the shared memory with that KEY.
func attachMemory(args []string) error {
	text, err := argument(args, 0)
	if err != nil {
		return err
	}
	key, err := strconv.Atoi(text)
	if err != nil {
		return unready{err}
	}
	id, err := unix.SysvShmGet(key, 0, 0)
	if err != nil {
		return fmt.Errorf("shmget: %w", err)
	}
	b, err := unix.SysvShmAttach(id, 0, unix.SHM_RDONLY)
	if err != nil {
		return fmt.Errorf("shmat: %w", err)
	}
	return unix.SysvShmDetach(b)
}

// dialAbstract connects to the abstract socket NAME of the same network.
func dialAbstract(args []string) error {
	name, err := argument(args, 0)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unix", "@"+name)
	if err != nil {
		return err
	}
	return conn.Close()
}

// listenAbstract holds the abstract socket NAME open until it is killed.
func listenAbstract(args []string) {
	name, err := argument(args, 0)
	if err == nil {
		var l net.Listener
		if l, err = net.Listen("unix", "@"+name); err == nil {
			fmt.Println("listening")
			for {
				conn, err := l.Accept()
				if err != nil {
					break
				}
				conn.Close()
			}
			err = errors.New("the socket was closed")
		}
	}
	fmt.Fprintln(os.Stderr, "attack listen:", err)
	os.Exit(2)
}
