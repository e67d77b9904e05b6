#!/bin/sh
# Prints what the tools in this image fetch packages from, as they are
# configured: a line "TOOL URL" each. The image's build keeps the list, and
# dclaude's default allow-list is made of it, so that no registry's name has to
# stand in dclaude. What a tool does not know about itself is left out.
set -eu
cd / # a project's configuration does not count

has() { command -v "$1" >/dev/null 2>&1; }

if has npm; then
	npm config list --json 2>/dev/null |
		sed -n 's/^ *"\(@[^"]*:\)\{0,1\}registry": "\(https*:[^"]*\)",\{0,1\}$/npm \2/p'
fi
if has apt-get; then
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
		grep -v '^ *#' | grep -oE 'https?://[^] ]+' | sort -u | sed 's/^/apt /'
fi
if has python3 && python3 -m pip --version >/dev/null 2>&1; then
	python3 -m pip config list 2>/dev/null |
		sed -n "s/^global\.\(extra-\)\{0,1\}index-url='\(.*\)'\$/pip \2/p"
	python3 -c '
from pip._internal.models.index import PyPI
print("pip", PyPI.simple_url)
print("pip", "https://" + PyPI.file_storage_domain)' 2>/dev/null || true
fi
if has go; then
	go env GOPROXY GOSUMDB | tr ',|' '\n\n' | grep -vxE 'direct|off|' | sed 's/ .*//; /:/!s/^/https:\/\//; s/^/go /'
fi
if has gem; then
	gem sources 2>/dev/null | grep -E '^https?:' | sed 's/^/gem /'
fi
