package project

import (
	"os"
	"syscall"
)

// fileID is what os.SameFile compares: it is the same for every path that leads
// to a folder.
type fileID struct{ device, inode uint64 }

// identity returns the device and inode behind info.
func identity(info os.FileInfo) fileID {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}
	}
	return fileID{device: device(st), inode: st.Ino}
}

// owner returns the numeric ids of the folder's owner.
func owner(info os.FileInfo) (uid, gid int) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, -1
	}
	return int(st.Uid), int(st.Gid)
}
