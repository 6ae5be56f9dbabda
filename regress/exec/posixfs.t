#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What POSIX says about file system calls holds in the sandbox, as it does
# outside.

. "$(dirname "$0")/lib.sh"

posixfs=$SRT_HELPERS/posixfs

# suite NAME COMMAND ...: shows the checks that failed, and why.
suite() {
	name=$1
	shift
	rc=0
	"$@" >"$T/suite" 2>&1 || rc=1
	grep -q '^1\.\.' "$T/suite" || rc=1
	grep -A 1 -v '^ok ' "$T/suite" >"$T/shown"
	result "$rc" "$name: $(grep -c '^ok ' "$T/suite") checks" "$T/shown"
}

mkdir outside inside
suite outside "$posixfs" "$W/outside"
suite 'in the sandbox' "$SRT_HELPERS/execd" -w "$W/inside" -- \
    "$posixfs" "$W/inside"
yes 'nothing is left behind' rmdir outside inside

finish
