#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The profile for macOS.  NAME.json are settings; with them go NAME.admin, the
# administrator's policy, where HOME is the home directory, and NAME.args, what
# else the helper is told.  NAME.sb is their profile for minimal.json, and for
# the others what they change of that one: "<" is without, ">" with.  Then
# generated policies: what the profile says, read by sbpl.py, against the
# functions that decide on Linux, and where node and the reference are installed
# against the profile that it would make.

set -u

src=${SRT_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
seatbelt=${SRT_HELPERS:-$src/build/regress}/seatbelt
here=$src/regress/seatbelt
tmp=$(mktemp -d "${TMPDIR:-/tmp}/seatbeltXXXXXX") || exit 1
tmp=$(cd "$tmp" && pwd -P)
# As it stands in an expression that stands in a string.
dotted=$(printf '%s\n' "$tmp/home" | sed 's/[.]/\\\\\\\\[.]/g')
trap 'rm -rf "$tmp"' EXIT
n=0

# ok STATUS NAME: one test; what was seen is shown if it failed.
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
	sed 's/^[^#]/# &/' "$tmp/seen"
	: >"$tmp/seen"
}

# profile NAME: with the same names and lines everywhere.  What is above HOME,
# and where a long string is cut, is this machine's.
profile() {
	name=$1
	set --
	if [ -f "$here/$name.admin" ]; then
		sed "s|HOME|$tmp/home|g" "$here/$name.admin" >"$tmp/admin"
		set -- -a "$tmp/admin"
	fi
	# Words.
	# shellcheck disable=SC2046
	[ ! -f "$here/$name.args" ] || set -- "$@" $(cat "$here/$name.args")
	(cd "$tmp/home" && HOME=$tmp/home "$seatbelt" "$@" \
	    "$here/$name.json") |
	    LC_ALL=C sed -e "s|$tmp/home|HOME|g" -e "s|$dotted|HOME|g" \
	    -e '/etc\/srt/d' \
	    -e '/"\/tmp\/claude"/d' -e '/-metadata (literal "\/[^"]/d' \
	    -e 's/\([^\\]\)" "/\1/g' | LC_ALL=C cat -v
}

golden() {
	profile minimal >"$tmp/minimal"
	for file in "$here"/*.json; do
		name=${file##*/}
		name=${name%.json}
		profile "$name" >"$tmp/full"
		if [ "$name" = minimal ]; then
			cp "$tmp/full" "$tmp/$name.sb"
		else
			diff "$tmp/minimal" "$tmp/full" | sed -n \
			    -e '/^</s/\(.\{160\}\).*/\1.../' \
			    -e '/^[<>]/p' >"$tmp/$name.sb"
		fi
		diff -u "$here/$name.sb" "$tmp/$name.sb" >"$tmp/seen" 2>&1
		ok $? "$name"
	done
}

# A key of macOS in the table that no golden pair has would be forgotten; a
# list that is empty, or a flag that is off, is as none.
keys() {
	cat "$here"/*.json | tr -d ' \n' >"$tmp/all"
	for key in allowMachLookup enableWeakerNetworkIsolation \
	    allowAppleEvents allowPty allowLocalBinding allowUnixSockets \
	    allowAllUnixSockets httpProxyPort socksProxyPort denyRead \
	    allowRead allowWrite denyWrite allowGitConfig disabled; do
		grep -q "\"$key\":\(\[[^]]\|true\|[1-9]\)" "$tmp/all" ||
		    echo "$key" >>"$tmp/seen"
	done
	cat "$here"/*.admin | tr -d ' \n' >"$tmp/all"
	for key in allowUnixSockets allowWrite denyRead denyWrite; do
		grep -q "\"$key\":\[[^]]" "$tmp/all" ||
		    echo "the administrator's $key" >>"$tmp/seen"
	done
	[ ! -s "$tmp/seen" ]
	ok $? "a pair for every key"
}

# run NAME COMMAND ...
run() {
	name=$1
	shift
	if "$@" >"$tmp/seen" 2>&1; then
		ok 0 "$name"
	else
		ok 1 "$name"
	fi
}

# As regress/bench/prepare.sh installs it.
reference() {
	what="verdicts of the reference's profiles, differences explained"
	version=$(sed -n 's/^REF_VERSION=//p' \
	    "$src/regress/bench/prepare.sh")
	for cache in "${XDG_CACHE_HOME:-${HOME:-/}/.cache}" /var/cache; do
		ref=$cache/srt-bench/$version/node_modules
		ref=$ref/@anthropic-ai/sandbox-runtime/dist/sandbox
		[ ! -f "$ref/macos-sandbox-utils.js" ] || break
	done
	why=
	command -v node >/dev/null || why='no node'
	[ -f "$ref/macos-sandbox-utils.js" ] ||
	    why="the reference is not installed: make bench does it"
	if [ -n "$why" ]; then
		n=$((n + 1))
		echo "ok $n - $what # SKIP $why"
		return
	fi
	run "$what" python3 "$here/reference.py" "$seatbelt" \
	    "$ref/macos-sandbox-utils.js" 40 1
}

mkdir -p "$tmp/home/w/sub/ok"
: >"$tmp/seen"
golden
keys
if command -v python3 >/dev/null; then
	run "what is wrong with a profile is seen" \
	    python3 "$here/sbpl_test.py"
	run "verdicts of the profile and of what decides elsewhere" \
	    python3 "$here/verdicts.py" "$seatbelt" 120 1
	reference
else
	n=$((n + 1))
	echo "ok $n - verdicts # SKIP no python3"
fi
echo "1..$n"
