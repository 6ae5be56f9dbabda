# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
#
# For the tests of srt-exec alone: "x OPTION ... -- WORD ..." runs a command
# under the real srt-exec, with the options of helper/execd.c.  $W is a
# folder that the caller may write to.

set -u

EXEC=$(cd "$(dirname "$0")" && pwd)
: "${SRT_SRC:=$(cd "$EXEC/../.." && pwd)}"
: "${SRT_BUILD:=$SRT_SRC/build}"
: "${SRT_HELPERS:=$SRT_BUILD/regress}"
export SRT_BUILD

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-exec.XXXXXX") || exit 1
T=$(cd "$T" && pwd -P)
W=$T/w
mkdir "$W"
trap 'chmod -R u+rwx "$T"; rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$W" || exit 1

n=0
failed=0

# result STATUS NAME FILE: one test; what it said is shown if it failed.
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/# /' "$3"
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

finish() {
	echo "1..$n"
	[ "$failed" -eq 0 ]
	exit
}

# x ...: runs it; leaves $status and $T/out with both outputs.
x() {
	"$SRT_HELPERS/execd" "$@" >"$T/out" 2>&1
	status=$?
}

# is STATUS NAME [TEXT]: how the last x ended and what it must have said.
is() {
	rc=0
	[ "$status" -eq "$1" ] || rc=1
	if [ $# -gt 2 ] && ! grep -qF -- "$3" "$T/out"; then
		rc=1
	fi
	[ $rc -eq 0 ] || echo "expected status $1 and \"${3-}\"," \
	    "got $status" >>"$T/out"
	result $rc "$2" "$T/out"
}

# says STATUS NAME TEXT: the same, and this was all that it said.
says() {
	printf '%s\n' "$3" >"$T/want"
	rc=0
	[ "$status" -eq "$1" ] && cmp -s "$T/out" "$T/want" || rc=1
	[ $rc -eq 0 ] || echo "expected status $1 and \"$3\" alone," \
	    "got $status" >>"$T/out"
	result $rc "$2" "$T/out"
}

# yes/no NAME COMMAND...: a condition; $T/out stays as x left it.
yes() {
	name=$1
	shift
	"$@" >"$T/cond" 2>&1
	result $? "$name" "$T/cond"
}

no() {
	name=$1
	shift
	rc=0
	if "$@" >"$T/cond" 2>&1; then
		rc=1
	fi
	result $rc "$name" "$T/cond"
}

# until_true SECONDS COMMAND...: polls.
until_true() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}
