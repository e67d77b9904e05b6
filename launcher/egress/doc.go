// Package egress says what a session may reach. It is pure, and it is what the
// launcher and the gateway have in common: rules and policies, the judgement of
// addresses, the lines of the gateway's log, and what the launcher tells the
// gateway. It opens no connection and asks no name server.
package egress
