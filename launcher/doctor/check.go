package doctor

import (
	"fmt"
	"time"
)

// Status says how serious a finding is.
type Status string

// The states of a finding.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Failure Status = "error"
	// Skipped could not be looked at, because of another finding, or is not
	// here and need not be.
	Skipped Status = "skipped"
)

// Fix names something that doctor can put right by itself.
type Fix string

// The fixes.
const (
	NoFix         Fix = ""
	FixLeftovers  Fix = "left-overs"
	FixConfigMode Fix = "config-mode"
	FixLoginMode  Fix = "login-mode"
)

// Finding is one line of doctor's.
type Finding struct {
	Area   string `json:"area"`
	Status Status `json:"status"`
	Text   string `json:"text"`
	Cure   string `json:"cure,omitempty"`
	Fix    Fix    `json:"fix,omitempty"`
}

// Examine returns the findings, in a fixed order.
func Examine(f Facts) []Finding {
	var all []Finding
	for _, check := range []func(Facts) []Finding{
		config, engine, isolation, image, login, hostClaude, network, disk, terminal, leftovers,
	} {
		all = append(all, check(f)...)
	}
	return all
}

// Failed tells whether a session cannot be expected to work.
func Failed(all []Finding) bool {
	for _, f := range all {
		if f.Status == Failure {
			return true
		}
	}
	return false
}

func one(area string, status Status, cure, format string, args ...any) []Finding {
	return []Finding{{Area: area, Status: status, Text: fmt.Sprintf(format, args...), Cure: cure}}
}

func problem(area string, status Status, p *Problem) []Finding {
	return one(area, status, p.Hint, "%s", p.Text)
}

func config(f Facts) []Finding {
	const area = "settings"
	var all []Finding
	switch {
	case f.Config.Problem != nil:
		all = problem(area, Failure, f.Config.Problem)
		if f.Config.Loose {
			all[0].Fix = FixConfigMode
		}
	case f.Config.Exists:
		all = one(area, OK, "", "%s", f.Config.Path)
	default:
		all = one(area, OK, "", "all defaults: there is no %s", f.Config.Path)
	}
	for _, w := range f.Config.Warnings {
		all = append(all, one(area, Warning, "", "%s", w)...)
	}
	return all
}

// littleMemory is what an engine needs for one session to be comfortable.
const littleMemory = 2 << 30

func engine(f Facts) []Finding {
	const area = "engine"
	e := f.Engine
	if e.Problem != nil {
		return problem(area, Failure, e.Problem)
	}
	all := one(area, OK, "", "%s %s (API %s, %s) at %s, from %s", e.Product, e.Version, e.API, e.Arch, e.Where, e.Source)
	switch {
	case e.UserNS:
		all = append(all, one(area, Failure, "use another engine or context, or turn userns-remap off in the engine's daemon.json",
			"it maps user ids (userns-remap), so that no session could write its project")...)
	case e.Memory < littleMemory:
		all = append(all, one(area, Warning, "give the engine's machine more memory",
			"it has %s of memory and %d processors; a session takes about half a gigabyte", size(e.Memory), e.CPUs)...)
	default:
		all = append(all, one(area, OK, "", "it has %s of memory and %d processors", size(e.Memory), e.CPUs)...)
	}
	if e.Rootless {
		all = append(all, one(area, OK, "", "it is rootless: what a session writes belongs to you")...)
	}
	if !e.BuildKit {
		cure := "update the engine"
		if e.Product == "Podman" {
			cure = "" // no version of it has any
		}
		all = append(all, one(area, Warning, cure, "it has no BuildKit: images are built by the classic builder")...)
	}
	return all
}

func isolation(f Facts) []Finding {
	const area = "isolation"
	i := f.Isolation
	switch {
	case i == nil:
		return one(area, Skipped, "", "no engine to ask")
	case i.Problem != nil:
		return problem(area, Failure, i.Problem)
	case i.Untried:
		return one(area, Skipped, "", "it is tried with the image, which is not there yet")
	}
	var all []Finding
	way := func(name, why string) {
		if why == "" {
			all = append(all, one(area, OK, "", "%s works: seen in a container", name)...)
		} else {
			all = append(all, one(area, Skipped, "", "%s: not here (%s)", name, why)...)
		}
	}
	way("gVisor registered with the engine (runsc)", i.Registered)
	way("gVisor that dclaude carries (nested)", i.Nested)
	verdict := one(area, OK, "", "sessions run under gVisor (isolation = %q)", i.Setting)
	const cure = `mend one of the two ways above, or set isolation = "auto" to take what there is`
	switch none := i.Registered != "" && i.Nested != ""; {
	case i.Setting == "runc":
		verdict = one(area, Warning, `set isolation = "auto"`, "sessions share the engine's kernel, because isolation = \"runc\" says so")
	case i.Setting == "runsc" && i.Registered != "", i.Setting == "nested" && i.Nested != "", i.Setting == "gvisor" && none:
		verdict = one(area, Failure, cure, "no session starts: isolation = %q cannot be had here", i.Setting)
	case none:
		verdict = one(area, Warning, "mend one of the two ways above", "sessions share the engine's kernel (runc): there is no gVisor here")
	}
	return append(all, verdict...)
}

func image(f Facts) []Finding {
	const area = "image"
	i := f.Image
	switch {
	case i == nil:
		return one(area, Skipped, "", "no engine to ask")
	case i.Problem != nil:
		return problem(area, Failure, i.Problem)
	case !i.Present:
		return one(area, OK, "", "not built yet: the first launch builds it, which takes a minute or two")
	}
	text := fmt.Sprintf("claude-sandbox, %s, built %s ago for Claude Code %s", size(i.Size), since(f.Now.Sub(i.Built)), i.Claude)
	if i.GVisor != "" {
		text += ", with gVisor " + i.GVisor
	}
	all := one(area, OK, "", "%s", text)
	if i.Stale != "" {
		all = append(all, one(area, Warning, "", "the next launch builds it again: %s", i.Stale)...)
	}
	return all
}

func since(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", max(0, int(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func size(bytes int64) string {
	const mib = 1 << 20
	if bytes < 1024*mib {
		return fmt.Sprintf("%d MiB", bytes/mib)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1024*mib))
}
