#!/bin/bash
# Closes the container's network, but for Claude's hosts, GitHub, and the npm
# registry that npm is configured to use. Runs as root, before the session, and
# needs the capability NET_ADMIN and a kernel with a packet filter.
#
# All or nothing: status 0 means that the rules are in force and were tried;
# otherwise the network is open, and the last line says why. Running it again
# renews the addresses.
#
# Rules hold addresses, not names: a host that moves is lost until the next
# run, and a host that shares an address with an allowed one can be reached.
# dclaude's own allow-list checks names and has neither limit.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C RES_OPTIONS="timeout:2 attempts:2"

readonly CLAUDE_HOSTS="api.anthropic.com platform.claude.com claude.ai claude.com"
readonly GITHUB_HOSTS="github.com api.github.com codeload.github.com raw.githubusercontent.com
	objects.githubusercontent.com release-assets.githubusercontent.com"
readonly GITHUB_META=https://api.github.com/meta
readonly CHECK_ALLOWED=api.anthropic.com
readonly CHECK_FORBIDDEN=example.com

reason="unexpected failure"
ours=no   # whether the filter is known to hold no rules but ours
closed=no # whether the rules are in force and were tried

stop() {
	reason=$1
	exit 1
}

# programs FAMILY: those that may work here. Which kernel interface there is
# depends on the engine's host, and a container cannot load modules.
programs() {
	if [ "$1" = 4 ]; then echo iptables iptables-legacy; else echo ip6tables ip6tables-legacy; fi
}

# open_network removes our rules, with every program: an earlier run may have
# used another one.
open_network() {
	local program rules
	for program in $(programs 4) $(programs 6); do
		rules=$("$program" -w 5 -S 2>/dev/null) || continue
		[[ $rules == *DCLAUDE* ]] || continue
		printf '%s\n' '*filter' ':INPUT ACCEPT' ':FORWARD ACCEPT' ':OUTPUT ACCEPT' COMMIT |
			"$program-restore" -w 5 2>/dev/null || return 1
	done
}

# shellcheck disable=SC2317 # the trap calls it
finish() {
	trap '' HUP INT TERM
	trap - EXIT
	[ "$closed" = yes ] && exit 0
	local state="the network is open"
	if [ "$ours" = no ]; then
		state="the packet filter was left as it is"
	elif ! open_network; then
		state="the rules could not be removed"
	fi
	echo "init-firewall: $reason; $state" >&2
	exit 1
}

# interrupted stops once: a second signal must not end what the first began.
# shellcheck disable=SC2317 # the trap calls it
interrupted() {
	trap '' HUP INT TERM
	[ "$reason" = interrupted ] || stop interrupted
}
trap finish EXIT
trap interrupted HUP INT TERM

# look stops where there is no packet filter, and where it has rules of
# somebody else: this is then no network of our own, but perhaps the host's.
look() {
	local program rules others problem="" usable=no
	for program in $(programs 4) $(programs 6); do
		if ! rules=$("$program" -w 5 -S 2>&1); then
			problem=${problem:-${rules%%$'\n'*}}
			continue
		fi
		usable=yes
		others=$(grep -v -e '^-P ' -e '^#' -e '^$' -e DCLAUDE <<<"$rules") || true
		[ -z "$others" ] || stop "$program shows rules of somebody else"
	done
	ours=yes
	[ "$usable" = yes ] || stop "no packet filter here: $problem"
}

# addresses HOST: all that it has, IPv4 and IPv6.
addresses() { timeout 10 getent ahosts "$1" | awk '{ print $1 }' | sort -u; }

# in_dns HOST: whether name servers, and not only /etc/hosts, know it.
in_dns() { timeout 10 getent -s hosts:dns ahosts "$1" >/dev/null; }

# github_ranges: the networks that GitHub publishes, "range port". Where that
# list is out of reach, the addresses of GitHub's names have to do.
github_ranges() {
	local ranges range
	ranges=$(curl -fsS --max-time 5 "$GITHUB_META" 2>/dev/null |
		jq -r '(.web + .api + .git)[]' 2>/dev/null |
		grep -E '^[0-9a-fA-F.:]+/[0-9]+$' | sort -u) || return 0
	for range in $(grep -v : <<<"$ranges" | aggregate -q) $(grep : <<<"$ranges"); do
		printf '%s\n' "$range 22" "$range 443"
	done
}

