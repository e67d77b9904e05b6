package engine

import "strings"

// buildCause is why a step of a build failed, as far as the program that it
// ran says so in a form of its own that does not change with its wording.
type buildCause string

// The causes that have a cure.
const (
	causeUnknown   buildCause = ""
	causeNetwork   buildCause = "network"
	causeNoVersion buildCause = "no version"
	causeTrust     buildCause = "trust"
	causeDisk      buildCause = "disk"
)

// npmCodes are the codes that npm ends with; they are Node's and libuv's names.
var npmCodes = map[string]buildCause{
	"ETARGET": causeNoVersion, "E404": causeNoVersion,
	"ENOTFOUND": causeNetwork, "EAI_AGAIN": causeNetwork, "ECONNREFUSED": causeNetwork, "ECONNRESET": causeNetwork,
	"ETIMEDOUT": causeNetwork, "ENETUNREACH": causeNetwork, "EHOSTUNREACH": causeNetwork, "ERR_SOCKET_TIMEOUT": causeNetwork,
	"SELF_SIGNED_CERT_IN_CHAIN": causeTrust, "DEPTH_ZERO_SELF_SIGNED_CERT": causeTrust, "CERT_HAS_EXPIRED": causeTrust,
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY": causeTrust, "UNABLE_TO_VERIFY_LEAF_SIGNATURE": causeTrust,
	"ENOSPC": causeDisk,
}

// causeOf reads one line of a step's output. npm says "npm error code CODE"
// ("npm ERR! code CODE" before version 10), apt "E: Failed to fetch ADDRESS",
// with W: where it is an index.
func causeOf(line string) buildCause {
	fields := strings.Fields(line)
	switch {
	case len(fields) == 4 && fields[0] == "npm" && fields[2] == "code":
		return npmCodes[fields[3]]
	case len(fields) > 4 && (fields[0] == "E:" || fields[0] == "W:") && fields[1] == "Failed" && fields[2] == "to" && fields[3] == "fetch":
		return causeNetwork
	}
	return causeUnknown
}

// hint says what helps, in words for a user of DClaude.
func (c buildCause) hint(product string) string {
	switch c {
	case causeNetwork:
		return "the build could not reach where it gets its packages: look at the network of " + product + ", and at http_proxy and https_proxy, which a build uses"
	case causeNoVersion:
		return "there is no such version of Claude Code: look at claude_version (--claude-version)"
	case causeTrust:
		return "the build does not trust who answered: if a company's proxy opens TLS, name its certificate in the setting ca_certificates"
	case causeDisk:
		return diskHint(product)
	}
	return ""
}

// maxStep is how much of a step's command an error shows, in bytes.
const maxStep = 60

// shortStep is a step's name in one line that a person can take in: the engine
// names a step by its whole script.
func shortStep(name string) string {
	name = strings.Join(strings.Fields(strings.ReplaceAll(name, "set -eu;", "")), " ")
	if len(name) > maxStep {
		name = strings.ToValidUTF8(name[:maxStep], "") + "..."
	}
	return name
}

// shortCause leaves the exit code of a command that failed, whose whole script
// both builders repeat before it, and of an image that cannot be had why, without
// its name, which the step has.
func shortCause(text string) string {
	if _, after, ok := strings.Cut(text, "failed to resolve source metadata for "); ok {
		if _, why, ok := strings.Cut(after, ": "); ok {
			return why
		}
	}
	for _, between := range []string{"]: exit code: ", " did not complete successfully: exit code: "} {
		if i := strings.LastIndex(text, between); i >= 0 {
			return "exit code " + text[i+len(between):]
		}
	}
	return text
}
