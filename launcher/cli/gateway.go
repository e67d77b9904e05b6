package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"dclaude/launcher/engine"
	"dclaude/launcher/image"
	"dclaude/launcher/plan"
	"dclaude/launcher/registries"
	"dclaude/launcher/session"
)

// reach finds out what an allow-list is made of, besides the settings, and sees
// to it that there is an image for the gateway.
func (a *app) reach(ctx context.Context, e *engine.Engine, info engine.Info, projectPath, name string) (plan.Reach, error) {
	if err := a.ensureGatewayImage(ctx, e, info); err != nil {
		return plan.Reach{}, err
	}
	networks, err := e.Networks(ctx, nil)
	if err != nil {
		return plan.Reach{}, err
	}
	machine := session.LookAtMachine()
	subnet, err := plan.ChooseSubnet(name, session.Ranges(networks), machine.Reached)
	if err != nil {
		return plan.Reach{}, &hintedError{err, "end sessions that you no longer need (dclaude ls), or remove networks of the engine (docker network prune)"}
	}
	out, err := egressNetwork(networks)
	if err != nil {
		return plan.Reach{}, err
	}
	kept, err := a.grants().Load()
	if err != nil {
		return plan.Reach{}, &hintedError{err, "correct the file, or remove it to forget what was allowed and forbidden with dclaude net"}
	}
	own := kept.For(projectPath)
	return plan.Reach{Subnet: subnet, Egress: out, Hosts: machine.Addresses, Granted: own.Allow, Denied: own.Deny}, nil
}

// allowListOn is why there can be no allow-list on an engine.
func allowListOn(info engine.Info) error {
	if info.KeepsHostOff() {
		return nil
	}
	return &hintedError{
		fmt.Errorf("%s cannot keep its own machine off a session's network, so it can hold no allow-list", info.Product),
		"use Docker Engine, Docker Desktop, OrbStack or Colima, or choose --network none or open",
	}
}

// egressNetwork is the one by which a gateway gets out.
func egressNetwork(networks []engine.Network) (string, error) {
	n, ok := engine.DefaultNetwork(networks)
	if !ok {
		return "", &hintedError{
			errors.New("the engine has no default network, by which a session's gateway would reach the allowed hosts"),
			`start the engine without --bridge=none, or use --network none`,
		}
	}
	return n.Name, nil
}

// addRegistries adds what the tools in the image and the user's own
// configuration fetch packages from.
func (a *app) addRegistries(ctx context.Context, e *engine.Engine, imageID, projectPath string, r *plan.Reach) ([]plan.Warning, error) {
	sources, err := session.ImageRegistries(ctx, e, imageID, a.engineDir(e), sessionName("probe"))
	if err != nil {
		return nil, err
	}
	own, warnings, err := a.homeRegistries(projectPath)
	if err != nil {
		return nil, err
	}
	sources = append(sources, own...)
	r.Registries, r.Presets = registries.Rules(sources), registries.Presets(sources)
	return warnings, nil
}

// homeRegistries are those of the user's own configuration, save what sessions
// could have written, the one on the projects given among them.
func (a *app) homeRegistries(projects ...string) ([]registries.Source, []plan.Warning, error) {
	touched, err := a.touched(projects...)
	if err != nil {
		return nil, nil, err
	}
	sources, texts := registries.Home(a.home(), touched.Decides)
	return sources, warningsOf(texts), nil
}

func (a *app) ensureGatewayImage(ctx context.Context, e *engine.Engine, info engine.Info) error {
	files, err := image.GatewayContext(info.Arch)
	if err != nil {
		return err
	}
	digest, err := image.Digest(files, "scratch")
	if err != nil {
		return err
	}
	_, err = session.EnsureImage(ctx, e, session.ImageRequest{
		Tag:     plan.GatewayImage,
		Wanted:  image.Wanted{Digest: digest, Version: version},
		Context: files,
		Dir:     filepath.Join(a.engineDir(e), "gateway"),
		Say:     func(string, ...any) {}, // it takes a second
	})
	return err
}

// closeGateway removes the way out of a session that has ended. What stays is
// removed by a later launch.
func (a *app) closeGateway(ctx context.Context, e *engine.Engine, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stayTime)
	defer cancel()
	if err := session.CloseGateway(ctx, e, name); err != nil {
		a.out.warn(err.Error(), "")
	}
}
