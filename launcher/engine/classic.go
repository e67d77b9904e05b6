package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"
)

// buildClassic builds with the engine's first builder, which Podman imitates.
func (e *Engine) buildClassic(ctx context.Context, req BuildRequest, progress Progress, log io.Writer, tail *tail) (BuildResult, error) {
	archive, err := contextTar(req.Context)
	if err != nil {
		return BuildResult{}, err
	}
	args := make(map[string]*string, len(req.Args))
	for name, value := range req.Args {
		args[name] = &value
	}
	answer, err := e.api.ImageBuild(ctx, archive, client.ImageBuildOptions{
		Version:     build.BuilderV1,
		Dockerfile:  "Dockerfile",
		Tags:        req.Tags,
		BuildArgs:   args,
		Labels:      req.Labels,
		NoCache:     req.NoCache,
		ExtraHosts:  req.ExtraHosts,
		AuthConfigs: e.registryLogins(),
		Remove:      true,
		ForceRemove: true,
	})
	if err != nil {
		return BuildResult{}, err
	}
	defer answer.Body.Close()
	return readClassic(answer.Body, io.MultiWriter(progress.Out, log), tail)
}

// readClassic shows the builder's reports as plain lines and returns the id of
// the image that it names last.
func readClassic(body io.Reader, out io.Writer, tail *tail) (BuildResult, error) {
	var result BuildResult
	view := classicView{out: out, tail: tail, layers: make(map[string]string)}
	for decoder := json.NewDecoder(body); ; {
		var m jsonstream.Message
		if err := decoder.Decode(&m); err != nil {
			if errors.Is(err, io.EOF) && result.ImageID != "" {
				return result, nil
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return BuildResult{}, err
		}
		if m.Error != nil {
			tail.fail(view.step)
			return BuildResult{}, m.Error
		}
		if m.Aux != nil {
			var made build.Result
			if json.Unmarshal(*m.Aux, &made) == nil && made.ID != "" {
				result.ImageID = made.ID
			}
		}
		view.show(m)
	}
}

// classicView prints the reports of the classic builder.
type classicView struct {
	out  io.Writer
	tail *tail
	text plainText
	step string
	// layers holds the last status of each layer that is being pulled, whose
	// repetitions carry progress alone.
	layers map[string]string
}

func (v *classicView) show(m jsonstream.Message) {
	text := v.text.clean([]byte(m.Stream))
	if m.Status != "" && v.layers[m.ID] != m.Status {
		v.layers[m.ID] = m.Status
		text = append(text, plainLine(strings.TrimPrefix(m.ID+": "+m.Status, ": "))+"\n"...)
	}
	if len(text) == 0 {
		return
	}
	if strings.HasPrefix(string(text), "Step ") || strings.HasPrefix(string(text), "STEP ") {
		v.step = string(text)
		v.tail.name(v.step, strings.TrimSpace(v.step))
	} else {
		v.tail.write(v.step, text)
	}
	// A display that cannot be written to is no reason to end a build.
	_, _ = v.out.Write(text)
}

// registryLogins returns the logins to registries that the docker CLI has; the
// classic builder wants them ahead. Without them public images can be had.
func (e *Engine) registryLogins() map[string]registry.AuthConfig {
	logins := make(map[string]registry.AuthConfig)
	stored, err := e.dockerConfig().GetAllCredentials()
	if err != nil {
		return logins
	}
	for host, c := range stored {
		logins[host] = registry.AuthConfig{
			Username: c.Username, Password: c.Password, ServerAddress: c.ServerAddress,
			IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken,
		}
	}
	return logins
}
