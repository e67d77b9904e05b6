#!/usr/bin/env bash
# Draws png/ from dclaude.svg. Needs rsvg-convert (librsvg2-bin). The results are
# checked in: a build needs nothing.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf png
mkdir png
for size in 16 32 48 64 128 256 512 1024; do
  rsvg-convert -w "$size" -h "$size" -o "png/$size.png" dclaude.svg
done
