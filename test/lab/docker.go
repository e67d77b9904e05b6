package lab

import (
	"context"
	"os"
)

// docker is a call of the docker command line client against that endpoint,
// with none of the user's contexts, credentials and plugins in the way.
func (l *Lab) docker(host string, args ...string) command {
	return command{
		step: "docker " + args[0],
		env: []string{
			"DOCKER_HOST=" + host,
			"DOCKER_CONFIG=" + l.path("docker-config"),
			// Empty counts as unset: these would send the call elsewhere.
			"DOCKER_CONTEXT=", "DOCKER_TLS_VERIFY=", "DOCKER_CERT_PATH=",
			"DOCKER_CLI_HINTS=false",
		},
		args: append([]string{"docker"}, args...),
	}
}

// DockerCommand returns the words that start the docker client against the
// endpoint by hand.
func (l *Lab) DockerCommand(host string) []string {
	return []string{findProgram("docker"), "--config", l.path("docker-config"), "--host", host}
}

// images tells whether the engine has an image of that name.
func (l *Lab) hasImage(ctx context.Context, host, image string) bool {
	if err := os.MkdirAll(l.path("docker-config"), 0o750); err != nil {
		return false
	}
	_, err := l.docker(host, "image", "inspect", "--format", "{{.Id}}", image).output(ctx)
	return err == nil
}
