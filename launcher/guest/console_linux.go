package guest

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// listen opens the socket on which runsc hands over the terminal that it made.
// Only the sandbox's id can connect to it.
func listen(path string, sandbox int) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("bind", err)
	}
	if err := errors.Join(os.Chmod(path, 0o600), os.Chown(path, sandbox, -1)); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if err := unix.Listen(fd, 1); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("listen", err)
	}
	return fd, nil
}

// accept waits for the terminal and relays from then on. A runsc that ends
// before it has made one leaves this waiting, which holds nothing up.
func (r *terminalRelay) accept(socket int) {
	defer unix.Close(socket)
	master, err := receiveFile(socket)
	if err == nil {
		err = r.attach(master)
	}
	if err != nil {
		warn(os.Stderr, errors.Join(errors.New("the session's terminal did not arrive"), err))
	}
}

// receiveFile accepts one connection and takes the descriptor that it carries.
func receiveFile(socket int) (int, error) {
	conn, _, err := unix.Accept4(socket, unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("accept", err)
	}
	defer unix.Close(conn)
	name, oob := make([]byte, 64), make([]byte, unix.CmsgSpace(4))
	_, got, _, _, err := unix.Recvmsg(conn, name, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("recvmsg", err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:got])
	if err != nil {
		return -1, err
	}
	if len(messages) != 1 {
		return -1, errors.New("no descriptor in the message")
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	if len(fds) != 1 {
		return -1, errors.New("not one descriptor in the message")
	}
	return fds[0], nil
}

// newTerminal makes a terminal pair: the master, and the side that programs
// use.
func newTerminal() (master int, slave *os.File, err error) {
	master, err = unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, nil, os.NewSyscallError("open /dev/ptmx", err)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		unix.Close(master)
		return -1, nil, os.NewSyscallError("unlock the terminal", err)
	}
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		unix.Close(master)
		return -1, nil, os.NewSyscallError("name the terminal", err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		unix.Close(master)
		return -1, nil, err
	}
	return master, slave, nil
}
