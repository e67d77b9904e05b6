// Package gateway is the only way out of a session's network: a proxy that
// lets through what the session's policy allows (package egress), a name server
// that refuses, and a log. It runs in a container of its own, under the engine's
// ordinary runtime, without privileges, and ends when its session does.
//
// The proxy stands on net/http and net/http/httputil, which parse requests and
// forward plain ones, and on crypto/tls, which reads the hello of a tunnel. See
// docs/network.md for why no proxy library is under it.
package gateway
