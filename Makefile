# DClaude. `make help` lists the targets.
# The two commands of the README, `make run` and `make test`, set up what is
# missing on a fresh Debian or Ubuntu machine (as root); elsewhere they use the
# engine that is running.

SHELL      := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PROJECT ?= .
ARGS    ?=
BIN     ?= bin/dclaude
MENUBAR ?= $(dir $(BIN))dclaude-menubar
BENCH_RUNS ?= 15

export CGO_ENABLED := 0
GO_LDFLAGS := -s -w
STAMP      := -X dclaude/launcher/cli.version=$(VERSION)
APP_STAMP  := -X dclaude/app.version=$(VERSION)
GUEST_ARCHES := amd64 arm64
GO_SOURCES := $(shell find cmd app launcher creds assets -name '*.go' -not -name '*_test.go')
PROGRAMS := dclaude-guest dclaude-gateway runsc
EMBEDDED := $(foreach program,$(PROGRAMS),$(GUEST_ARCHES:%=assets/build/$(program)-linux-%.zst)) assets/build/runsc-version
GUEST_SOURCES := go.mod $(shell find cmd/dclaude-guest launcher/guest launcher/handoff -name '*.go' -not -name '*_test.go')
GATEWAY_SOURCES := go.mod $(shell find cmd/dclaude-gateway launcher/guest/gateway launcher/egress -name '*.go' -not -name '*_test.go')

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
D2 := oss.terrastruct.com/d2@v0.7.2
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

.PHONY: build
build: $(BIN) $(MENUBAR) ## Build bin/dclaude with the guest program and gVisor in it, and bin/dclaude-menubar

.PHONY: guest
guest: $(EMBEDDED)

# Go from 1.21 on fetches the version that go.mod names; an older one, such as
# Debian 12's, stops at that line with words that help nobody.
.PHONY: a-go
a-go:
	@command -v go >/dev/null || { echo 'make: there is no go on the PATH: install it from https://go.dev/dl' >&2; exit 1; }
	@v="$$(go version)"; v="$${v#*go1.}"; v="$${v%%[!0-9]*}"; [ "$${v:-21}" -ge 21 ] || { \
	  echo "make: this is $$(go version); it takes Go 1.21 or newer, which fetches the one that go.mod names: https://go.dev/dl" >&2; exit 1; }

# What is embedded is compressed, with the checksum of the unpacked program
# beside it. -buildvcs=false and -trimpath: the bytes are part of the image's
# digest, so they must follow from the source alone.
UNPACKED = bin/embedded/$(@F:.zst=)
STATIC = GOOS=linux GOARCH=$* go build -trimpath -buildvcs=false -ldflags '$(GO_LDFLAGS) -buildid=' -o $(UNPACKED)
define pack
@go run ./assets/cmd/pack $(UNPACKED)
@mv $(UNPACKED).sha256 assets/build/ && mv $(UNPACKED).zst $@ && rm $(UNPACKED)
endef

assets/build/dclaude-guest-linux-%.zst: $(GUEST_SOURCES) assets/cmd/pack/main.go | a-go
	@mkdir -p $(@D) bin/embedded
	$(STATIC) ./cmd/dclaude-guest
	$(pack)

assets/build/dclaude-gateway-linux-%.zst: $(GATEWAY_SOURCES) assets/cmd/pack/main.go | a-go
	@mkdir -p $(@D) bin/embedded
	$(STATIC) ./cmd/dclaude-gateway
	$(pack)

# gVisor takes one to two minutes an architecture from nothing, so it is made
# anew only when its pin changes.
assets/build/runsc-linux-%.zst: assets/runsc/go.mod assets/runsc/go.sum assets/runsc/build.sh assets/cmd/pack/main.go | a-go
	@mkdir -p $(@D) bin/embedded
	assets/runsc/build.sh $* $(UNPACKED)
	$(pack)

assets/build/runsc-version: assets/runsc/go.mod
	@mkdir -p $(@D)
	cd assets/runsc && GOWORK=off go list -m -f '{{.Version}}' gvisor.dev/gvisor >../build/runsc-version.tmp
	@mv $@.tmp $@

$(BIN): $(EMBEDDED) $(GO_SOURCES) $(wildcard assets/image/* assets/image/*/*)
	@mkdir -p $(@D)
	go build -trimpath -ldflags '$(GO_LDFLAGS) $(STAMP)' -o $@ ./cmd/dclaude
	@echo 'sizes in bytes, and of $@ with all of it:'; wc -c $(EMBEDDED) $@ | sed '$$d'

