package engine

import (
	"fmt"
	"runtime"
)

// Hint says what the user can do next, in one line, naming the engine in use;
// "" if nothing is known to help.
func (e *Error) Hint() string { return e.hint(runtime.GOOS) }

func (e *Error) hint(goos string) string {
	switch e.Kind {
	case KindUnreachable:
		return startHint(e.Product, goos)
	case KindPermission:
		return permissionHint(e.Product, e.Endpoint, goos)
	case KindBadEndpoint:
		return "`docker context ls` lists the contexts; --host and DOCKER_HOST take an address such as unix:///var/run/docker.sock"
	case KindRemote:
		return "use an engine on this machine: --context default, or unset DOCKER_HOST and DOCKER_CONTEXT"
	case KindTooOld:
		return fmt.Sprintf("update %s to a version that contains Docker Engine 20.10 or newer", e.Product)
	case KindTimeout, KindConnectionLost:
		return fmt.Sprintf("look whether %s is still running: `docker info`; restart it if that hangs", e.Product)
	case KindDiskFull:
		return diskHint(e.Product)
	case KindMount:
		return mountHint(e.Product)
	case KindUnknownRuntime:
		return fmt.Sprintf("`docker info` lists the runtimes of %s; --isolation auto takes the best one there is", e.Product)
	case KindRuntimeFailed:
		return "--isolation runc uses the engine's own runtime; `docker info` lists the runtimes it has"
	case KindNameConflict:
		return "`dclaude ls` shows what is running; `dclaude stop NAME` removes it"
	case KindNoImage:
		return "--rebuild builds the image again"
	case KindUnsupported:
		return "an allow-list needs Docker Engine, Docker Desktop, OrbStack, Colima or another engine that is Docker's; --network none works with any"
	case KindDenied:
		return fmt.Sprintf("an access rule of %s forbids it: ask who administers it", e.Product)
	case KindNotFound, KindNotRunning:
		return "`dclaude ls` shows the sessions that are running"
	}
	return ""
}

func startHint(product, goos string) string {
	switch {
	case product == DockerDesktop && goos == "darwin":
		return "start Docker Desktop: open -a Docker"
	case product == DockerDesktop:
		return "start Docker Desktop: systemctl --user start docker-desktop"
	case product == OrbStack:
		return "start OrbStack: orb start"
	case product == Colima:
		return "start Colima: colima start"
	case product == Lima:
		return "start the virtual machine: limactl start docker"
	case product == RancherDesktop:
		return "start Rancher Desktop: rdctl start"
	case product == Podman && goos == "darwin":
		return "start Podman: podman machine start"
	case product == Podman:
		return "start Podman's socket: systemctl --user start podman.socket"
	case goos == "darwin":
		return "start your container engine; if you have none, install Docker Desktop, OrbStack (brew install orbstack) or Colima (brew install colima docker)"
	}
	return "start the engine: sudo systemctl start docker; if you have none: sudo apt-get install docker.io"
}

func permissionHint(product, endpoint, goos string) string {
	if product == Podman && goos != "darwin" {
		return "use Podman's socket of your own: systemctl --user start podman.socket"
	}
	if goos == "darwin" {
		return fmt.Sprintf("%s belongs to another user: start %s as yourself", socketPath(endpoint), product)
	}
	return "join the group docker (sudo usermod -aG docker $USER, then log in again) or run this with sudo"
}

func diskHint(product string) string {
	const free = "`docker system df` shows what takes the space, `docker system prune` frees what is unused"
	switch product {
	case DockerDesktop, OrbStack, Colima, Lima, RancherDesktop:
		return free + fmt.Sprintf("; or give the disk of %s more room in its settings", product)
	case Podman:
		return "`podman system df` shows what takes the space, `podman system prune` frees what is unused"
	}
	return free
}

func mountHint(product string) string {
	switch product {
	case DockerDesktop:
		return "share the folder with Docker Desktop: Settings > Resources > File sharing"
	case Colima:
		return "share the folder with Colima: colima start --edit, under mounts; your home directory is shared from the start"
	case Lima, RancherDesktop:
		return fmt.Sprintf("share the folder with the virtual machine of %s; your home directory is shared from the start", product)
	case OrbStack:
		return "look whether the folder still exists, and whether OrbStack may read it: System Settings > Privacy & Security > Files and Folders"
	case Podman:
		return "look whether the folder still exists; on a Mac, share it: podman machine init --volume FOLDER"
	}
	return "look whether the folder still exists, and whether the engine can see it"
}
