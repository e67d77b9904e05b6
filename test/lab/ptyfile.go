package lab

import (
	"os"

	"golang.org/x/sys/unix"
)

// pollable returns the terminal as a file whose Close interrupts a read that
// waits. Otherwise a read in progress would keep the terminal open, and a
// hang-up would never reach the program. It takes f over.
func pollable(f *os.File) (*os.File, error) {
	defer func() { _ = f.Close() }() // its copy stays open
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// setSize sets a terminal's size without the file's Fd method, which would
// make its reads block again.
func setSize(f *os.File, cols, rows uint16) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = conn.Control(func(fd uintptr) {
		failure = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: cols, Row: rows})
	})
	if err != nil {
		return err
	}
	return failure
}
