package gateway

import "time"

// Limits bounds what a session can make its gateway do.
type Limits struct {
	// Connections is how many the session can have open at the same time.
	Connections int
	// HeaderBytes bounds the header of a request.
	HeaderBytes int
	// Header is how long a request's header, or a tunnel's TLS hello, may take.
	Header time.Duration
	// Resolve and Dial bound the two steps to a connection.
	Resolve, Dial time.Duration
	// Idle ends a tunnel in which nothing has moved for so long, and
	// a reader that takes nothing.
	Idle time.Duration
	// Lifeline is how long the gateway waits for its session: at its start,
	// and again when the session's init seems to be lost.
	Lifeline time.Duration
	// Goodbye is how long it stays after the init has closed its connection.
	Goodbye time.Duration
}

// DefaultLimits are far above what a session needs.
func DefaultLimits() Limits {
	return Limits{
		Connections: 2048,
		HeaderBytes: 32 << 10,
		Header:      15 * time.Second,
		Resolve:     10 * time.Second,
		Dial:        10 * time.Second,
		Idle:        15 * time.Minute,
		Lifeline:    3 * time.Minute,
		Goodbye:     5 * time.Second,
	}
}
