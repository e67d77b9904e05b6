// Command bench measures dclaude beside the bare commands that it stands for,
// in one run on one machine, and prints tables in Markdown: medians, the range
// that they came from, and ratios. Nothing here passes or fails. `make bench`
// runs it on the lab's engine with the real Claude Code against a fake API.
package main