# Only systray needs cgo, and only on macOS.
$(MENUBAR): go.mod $(GO_SOURCES) $(wildcard assets/icons/png/*)
	@mkdir -p $(@D)
	CGO_ENABLED=$(if $(filter Darwin,$(shell uname -s)),1,0) go build -trimpath -ldflags '$(GO_LDFLAGS) $(APP_STAMP)' -o $@ ./cmd/dclaude-menubar

# Not every shell replaces the ~ in PROJECT=~/x. A folder that is not there is
# told of before minutes of work, not after.
FOLDER := $(patsubst ~/%,$(HOME)/%,$(PROJECT))
.PHONY: a-folder
a-folder:
	@test -d "$(FOLDER)" || { echo 'make run: PROJECT: there is no folder $(FOLDER)' >&2; exit 1; }

.PHONY: run
run: a-folder build ## Open Claude Code in a sandbox on PROJECT (default: this folder)
	@go run ./test/lab/cmd/lab up --system
	@if [ -t 0 ] && [ -t 1 ]; then exec bin/dclaude $(ARGS) "$(FOLDER)"; \
	else echo 'no terminal here: a one-shot session instead' >&2; \
	     exec bin/dclaude $(ARGS) "$(FOLDER)" -- -p "Say in one line what this folder is." </dev/null; fi

.PHONY: test
test: build ## Run every test, with a real engine, gVisor and Claude Code where they can be had
	@env="$$(go run ./test/lab/cmd/lab up --tests)"; set -a; eval "$$env"; set +a; \
	go test -timeout 40m -count=1 -p 1 ./...
	@test "$$(uname)" != Linux || $(MAKE) --no-print-directory test-oldest

# What engines differ in: how they take what they are asked for, and how they
# fail, end, and resolve names.
DIFFER := TestEngine([^S]|Set|Stop$$)|TestExfiltration|TestNamesOfAnAttacker|TestClaudeAndToolsUseTheGateway|TestInterruptAtEveryStage|TestBuildThatFails|TestVerify

.PHONY: test-oldest
test-oldest: build ## Run what engines differ in with Debian 12's, the oldest that works
	@env="$$(DCLAUDE_LAB_RELEASE=bookworm go run ./test/lab/cmd/lab up)"; set -a; eval "$$env"; set +a; \
	go test -timeout 30m -count=1 -p 1 -run '$(DIFFER)' ./launcher/engine ./test/e2e

.PHONY: check
check: guest ## Check format, vet (Linux and macOS), lint, and unit tests under the race detector
	@unformatted="$$(gofmt -l app assets cmd creds launcher packaging test *.go 2>/dev/null || true)"; \
	  test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	go vet ./...
	go test ./test/darwincheck
	go run $(GOLANGCI) run ./...
	go run $(ACTIONLINT)
	CGO_ENABLED=1 go test -race ./app/... ./launcher/... ./creds/... ./assets/... ./packaging/...

.PHONY: bench
bench: build ## Measure launches beside the bare docker command
	@env="$$(go run ./test/lab/cmd/lab up)"; set -a; eval "$$env"; set +a; \
	go run ./test/bench -runs $(BENCH_RUNS)

.PHONY: demo
demo: build ## Try it without an account: everything is real but the model
	@go run ./test/demo

.PHONY: demo-recording
demo-recording: build ## Record docs/demo: a terminal session and pictures of it
	go run ./test/demo -record docs/demo

.PHONY: screenshots
screenshots: build ## Take the pictures of docs/ anew: the app in a real panel
	go run ./test/screenshots $(BIN) docs/screenshots

# The last line of a picture names the text that it was drawn from, so that a
# test sees one that is out of date without drawing it.
.PHONY: diagrams
diagrams: ## Draw the pictures of docs/diagrams anew from their texts
	@for text in docs/diagrams/*.d2; do svg="$${text%.d2}.svg"; \
	  go run $(D2) --elk-nodeNodeBetweenLayers 30 --elk-edgeNodeBetweenLayers 20 --elk-padding '[top=50,left=30,bottom=25,right=30]' "$$text" "$$svg"; \
	  printf '\n<!-- drawn from sha256:%s -->\n' "$$(shasum -a 256 <"$$text" | cut -d " " -f 1)" >>"$$svg"; chmod 644 "$$svg"; done

.PHONY: clean
clean: ## Remove what was built (the lab stays: go run ./test/lab/cmd/lab down)
	rm -rf bin dist assets/build/dclaude-* assets/build/runsc-*

include packaging/packaging.mk
