package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// unmountBelow takes away what an engine that was killed has left mounted.
func unmountBelow(dirs ...string) error {
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for _, point := range mountsBelow(string(info), dirs...) {
		if err := unix.Unmount(point, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	return nil
}
