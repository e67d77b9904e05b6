package review

import (
	"bytes"
	"path"
	"strings"
)

// Risk says why a change of an entry can run code on the host later, or mislead
// who works there; "" if it is a file like any other.
func Risk(e Entry) string {
	name := string(e.Path)
	switch e.Kind {
	case Folder:
		return ""
	case Link:
		if outside(name, string(e.Target)) {
			return "link out of the project"
		}
	case Fifo, Other:
		return "no file: what reads it may wait for ever"
	}
	if e.Kind == File && e.Mode&0o6000 != 0 {
		return "runs as its owner, whoever starts it"
	}
	if len(e.Git) > 0 {
		if why := gitRisk(string(e.Git)); why != "" {
			return why
		}
	}
	parts := strings.Split(strings.ToLower(name), "/")
	for _, part := range parts {
		if why := riskyFolders()[part]; why != "" {
			return why
		}
	}
	base := parts[len(parts)-1]
	if why := riskyFiles()[base]; why != "" {
		return why
	}
	return riskyExtensions()[path.Ext(base)]
}

// outside tells whether a link at name leads out of the project, by its text
// alone: nothing is followed.
func outside(name, target string) bool {
	if strings.HasPrefix(target, "/") {
		return true
	}
	clean := path.Join(path.Dir(name), target)
	return clean == ".." || strings.HasPrefix(clean, "../")
}

// gitRisk judges a path below a git folder.
func gitRisk(rel string) string {
	rel = strings.ToLower(rel)
	first, _, _ := strings.Cut(rel, "/")
	switch {
	case rel == "." || rel == "commondir":
		return "tells git where its settings are"
	case rel == "config" || rel == "config.worktree":
		return "git's settings, which can name programs to run"
	case first == "hooks":
		return "git runs it"
	case first == "info":
		return "git's settings for files"
	}
	return ""
}

// riskyFolders have files that programs obey when they open the project.
func riskyFolders() map[string]string {
	const editor, ci = "an editor obeys it", "CI runs it"
	return map[string]string{
		".vscode": editor, ".idea": editor, ".devcontainer": editor, ".zed": editor, ".fleet": editor,
		".husky": "git runs it", ".githooks": "git may run it",
		".claude": "Claude Code obeys it", ".cursor": "an assistant obeys it", ".windsurf": "an assistant obeys it", ".gemini": "an assistant obeys it",
		".github": ci, ".gitlab": ci, ".circleci": ci, ".buildkite": ci, ".gitea": ci, ".forgejo": ci,
		".cargo": "cargo obeys it", ".mvn": "Maven obeys it", ".yarn": "yarn runs it", ".bundle": "bundler obeys it",
		".direnv": "a shell may run it",
	}
}

// riskyFiles are obeyed or run wherever they are in the project. Names are in
// lower case: not every file system tells case apart.
func riskyFiles() map[string]string {
	const build, pkg, shell, hook, ci, agent, editor = "a build runs it", "a package manager runs or obeys it", "a shell or version manager runs or obeys it",
		"git runs what it names", "CI runs it", "an assistant obeys it", "an editor obeys it"
	return map[string]string{
		".git": "tells git where its settings are", ".gitattributes": "git's settings for files", ".gitmodules": "tells git what to fetch",
		".pre-commit-config.yaml": hook, "lefthook.yml": hook, ".lefthook.yml": hook,
		".envrc": shell, ".env": "programs read their settings from it", ".tool-versions": shell, "mise.toml": shell, ".mise.toml": shell, ".autoenv.zsh": shell,
		".mcp.json": "Claude Code runs what it names", "claude.md": "Claude Code obeys it", "claude.local.md": "Claude Code obeys it",
		"agents.md": agent, "gemini.md": agent, ".cursorrules": agent, ".windsurfrules": agent, ".aider.conf.yml": agent,
		".dclaude.toml": "dclaude's settings for this project",
		"makefile":      build, "gnumakefile": build, "justfile": build, "taskfile.yml": build, "taskfile.yaml": build, "rakefile": build,
		"cmakelists.txt": build, "build.rs": build, "build.gradle": build, "build.gradle.kts": build, "settings.gradle": build, "gradlew": build,
		"mvnw": build, "pom.xml": build, "meson.build": build, "sconstruct": build, "wscript": build, "configure": build, "build.xml": build,
		"dockerfile": build, "containerfile": build, "docker-compose.yml": build, "docker-compose.yaml": build, "compose.yml": build, "compose.yaml": build,
		"vagrantfile": build, "flake.nix": build, "shell.nix": build, "default.nix": build, "tox.ini": build, "noxfile.py": build, "conftest.py": "tests run it",
		"package.json": pkg, ".npmrc": pkg, ".yarnrc": pkg, ".yarnrc.yml": pkg, ".pnp.cjs": pkg, ".pnpmfile.cjs": pkg, "setup.py": pkg, "setup.cfg": pkg,
		"pyproject.toml": pkg, "requirements.txt": pkg, "gemfile": pkg, "composer.json": pkg, "go.work": pkg,
		".gitlab-ci.yml": ci, ".travis.yml": ci, "jenkinsfile": ci, "azure-pipelines.yml": ci, "bitbucket-pipelines.yml": ci, ".drone.yml": ci, "appveyor.yml": ci,
		".exrc": editor, ".vimrc": editor, ".nvimrc": editor, ".nvim.lua": editor, ".lvimrc": editor, ".dir-locals.el": editor, ".dir-locals-2.el": editor,
	}
}

// riskyExtensions are run by a double click, or opened with more than they show.
func riskyExtensions() map[string]string {
	const click = "a double click runs it"
	return map[string]string{
		".command": click, ".desktop": click, ".terminal": click, ".workflow": click, ".webloc": click, ".scpt": click, ".app": click,
		".code-workspace": "an editor obeys it", ".sublime-project": "an editor obeys it", ".mk": "a build runs it", ".pth": "Python runs it",
	}
}

// Heavy tells whether a folder holds what tools make or fetch. A manifest takes
// it last.
func Heavy(name string) bool {
	switch name {
	case "node_modules", ".venv", "venv", "target", "vendor", "dist", "build", "out", ".cache", "__pycache__", ".next", ".tox", ".gradle", "Pods", ".build", "bower_components":
		return true
	}
	return false
}

// Urgent tells whether a folder may hold something risky. A manifest takes it
// first.
func Urgent(name string) bool {
	return strings.HasPrefix(name, ".") && (name == ".git" || riskyFolders()[strings.ToLower(name)] != "")
}

// GitSkips tells whether the inside of a folder below a git folder is of no
// interest: what git stores, and what it can be asked for.
func GitSkips(rel []byte) bool {
	first, _, _ := bytes.Cut(rel, []byte("/"))
	switch string(first) {
	case "objects", "logs", "refs", "lfs", "rr-cache", "annex":
		return true
	}
	return false
}
