package project

import "syscall"

// device widens the signed 32-bit number that macOS has, without its sign.
func device(st *syscall.Stat_t) uint64 { return uint64(uint32(st.Dev)) }
