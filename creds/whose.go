package creds

import (
	"encoding/json"
	"strings"
	"unicode"
)

// Whose returns the address of the account that Claude Code's state file
// (.claude.json) says it is signed in with, or "". id is the Credential.Account
// that it must belong to; with "" any will do.
func Whose(state []byte, id string) string {
	var s struct {
		Account struct {
			UUID         string `json:"accountUuid"`
			Organization string `json:"organizationUuid"`
			Address      string `json:"emailAddress"`
		} `json:"oauthAccount"`
	}
	if json.Unmarshal(state, &s) != nil || Foreign(id, account(s.Account.UUID, s.Account.Organization)) {
		return ""
	}
	const longest = 100
	address := strings.TrimSpace(s.Account.Address)
	if len(address) > longest || strings.ContainsFunc(address, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }) {
		return ""
	}
	return address
}
