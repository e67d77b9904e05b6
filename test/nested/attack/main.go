//go:build linux

// Command attack tries to break out of a container, one way per run:
//
//	attack NAME [ARGUMENT...]
//
// It ends with 0 if the attack worked, with 1 and the reason if it was
// repelled, and with 2 if it could not be tried. The tests of nested gVisor
// run it in a session, where each attack has to be repelled, and in a container
// without that protection, where the same attack has to work: else it would
// prove nothing.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

// attack returns nil if it worked.
type attack func(args []string) error

// attacks maps a name to what it tries.
var attacks = map[string]attack{
	"mount":      mountFileSystem,
	"pivot-root": pivotRoot,
	"peel":       peelMounts,
	"mknod":      makeDevice,
	"proc-write": writeProc,
	"sys-write":  writeSys,
	"setuid":     gainRoot,
	"race":       raceLinks,
	"own-files":  writeOwnFiles,
	"control":    callControl,
	"ptrace":     tracePID,
	"see-pid":    seePID,
	"kill":       killPID,
	"ipc":        attachMemory,
	"abstract":   dialAbstract,
	"keyring":    addKey,
	"bpf":        makeMap,
	"io-uring":   setUpRing,
	"userfault":  makeUserfault,
	"raw":        rawSocket,
	"packet":     packetSocket,
}

// unready is a failure to try at all.
type unready struct{ error }

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: attack NAME [ARGUMENT...]; NAME is one of", slices.Sorted(maps.Keys(attacks)))
		os.Exit(2)
	}
	name, args := os.Args[1], os.Args[2:]
	switch name {
	case "am-i-root": // what gainRoot executes
		os.Exit(map[bool]int{true: 0, false: 1}[os.Geteuid() == 0])
	case "listen": // what dialAbstract calls
		listenAbstract(args)
	}
	try, ok := attacks[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "attack: no attack %q\n", name)
		os.Exit(2)
	}
	err := try(args)
	var notYet unready
	switch {
	case err == nil:
		fmt.Println(name + ": worked")
	case errors.As(err, &notYet):
		fmt.Fprintf(os.Stderr, "attack %s: cannot be tried: %v\n", name, err)
		os.Exit(2)
	default:
		fmt.Printf("%s: repelled: %v\n", name, err)
		os.Exit(1)
	}
}

// argument is the n-th argument of an attack, which it cannot do without.
func argument(args []string, n int) (string, error) {
	if n >= len(args) {
		return "", unready{fmt.Errorf("argument %d is missing", n+1)}
	}
	return args[n], nil
}
