package gitconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatPasses(t *testing.T) {
	pass := `
		user.name=A  user.email=a@b.c  user.useconfigonly=true  author.name=B  committer.email=c@d.e
		alias.co=checkout  alias.lg=log --graph --pretty=format:'%h %s (%an)'  color.ui=auto  color.diff.new=green  color.Diff-Highlight.old=red
		column.ui=auto  init.defaultbranch=main  merge.conflictstyle=zdiff3  pull.rebase=true  push.autosetupremote=true  rebase.autosquash=true
		diff.algorithm=histogram  diff.mnemonicprefix=true  fetch.prune=true  rerere.enabled=true  core.autocrlf=input  core.quotepath=false
		log.date=iso  status.short=true  branch.sort=-committerdate  tag.sort=version:refname  help.autocorrect=prompt  commit.verbose=true
		pretty.mine=%C(auto)%h %d %s  advice.detachedhead=false  blame.date=short  versionsort.suffix=-rc`
	stay := `
		user.signingkey=ABCD  user.password=x  user.A.name=x  author.signingkey=x  credential.helper=store  credential.https://x.y.username=u
		http.extraheader=x  http.https://h.extraheader=y  http.proxy=p  http.sslcert=c  url.git@h:.insteadof=gh:  include.path=x  includeif.gitdir:x.path=y
		gpg.program=x  gpg.ssh.allowedsignersfile=x  commit.gpgsign=true  commit.template=x  tag.gpgsign=true  push.gpgsign=true  push.pushoption=x
		core.hookspath=x  core.fsmonitor=x  core.sshcommand=x  core.editor=x  core.pager=x  core.askpass=x  core.attributesfile=x  core.excludesfile=x
		core.gitproxy=x  core.worktree=x  core.alternaterefscommand=x  core.notesref=x  sequence.editor=x  interactive.difffilter=x  pager.log=less
		diff.external=x  diff.jpg.textconv=x  diff.jpg.command=x  diff.tool=x  diff.orderfile=x  difftool.x.cmd=y  merge.tool=x  merge.x.driver=y
		mergetool.x.cmd=y  filter.lfs.clean=x  filter.lfs.process=y  safe.directory=*  remote.origin.url=x  branch.main.remote=x  trailer.x.cmd=y
		sendemail.smtppass=x  gui.recentrepo=/x  uploadpack.packobjectshook=x  protocol.ext.allow=always  submodule.x.url=y  log.showsignature=true
		alias.x.command=y  blame.ignorerevsfile=x  format.signature=x  format.attach=x  init.templatedir=x  github.token=x  lfs.url=x  notes.displayref=x`
	f := newFilter()
	for list, want := range map[string]bool{pass: true, stay: false} {
		for item := range strings.SplitSeq(strings.ReplaceAll(list, "\n", "  "), "  ") {
			name, value, ok := strings.Cut(strings.TrimSpace(item), "=")
			if !ok {
				continue
			}
			if got, why := f.passes(entry{name: name, value: value}); got != want || why != "" {
				t.Errorf("%s = %s passes: %v %s", name, value, got, why)
			}
		}
	}
}

// TestAllowedKeysNameNoPrograms is for the next key that somebody adds.
func TestAllowedKeysNameNoPrograms(t *testing.T) {
	for key := range newFilter().allowed {
		for _, part := range []string{"command", "cmd", "program", "path", "file", "editor", "pager", "hook", "proxy", "textconv", "driver", "external", "sign", "gpg", "url", "key", "helper", "template", "askpass", "fsmonitor", "token", "pass"} {
			if strings.Contains(key, part) && !slices.Contains([]string{"interactive.singlekey", "core.quotepath", "rebase.abbreviatecommands"}, key) {
				t.Errorf("%s has %q in its name", key, part)
			}
		}
		if section, _, _ := strings.Cut(key, "."); strings.HasSuffix(key, ".*") && !slices.Contains([]string{"advice", "alias", "color", "column", "pretty", "status"}, section) {
			t.Errorf("%s lets a whole section through", key)
		}
	}
}

func TestAliases(t *testing.T) {
	for value, want := range map[string]bool{
		"status -sb": true, "log --grep='!x'": true, "": true, "commit --amend --no-edit": true,
		"!sh -c x": false, " !sh": false, "\t\n!sh": false, `"!sh"`: false, `'!sh'`: false, `\!sh`: false, `" !sh"`: false,
		"-c core.pager=x log": false, "--exec-path=/x log": false, `"-c" a=b`: false,
	} {
		if got, why := newFilter().passes(entry{name: "alias.x", value: value}); got != want || why != "" {
			t.Errorf("%q passes: %v %s", value, got, why)
		}
	}
}

func TestKeysWithoutAValue(t *testing.T) {
	for name, want := range map[string]bool{"pull.rebase": true, "commit.verbose": true, "user.name": false, "alias.x": false} {
		if got, _ := newFilter().passes(entry{name: name, implicit: true}); got != want {
			t.Errorf("%s passes: %v", name, got)
		}
	}
}

func TestDoubtfulEntries(t *testing.T) {
	for name, want := range map[string]bool{"user.name": true, "committer.email": true, "alias.x": false, "color.ui": false, "user.signingkey": false} {
		if got, _ := newFilter().passes(entry{name: name, value: "v", doubtful: true}); got != want {
			t.Errorf("%s passes: %v", name, got)
		}
	}
}

func TestLooksSecret(t *testing.T) {
	for _, secret := range []string{
		"https://user:pw@host/x", "log https://tok@host", "git+ssh://u@h", "Authorization: x", "Bearer abcdefgh123", "basic dXNlcjpwYXNz",
		"token=abc", "API_KEY: x", `"password" : x`, "-----BEGIN KEY", "ghp_abcdefghijkl", "github_pat_11AAAAAAAAAAA", "sk-ant-oat01-abcdefgh",
		"x glpat-abcdefghijklm", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9", "0123456789abcdef0123456789abcdef01234567", "npm_abcdefghijkl1",
	} {
		if !looksSecret(secret) {
			t.Errorf("%q passes", secret)
		}
	}
	for _, fine := range []string{
		"Anna Example", "12345678+anna@users.noreply.github.com", "anna.very-long-name@department.example-company.com", "main",
		"log --graph --pretty=format:'%C(yellow)%h%Creset -%C(red)%d%Creset %s %Cgreen(%cr)' --abbrev-commit", "https://example.com/x",
		"diff --word-diff=color --ignore-all-space", "commit --author='A <a@b.c>'", "ask-me-something-long", "basic", "-committerdate",
	} {
		if looksSecret(fine) {
			t.Errorf("%q is taken for a secret", fine)
		}
	}
}
