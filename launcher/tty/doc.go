// Package tty is the terminal side of a session. It stands between the user's
// terminal and a container that is taken to be hostile.
//
// Pure, without I/O of their own and without a clock: [Filter] lets through the
// output sequences that only paint or that can be undone, [DetachScanner] finds
// the detach chord in what the user types, and [Visible] makes untrusted text
// fit for one line. Thin, touching the world: [Terminal] (raw mode, size,
// signals, reset), [Input] (reads that can be given up) and [Relay], which
// joins them to the stream of a container.
//
// # Why the filter has a parser of its own
//
// A filter and a terminal must agree on where each sequence ends, byte by byte
// and however the stream is cut. The parsers of charmbracelet/x/ansi do not
// promise that: DecodeSequence needs the whole sequence in one slice (a cut one
// comes back without its prefix), keeps only the last of several prefixes and
// intermediates, and ends a string at a bare 0x9C, which a UTF-8 terminal reads
// as half a character. Parser.Advance takes any byte after a UTF-8 lead byte for
// its continuation, ESC included, and so misses a sequence that terminals obey.
//
// The filter therefore writes canonical sequences only: what it lets through is
// complete, free of controls inside, and leaves every terminal in its ground
// state, so that nothing later can be read in another way than the filter read
// it. What is not known to be harmless is dropped.
package tty
