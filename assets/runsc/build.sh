#!/bin/sh
# Builds the gVisor runtime that dclaude carries:
#   build.sh ARCH OUT    writes OUT, a static linux/ARCH program
# The version is the one that go.mod beside this script requires. The same
# source gives the same bytes, whoever builds it and where.
set -eu
arch=$1
out=$2
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")"
version=$(GOWORK=off go list -m -f '{{.Version}}' gvisor.dev/gvisor)
# With cgo the program would be dynamic, and not find itself in its sandbox.
GOWORK=off CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X gvisor.dev/gvisor/runsc/version.version=$version" \
    -o "$out.tmp" gvisor.dev/gvisor/runsc
mv "$out.tmp" "$out"
