# Installing, and packages for Linux. `make install` lays out a tree below a
# prefix; the packages are that tree with another prefix. The same source and
# toolchain give the same bytes: dates come from the last commit, and owners and
# order are fixed.

PREFIX  ?= /usr/local
DESTDIR ?=
DIST    ?= dist
ARCH    ?= $(shell go env GOARCH 2>/dev/null)

SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
# A package's version begins with a digit and has no hyphen: v1.2-3-gabc is
# 1.2+3.gabc, after 1.2; v1.2-rc.1 is 1.2~rc.1, before it; and what follows no
# release is before all of them.
PACKAGE_VERSION := $(shell echo '$(VERSION)' | sed -E 's/^v([0-9])/\1/; s/-(alpha|beta|rc)/~\1/; s/-/+/; s/-/./g; s/^([0-9a-f]{7,}|dev)([+.].*)?$$/0~\1\2/')
# For macOS it is the tag's, as Homebrew's files take it from there.
MAC_VERSION := $(patsubst v%,%,$(VERSION))
PACKAGE := $(DIST)/dclaude_$(PACKAGE_VERSION)_$(ARCH)

.PHONY: package-version
package-version:
	@echo '$(PACKAGE_VERSION)'

# Who answers for the packages of a release. There is no address to fall back
# on, so a release without one is refused; other builds say that nobody does.
MAINTAINER ?=
RELEASE    := $(shell echo '$(VERSION)' | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+(-(alpha|beta|rc)[.0-9]*)?$$')
.PHONY: maintainer
maintainer:
	@if [ -z "$$MAINTAINER" ] && [ -n '$(RELEASE)' ]; then \
	  echo "make: packages of a release ($(RELEASE)) name who answers for them: set MAINTAINER='Name <address>'" >&2; exit 1; fi
	@[ -z "$$MAINTAINER" ] || grep -qE '^[^<>|&\\]+ <[^<>|&\\ ]+@[^<>|&\\ ]+>$$' <<<"$$MAINTAINER" || { \
	  echo "make: MAINTAINER is not of the form 'Name <address>': $$MAINTAINER" >&2; exit 1; }
export MAINTAINER

.PHONY: install
install: build ## Install under PREFIX (/usr/local) with man pages and completions
	@$(MAKE) --no-print-directory tree ROOT='$(DESTDIR)$(PREFIX)' PROGRAMS=bin

.PHONY: uninstall
uninstall: ## Remove what install put under PREFIX
	rm -f $(DESTDIR)$(PREFIX)/bin/dclaude $(DESTDIR)$(PREFIX)/bin/dclaude-menubar $(DESTDIR)$(PREFIX)/share/man/man1/dclaude.1 $(DESTDIR)$(PREFIX)/share/man/man1/dclaude-*.1
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/dclaude $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_dclaude
	rm -f $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/dclaude.fish
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/dclaude
	rm -f $(DESTDIR)$(PREFIX)/share/applications/dclaude*.desktop $(DESTDIR)$(PREFIX)/share/icons/hicolor/*/apps/dclaude.*

# tree puts the programs of the folder PROGRAMS, and what belongs to them, into
# the folder ROOT. TARGETS are the machines that the programs are for.
TARGETS ?= $(shell go env GOOS)/$(ARCH)
.PHONY: tree
tree:
	install -d '$(ROOT)/bin'
	go run ./packaging/cmd/notices -out '$(ROOT)/share/doc/dclaude/THIRD_PARTY_NOTICES' -version '$(VERSION)' -targets $(TARGETS)
	install -m 0755 $(PROGRAMS)/dclaude $(PROGRAMS)/dclaude-menubar '$(ROOT)/bin/'
	go run ./packaging/cmd/describe -out '$(ROOT)' -version '$(VERSION)' -date $(SOURCE_DATE_EPOCH)
ifneq ($(shell uname -s),Darwin)
	install -d '$(ROOT)/share/applications' '$(ROOT)/share/icons/hicolor/scalable/apps'
	install -m 0644 packaging/linux/dclaude.desktop packaging/linux/dclaude-menubar.desktop '$(ROOT)/share/applications/'
	install -m 0644 packaging/icon/dclaude.svg '$(ROOT)/share/icons/hicolor/scalable/apps/'
	for size in 48 128 256; do \
	  install -d '$(ROOT)'/share/icons/hicolor/$${size}x$$size/apps; \
	  install -m 0644 packaging/icon/png/$$size.png '$(ROOT)'/share/icons/hicolor/$${size}x$$size/apps/dclaude.png; done
endif

# The program for the machines that a package is for.
.PHONY: linux-programs
linux-programs: guest
	@mkdir -p bin/linux-$(ARCH)
	GOOS=linux GOARCH=$(ARCH) go build -trimpath -buildvcs=false -ldflags '$(GO_LDFLAGS) -buildid= $(STAMP)' -o bin/linux-$(ARCH)/dclaude ./cmd/dclaude
	GOOS=linux GOARCH=$(ARCH) go build -trimpath -buildvcs=false -ldflags '$(GO_LDFLAGS) -buildid= $(APP_STAMP)' -o bin/linux-$(ARCH)/dclaude-menubar ./cmd/dclaude-menubar

.PHONY: tarball
tarball: linux-programs ## Make dist/dclaude_VERSION_ARCH.tar.gz for Linux (ARCH=amd64 or arm64)
	rm -rf '$(PACKAGE)'
	@$(MAKE) --no-print-directory tree ROOT='$(PACKAGE)' PROGRAMS=bin/linux-$(ARCH) TARGETS=linux/$(ARCH)
	install -m 0644 LICENSE README.md '$(PACKAGE)/'
	chmod -R u=rwX,go=rX '$(PACKAGE)'
	tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(SOURCE_DATE_EPOCH) \
	  -C $(DIST) -cf - '$(notdir $(PACKAGE))' | gzip -9n >'$(PACKAGE).tar.gz'
	rm -rf '$(PACKAGE)'

.PHONY: deb
deb: maintainer linux-programs ## Make dist/dclaude_VERSION_ARCH.deb (ARCH=amd64 or arm64; MAINTAINER= for a release); needs dpkg-deb
	@command -v dpkg-deb >/dev/null || { echo 'make deb: there is no dpkg-deb here: run this on Debian or Ubuntu' >&2; exit 1; }
	rm -rf '$(PACKAGE).root'
	@$(MAKE) --no-print-directory tree ROOT='$(PACKAGE).root/usr' PROGRAMS=bin/linux-$(ARCH) TARGETS=linux/$(ARCH)
	mkdir -p '$(PACKAGE).root/usr/share/zsh/vendor-completions' '$(PACKAGE).root/DEBIAN'
	mv '$(PACKAGE).root/usr/share/zsh/site-functions/_dclaude' '$(PACKAGE).root/usr/share/zsh/vendor-completions/'
	rmdir '$(PACKAGE).root/usr/share/zsh/site-functions'
	gzip -9n '$(PACKAGE).root'/usr/share/man/man1/*.1
	cd '$(PACKAGE).root/usr/share/doc/dclaude' && cat '$(CURDIR)/packaging/linux/copyright' THIRD_PARTY_NOTICES >copyright && rm THIRD_PARTY_NOTICES
	sed -e 's/@VERSION@/$(PACKAGE_VERSION)/; s/@ARCH@/$(ARCH)/' -e "s|@MAINTAINER@|$${MAINTAINER:-nobody, for this is no release <nobody@localhost>}|" \
	  -e "s/@SIZE@/$$(du -sk --apparent-size '$(PACKAGE).root/usr' | cut -f1)/" packaging/linux/control >'$(PACKAGE).root/DEBIAN/control'
	install -m 0755 packaging/linux/postrm '$(PACKAGE).root/DEBIAN/'
	cd '$(PACKAGE).root' && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums
	chmod -R u=rwX,go=rX '$(PACKAGE).root'
	dpkg-deb --root-owner-group -Zxz -z2 --build '$(PACKAGE).root' '$(PACKAGE).deb'
	rm -rf '$(PACKAGE).root'

.PHONY: packages
packages: deb tarball ## Make both packages for Linux, and their checksums
	cd $(DIST) && sha256sum *.deb *.tar.gz >SHA256SUMS

# The menu-bar app for macOS. It is built with cgo and Apple's frameworks, and
# signed with Apple's tools, so all of this runs on a Mac alone; what can be
# made and tested elsewhere is packaging/cmd/bundle.
BUNDLE   := $(DIST)/DClaude.app
IDENTITY ?= -
KEYCHAIN_PROFILE ?= dclaude

.PHONY: on-a-mac
on-a-mac:
	@test "$$(uname -s)" = Darwin || { \
	  echo 'this needs a Mac: cgo with the macOS SDK, lipo, codesign, hdiutil and notarytool are not to be had elsewhere' >&2; \
	  echo 'the macOS workflow does it; on other systems `go test ./packaging/...` lays a bundle out and checks it' >&2; exit 1; }

# universal-NAME builds ./cmd/NAME for both processors that Macs have.
.PHONY: universal-dclaude universal-dclaude-menubar
universal-dclaude universal-dclaude-menubar: universal-%: on-a-mac guest
	@mkdir -p bin/macos
	CGO_ENABLED=1 GOARCH=arm64 CC='clang -arch arm64' go build -trimpath -ldflags '$(GO_LDFLAGS) $(if $(filter dclaude,$*),$(STAMP),$(APP_STAMP))' -o bin/macos/$*-arm64 ./cmd/$*
	CGO_ENABLED=1 GOARCH=amd64 CC='clang -arch x86_64' go build -trimpath -ldflags '$(GO_LDFLAGS) $(if $(filter dclaude,$*),$(STAMP),$(APP_STAMP))' -o bin/macos/$*-amd64 ./cmd/$*
	lipo -create -output bin/macos/$* bin/macos/$*-arm64 bin/macos/$*-amd64

.PHONY: app
app: universal-dclaude universal-dclaude-menubar ## Make dist/DClaude.app for both processors (on a Mac)
	@rm -rf bin/macos/share-root && mkdir -p bin/macos/share-root $(DIST)
	go run ./packaging/cmd/describe -out bin/macos/share-root -version '$(VERSION)' -date $(SOURCE_DATE_EPOCH)
	go run ./packaging/cmd/notices -out bin/macos/THIRD_PARTY_NOTICES -version '$(VERSION)' -targets darwin/arm64,darwin/amd64
	go run ./packaging/cmd/bundle -app bin/macos/dclaude-menubar -cli bin/macos/dclaude -share bin/macos/share-root/share -notices bin/macos/THIRD_PARTY_NOTICES -version '$(VERSION)' -out $(BUNDLE)
	$(MAKE) --no-print-directory sign

.PHONY: sign
sign: on-a-mac ## Sign the app: IDENTITY="Developer ID Application: ...", else for this machine only
	codesign --force --options runtime $(if $(filter -,$(IDENTITY)),,--timestamp) --identifier dev.dclaude.cli \
	  --entitlements packaging/macos/entitlements.plist --sign '$(IDENTITY)' $(BUNDLE)/Contents/Helpers/dclaude
	codesign --force --options runtime $(if $(filter -,$(IDENTITY)),,--timestamp) \
	  --entitlements packaging/macos/entitlements.plist --sign '$(IDENTITY)' $(BUNDLE)
	codesign --verify --strict --verbose=2 $(BUNDLE)

.PHONY: dmg
dmg: app ## Make dist/DClaude-VERSION.dmg (on a Mac)
	rm -rf $(DIST)/dmg $(DIST)/DClaude-$(MAC_VERSION).dmg
	mkdir -p $(DIST)/dmg
	cp -R $(BUNDLE) $(DIST)/dmg/
	ln -s /Applications $(DIST)/dmg/Applications
	hdiutil create -volname DClaude -srcfolder $(DIST)/dmg -fs HFS+ -format UDZO -ov $(DIST)/DClaude-$(MAC_VERSION).dmg
	rm -rf $(DIST)/dmg

.PHONY: notarize
notarize: on-a-mac ## Have Apple notarize the dmg (KEYCHAIN_PROFILE of `xcrun notarytool store-credentials`)
	@test '$(IDENTITY)' != - || { echo 'make notarize: Apple takes only what is signed with a Developer ID: set IDENTITY' >&2; exit 1; }
	xcrun notarytool submit --wait --keychain-profile '$(KEYCHAIN_PROFILE)' $(DIST)/DClaude-$(MAC_VERSION).dmg
	xcrun stapler staple $(DIST)/DClaude-$(MAC_VERSION).dmg

# Homebrew's files for a release. SOURCE is the source archive and DMG the disk
# image that the release has, for their checksums.
HOMEPAGE ?=
SOURCE   ?=
DMG      ?=
sha256    = $$(shasum -a 256 <'$(1)' | cut -d ' ' -f 1)

.PHONY: homebrew
homebrew: ## Make dist/formula.rb and dist/cask.rb (HOMEPAGE= SOURCE=archive DMG=image)
	@test -n '$(HOMEPAGE)' && test -f '$(SOURCE)' && test -f '$(DMG)' || { \
	  echo 'make homebrew: set HOMEPAGE, SOURCE and DMG' >&2; exit 1; }
	@mkdir -p $(DIST)
	for name in formula cask; do \
	  sed -e 's|@VERSION@|$(MAC_VERSION)|; s|@HOMEPAGE@|$(HOMEPAGE)|' \
	    -e "s|@SOURCE_SHA256@|$(call sha256,$(SOURCE))|; s|@DMG_SHA256@|$(call sha256,$(DMG))|" \
	    packaging/homebrew/$$name.rb.in >$(DIST)/$$name.rb; done
