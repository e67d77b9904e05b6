package image

import (
	"io/fs"

	"dclaude/assets"
)

// gatewayDockerfile needs no base image, and so nothing from a registry.
const gatewayDockerfile = `FROM scratch
COPY dclaude-gateway /dclaude-gateway
USER 65534:65534
ENTRYPOINT ["/dclaude-gateway"]
`

// GatewayContext returns the build context of the gateway's image: one program.
// arch is as in Options. It fails, with an error that has a hint, when dclaude
// was built without that program.
func GatewayContext(arch string) (fs.FS, error) {
	program, err := assets.Gateway(goarch(arch))
	if err != nil {
		return nil, err
	}
	return newTree(map[string]*node{
		"Dockerfile":      {mode: 0o644, data: []byte(gatewayDockerfile)},
		"dclaude-gateway": {mode: 0o755, program: program},
	}), nil
}
