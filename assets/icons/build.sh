#!/usr/bin/env bash
# Draws png/ from the two vector files. Needs rsvg-convert (librsvg2-bin) and
# convert (imagemagick). The results are checked in: a build needs neither.
set -euo pipefail
cd "$(dirname "$0")"
style="$(mktemp)"
trap 'rm -f "$style"' EXIT

# draw SOURCE OUT SIZE COLOUR PART...: only the named parts, in that colour
draw() {
  local source="$1" out="$2" size="$3" colour="$4"
  shift 4
  {
    echo ".ready, .attention, .stopped, .badge, .good, .warning, .bad, .off { display: none }"
    echo ".ink { stroke: $colour } .fill { fill: $colour }"
    for part in "$@"; do echo ".$part { display: inline }"; done
  } >"$style"
  rsvg-convert --stylesheet "$style" -w "$size" -h "$size" -o "$out" "$source"
}

rm -rf png
mkdir png
declare -A colours=([ready]='#2a8fd8' [attention]='#e08a00' [stopped]='#d9463e')
for face in ready attention stopped; do
  for badge in '' badge; do
    name="$face${badge:+-$badge}"
    # macOS: a template image, of which only the alpha counts.
    draw bar.svg "png/template-$name.png" 44 black "$face" $badge
    # Linux: hosts get half-transparent pixels wrong, so each is all or nothing.
    draw bar.svg "png/bar-$name.png" 64 "${colours[$face]}" "$face" $badge
    convert "png/bar-$name.png" -channel A -threshold 50% +channel "png/bar-$name.png"
  done
done
for mark in good warning bad off; do
  draw mark.svg "png/mark-$mark.png" 32 black "$mark"
done
for file in png/*.png; do convert "$file" -strip -define png:exclude-chunks=date,time "PNG32:$file"; done
