// Package engine talks to the container engine: Docker Engine, Docker Desktop,
// OrbStack, Colima, Lima, Rancher Desktop or Podman. It is the only package
// that imports the Docker client, docker/cli's libraries and BuildKit's
// client; callers see types of this package and of package plan alone.
//
// It touches the world (a socket, the docker CLI's configuration) and decides
// little: what a session is made of comes as a [plan.Container]. All failures
// are [*Error] or [*BuildError], with a hint that names the engine in use.
//
// An Engine is safe for use by several goroutines. A context ends the call it
// is given to; it does not end a [Stream] that the call returned.
package engine
