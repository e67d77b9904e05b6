package gitconfig

import (
	"regexp"
	"slices"
	"strings"
)

// allowedKeys are the keys that pass. A name that ends in ".*" stands for all
// keys of that section, without subsections. What names a program, a file, a
// host, a key or a credential is not here, whatever its section, nor what
// would stop the older git of the image (core.commentChar of two characters).
const allowedKeys = `
	user.name user.email user.useConfigOnly author.name author.email committer.name committer.email

	advice.* alias.* color.* column.* pretty.* status.*

	apply.ignoreWhitespace apply.whitespace
	blame.blankBoundary blame.coloring blame.date blame.showEmail blame.showRoot
	branch.autoSetupMerge branch.autoSetupRebase branch.sort
	checkout.defaultRemote checkout.guess
	commit.cleanup commit.status commit.verbose
	core.abbrev core.autocrlf core.eol core.quotePath core.safecrlf core.whitespace
	diff.algorithm diff.colorMoved diff.colorMovedWS diff.context diff.dirstat diff.ignoreSubmodules
	diff.indentHeuristic diff.interHunkContext diff.mnemonicPrefix diff.noPrefix diff.relative diff.renameLimit
	diff.renames diff.statGraphWidth diff.statNameWidth diff.submodule diff.suppressBlankEmpty diff.wordRegex
	diff.wsErrorHighlight
	fetch.all fetch.output fetch.prune fetch.pruneTags
	format.pretty
	grep.column grep.extendedRegexp grep.fullName grep.lineNumber grep.patternType
	help.autocorrect
	init.defaultBranch
	interactive.singleKey
	log.abbrevCommit log.date log.decorate log.diffMerges log.excludeDecoration log.follow log.graphColors
	log.initialDecorationSet log.mailmap log.showRoot
	merge.autoStash merge.branchdesc merge.conflictStyle merge.directoryRenames merge.ff merge.log
	merge.renameLimit merge.renames merge.stat merge.verbosity
	pull.ff pull.rebase
	push.autoSetupRemote push.default push.followTags push.useForceIfIncludes
	rebase.abbreviateCommands rebase.autoSquash rebase.autoStash rebase.forkPoint rebase.instructionFormat
	rebase.missingCommitsCheck rebase.rebaseMerges rebase.rescheduleFailedExec rebase.stat rebase.updateRefs
	rerere.autoUpdate rerere.enabled
	stash.showIncludeUntracked stash.showPatch stash.showStat
	submodule.recurse
	tag.sort
	versionsort.suffix
`

// identity are the keys that a commit needs. They are kept where others are
// given up: behind a fault in the file, and when there is too much of the rest.
const identity = "user.name user.email author.name author.email committer.name committer.email"

// filter decides which entries pass.
type filter struct {
	allowed  map[string]bool
	identity []string
}

func newFilter() filter {
	f := filter{allowed: map[string]bool{}, identity: strings.Fields(identity)}
	for _, key := range strings.Fields(strings.ToLower(allowedKeys)) {
		f.allowed[key] = true
	}
	return f
}

func (f filter) isIdentity(e entry) bool { return slices.Contains(f.identity, e.name) }

// passes reports whether the key may enter a sandbox, with the value it has.
// why says what is wrong with the value of a key that may.
func (f filter) passes(e entry) (ok bool, why string) {
	section, sub, key := split(e.name)
	switch {
	case e.doubtful && !f.isIdentity(e):
		return false, ""
	case section == "color" && sub != "": // color.diff.meta and the like
	case sub != "" || strings.Count(e.name, ".") != 1:
		return false, ""
	case !f.allowed[section+".*"] && !f.allowed[section+"."+key]:
		return false, ""
	}
	switch {
	case section == "alias" && !plainAlias(e.value):
		return false, ""
	case e.implicit && (section == "alias" || f.isIdentity(e)):
		return false, "" // git stops at these; a key without a value is for switches
	case len(e.value) > maxValue:
		return false, "is too long"
	case looksSecret(e.value):
		return false, "looks like a secret"
	}
	return true, ""
}

// split takes a name apart at its first and last dot, as git does.
func split(name string) (section, sub, key string) {
	first, last := strings.IndexByte(name, '.'), strings.LastIndexByte(name, '.')
	section, key = name[:first], name[last+1:]
	if first < last {
		sub = name[first+1 : last]
	}
	return section, sub, key
}

// plainAlias reports whether an alias is a git command with arguments: no
// shell command, however its "!" is wrapped, and no options of git itself
// before the command (-c sets any key, --exec-path runs other programs).
func plainAlias(value string) bool {
	value = strings.TrimLeft(value, " \t\r\n\"'\\")
	return !strings.HasPrefix(value, "!") && !strings.HasPrefix(value, "-")
}

// secretForms are what tokens and passwords look like in configurations.
var secretForms = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`[a-z][a-z0-9+.-]*://[^/\s@]*@`, // a URL with a user in it
	`\bauthorization\s*:`,
	`\b(?:bearer|basic)\s+[a-z0-9+/=._-]{8,}`,
	`(?:token|secret|passw(?:or)?d|api[_-]?key)["']?\s*[=:]\s*\S`,
	`-----BEGIN`,
	`\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk-|akia|asia|npm_|pypi-|aiza|eyj|hf_|dop_v1_|ya29\.)[a-z0-9_-]{12,}`,
}, "|"))

var longWord = regexp.MustCompile(`[A-Za-z0-9+/_=-]{32,}`)

// looksSecret reports whether a value should not leave the host. It rather
// takes one harmless value too many for a secret.
func looksSecret(value string) bool {
	if secretForms.MatchString(value) {
		return true
	}
	for _, word := range longWord.FindAllString(value, -1) {
		digits, letters := 0, 0
		for _, c := range []byte(word) {
			switch {
			case isLetter(c):
				letters++
			case '0' <= c && c <= '9':
				digits++
			}
		}
		if digits >= 4 && letters >= 4 {
			return true
		}
	}
	return false
}
