package engine

// defaultBridge is the option by which Docker marks its default network.
const defaultBridge = "com.docker.network.bridge.default_bridge"

// DefaultNetwork finds, among all networks of an engine, the one by which its
// containers reach the world unless they are told otherwise. Docker marks it, and
// has none when it is set up so (bridge "none"). Podman has no mark: it lists
// "podman", and from version 4.2 on "bridge" in place of that name
// (https://github.com/containers/podman/pull/15016).
func DefaultNetwork(networks []Network) (Network, bool) {
	for _, fits := range []func(Network) bool{
		func(n Network) bool { return n.Options[defaultBridge] == "true" },
		func(n Network) bool { return n.Name == "bridge" },
		func(n Network) bool { return n.Name == "podman" },
	} {
		for _, n := range networks {
			if fits(n) && !n.Internal && len(n.Labels) == 0 {
				return n, true
			}
		}
	}
	return Network{}, false
}
