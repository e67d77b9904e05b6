package doctor

// This file has the checks that need no engine.

func login(f Facts) []Finding {
	const area = "login"
	l := f.Login
	var all []Finding
	who := ""
	if l.Plan != "" {
		who = " (" + l.Plan + ")"
	}
	const cure = "run `claude` on this computer and sign in"
	switch l.State {
	case "":
		all = one(area, OK, "", "sessions bring their own (credentials.source = %q)", l.Source)
	case "fresh":
		all = one(area, OK, "", "signed in%s; the token works for another %s", who, since(l.Expires.Sub(f.Now)))
	case "unknown":
		all = one(area, OK, "", "signed in%s; the token does not say how long it works", who)
	case "expiring":
		all = one(area, Warning, cure+" if it does not renew itself", "signed in%s; the token ends in %s", who, since(l.Expires.Sub(f.Now)))
	case "expired":
		all = one(area, Warning, cure+" if a launch does not renew it", "the token%s ended %s ago", who, since(f.Now.Sub(l.Expires)))
	case "missing":
		all = one(area, Warning, cure+", or type /login in the session", "there is no Claude login on this computer")
	default:
		p := l.Problem
		if p == nil {
			p = &Problem{Text: "the Claude login cannot be read", Hint: cure}
		}
		all = problem(area, Warning, p)
	}
	for _, w := range l.Warnings {
		all = append(all, problem(area, Warning, &w)...)
	}
	if l.Loose {
		all[len(all)-1].Fix = FixLoginMode
	}
	return all
}

func hostClaude(f Facts) []Finding {
	const area = "claude"
	if f.HostClaude.Problem != nil {
		return problem(area, Warning, f.HostClaude.Problem)
	}
	return one(area, OK, "", "Claude Code of this computer: %s (it renews the login)", f.HostClaude.Path)
}

func network(f Facts) []Finding {
	const area = "network"
	switch {
	case f.Network.Problem != nil:
		return problem(area, Failure, f.Network.Problem)
	case f.Network.Mode == "open":
		return one(area, Warning, `set network = "allowlist"`, "open: a session can reach every host that this machine can")
	case f.Network.Mode == "none":
		return one(area, OK, "", "none: a session reaches nothing, Anthropic's API included")
	}
	return one(area, OK, "", "allowlist: a session reaches only the hosts that you allow")
}

// littleDisk is less than an image takes while it is built.
const littleDisk = 4 << 30

func disk(f Facts) []Finding {
	const area = "disk"
	switch {
	case f.Disk.Problem != nil:
		return problem(area, Warning, f.Disk.Problem)
	case f.Disk.Free < littleDisk:
		return one(area, Warning, "make room; `docker system df` shows what the engine takes",
			"%s free at %s: building the image takes about 4 GiB", size(int64(f.Disk.Free)), f.Disk.Path)
	}
	return one(area, OK, "", "%s free at %s", size(int64(min(f.Disk.Free, 1<<62))), f.Disk.Path)
}

func terminal(f Facts) []Finding {
	const area = "terminal"
	t := f.Terminal
	switch {
	case !t.Interactive:
		return one(area, OK, "", "none here; sessions with a screen need one")
	case t.TERM == "" || t.TERM == "dumb":
		return one(area, Warning, "use another terminal, or set TERM", "TERM is %q: Claude cannot draw", t.TERM)
	case t.Cols < 40 || t.Rows < 10:
		return one(area, Warning, "make the window larger", "%s, %d by %d: too small for Claude", t.TERM, t.Cols, t.Rows)
	}
	return one(area, OK, "", "%s, %d by %d", t.TERM, t.Cols, t.Rows)
}

func leftovers(f Facts) []Finding {
	const area = "left-overs"
	l := f.Leftovers
	switch {
	case l == nil:
		return one(area, Skipped, "", "no engine to ask")
	case l.Problem != nil:
		return problem(area, Warning, l.Problem)
	case l.Containers == 0:
		return one(area, OK, "", "none")
	}
	all := one(area, Warning, "the next launch removes them, or dclaude doctor --fix",
		"earlier sessions left containers (%d)", l.Containers)
	all[0].Fix = FixLeftovers
	return all
}