# npm_registry prints host and port of the registry that root's and the image's
# configuration or the environment name. The project's does not count: hence
# the cd.
npm_registry() {
	local url port
	url=$(cd / && HOME=/root timeout 20 npm config get registry 2>/dev/null) || return 0
	[[ $url =~ ^(https?)://([^/@]*@)?([0-9A-Za-z.-]+)(:([0-9]+))?(/|$) ]] || return 0
	port=${BASH_REMATCH[5]}
	if [ -z "$port" ]; then
		port=443
		[ "${BASH_REMATCH[1]}" = https ] || port=80
	fi
	echo "${BASH_REMATCH[3]} $port"
}

# targets prints lines "host port..." of all that may be reached. The seed's
# list had two collectors of statistics, which take anything that anybody
# posts; Claude needs neither.
targets() {
	local host
	for host in $CLAUDE_HOSTS; do echo "$host 443"; done
	for host in $GITHUB_HOSTS; do echo "$host 22 443"; done
	npm_registry
}

# resolvers: the configured name servers. No other may be asked. Docker's own,
# 127.0.0.11, asks further ones from within the container, and lists them in a
# comment; those in host() it asks from outside. Before Docker 26 there is no
# such comment, and then try_out finds that names are lost.
resolvers() {
	awk '$1 == "nameserver" { sub(/%.*/, "", $2); print $2 }
		/^# ExtServers:/ { gsub(/.*\[|\].*/, ""); n = split($0, server); for (i = 1; i <= n; i++) print server[i] }' \
		/etc/resolv.conf | grep -E '^[0-9a-fA-F.:]+$' || true
}

# of FAMILY keeps the lines whose address is of a family.
of() {
	if [ "$1" = 4 ]; then grep -v : || true; else grep : || true; fi
}

# rules FAMILY ALLOWED: the whole filter table. Only plain matches: REJECT and
# sets of addresses need modules that a host may lack.
rules() {
	local type
	printf '%s\n' '*filter' ':INPUT DROP' ':FORWARD DROP' ':OUTPUT DROP' \
		':DCLAUDE-IN -' ':DCLAUDE-OUT -' '-A INPUT -j DCLAUDE-IN' '-A OUTPUT -j DCLAUDE-OUT' \
		'-A DCLAUDE-IN -i lo -j ACCEPT' '-A DCLAUDE-OUT -o lo -j ACCEPT' \
		'-A DCLAUDE-IN -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT' \
		'-A DCLAUDE-OUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT'
	if [ "$1" = 6 ]; then # IPv6 cannot find a neighbour or a router without these
		for type in 133 134 135 136; do
			printf '%s\n' "-A DCLAUDE-IN -p icmpv6 --icmpv6-type $type -j ACCEPT" \
				"-A DCLAUDE-OUT -p icmpv6 --icmpv6-type $type -j ACCEPT"
		done
	fi
	resolvers | of "$1" | awk '{ for (p = 0; p < 2; p++)
		print "-A DCLAUDE-OUT -d " $1 " -p " (p ? "tcp" : "udp") " --dport 53 -j ACCEPT" }'
	of "$1" <<<"$2" | sort -u | awk 'NF == 2 { print "-A DCLAUDE-OUT -d " $1 " -p tcp --dport " $2 " -j ACCEPT" }'
	echo COMMIT
}

# apply FAMILY ALLOWED puts the table in place, in one step.
apply() {
	local program table output problem=""
	table=$(rules "$1" "$2")
	for program in $(programs "$1"); do
		if output=$("$program-restore" -w 5 <<<"$table" 2>&1); then return 0; fi
		problem=${problem:-$program: ${output%%$'\n'*}}
	done
	reason="cannot set the rules: $problem"
	return 1
}

has_ipv6() { read -r _ 2>/dev/null </proc/net/if_inet6; }

# shellcheck disable=SC2016 # the inner shell expands it
connects() { timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" >/dev/null 2>&1; }

# sends ADDRESS: whether a packet leaves at all. The kernel refuses one that
# the filter drops at once, which proves more than silence does, and needs no
# host that answers. The addresses are those reserved for documentation.
# shellcheck disable=SC2016 # the inner shell expands it
sends() { bash -c 'echo >"/dev/udp/$0/443"' "$1" >/dev/null 2>&1; }

# try_out KNOWN: KNOWN is a name that name servers know, if one was found.
try_out() {
	local forbidden
	connects "$CHECK_FORBIDDEN" 443 2 &
	forbidden=$!
	connects "$CHECK_ALLOWED" 443 10 || stop "$CHECK_ALLOWED cannot be reached with the rules in force"
	[ -z "$1" ] || in_dns "$1" || stop "names cannot be resolved with the rules in force"
	if wait "$forbidden"; then stop "$CHECK_FORBIDDEN can be reached with the rules in force"; fi
	if sends 192.0.2.1 || sends 2001:db8::1; then stop "packets get out in spite of the rules"; fi
}

main() {
	local proxy hosts host ports address port list known=""
	[ "$(id -u)" = 0 ] || stop "not run as root"
	look
	for proxy in HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY all_proxy; do
		[ -z "${!proxy:-}" ] || stop "$proxy is set, and a packet filter cannot see what lies behind a proxy"
	done
	[ -n "$(addresses "$CHECK_ALLOWED")" ] || stop "$CHECK_ALLOWED has no address"
	hosts=$(targets)
	list=$(
		github_ranges
		while read -r host ports; do
			for address in $(addresses "$host"); do
				for port in $ports; do echo "$address $port"; done
			done
		done <<<"$hosts"
	)
	while read -r host _; do
		if in_dns "$host"; then known=$host && break; fi
	done <<<"$hosts"
	apply 4 "$list" || exit 1
	apply 6 "$list" || ! has_ipv6 || exit 1
	try_out "$known"
	closed=yes
	echo "init-firewall: the network is closed, but for $(sort -u <<<"$list" | wc -l) addresses and the name server"
}

main
