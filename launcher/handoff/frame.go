package handoff

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Ask is what an init writes to its terminal when it is ready for the handoff:
// it has turned the terminal's echo off by then, without which the login would
// be repeated on the screen. A terminal that is shown it does nothing: it is a
// private string (APC, ECMA-48 8.3.2). Without a terminal nobody asks.
const Ask = "\x1b_dclaude:handoff\x1b\\"

// Taken is what it writes, in the same form, when the handoff has arrived whole.
// A launcher that leaves before may take the rest along: newer engines (seen with
// 28.5) drop what has been sent to a container by who has closed the connection.
const Taken = "\x1b_dclaude:taken\x1b\\"

// headSize is the length of what goes before a handoff: its own length, in decimal.
const headSize = 8

// Frame returns a handoff as it goes to an init. What follows it is the
// session's own input.
func (h Handoff) Frame() ([]byte, error) {
	letter, err := h.Encode()
	if err != nil {
		return nil, err
	}
	return slices.Concat(fmt.Appendf(nil, "%0*d", headSize, len(letter)), letter, h.Home), nil
}

// Receive reads what Frame returned, and not a byte further. No error text repeats
// the content.
func Receive(r io.Reader) (Handoff, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return Handoff{}, errors.New("no handoff came")
	}
	size, err := strconv.ParseUint(string(head), 10, 32)
	if err != nil || size > maxSize {
		return Handoff{}, errors.New("what came is no handoff")
	}
	letter := make([]byte, size)
	if _, err := io.ReadFull(r, letter); err != nil {
		return Handoff{}, errors.New("the handoff did not arrive whole")
	}
	h, err := Decode(letter)
	if err != nil || h.HomeSize == 0 {
		return h, err
	}
	h.Home = make([]byte, h.HomeSize)
	if _, err := io.ReadFull(r, h.Home); err != nil {
		return Handoff{}, errors.New("the user's Claude home did not arrive whole")
	}
	return h, nil
}
