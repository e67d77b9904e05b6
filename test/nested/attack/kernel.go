//go:build linux

package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

func addKey([]string) error {
	_, err := unix.AddKey("user", "dclaude-attack", []byte("secret"), unix.KEY_SPEC_PROCESS_KEYRING)
	return err
}

// makeMap makes a BPF map: union bpf_attr begins with type, key size, value
// size and number of entries (linux/bpf.h).
func makeMap([]string) error {
	const mapCreate, array = 0, 2
	attr := struct{ kind, key, value, entries, flags uint32 }{array, 4, 4, 1, 0}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, mapCreate, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	return closed(fd, errno)
}

// setUpRing makes an io_uring; its parameters are 120 bytes, zero at first
// (linux/io_uring.h).
func setUpRing([]string) error {
	var params [120]byte
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	return closed(fd, errno)
}

func makeUserfault([]string) error {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	return closed(fd, errno)
}

func rawSocket([]string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func packetSocket([]string) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func closed(fd uintptr, errno unix.Errno) error {
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}
