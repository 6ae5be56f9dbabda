#!/bin/sh
# SPDX-License-Identifier: ISC
#
# mandoc's opinion of the man pages.  Which manuals this machine happens to
# have is left out of it; that our own refer only to pages that exist is not.

set -eu

[ $# -gt 0 ] || exit 0
found=$(mandoc -Tlint -Wstyle "$@" 2>&1 |
    grep -Ev 'referenced manual not found|mandoc\.db' || true)
for page in "$@"; do
	refs=$(sed -n 's/^\.Xr \(srt[^ ]*\) \([0-9]\).*/\1.\2/p' "$page" |
	    sort -u)
	for ref in $refs; do
		[ -f "man/$ref" ] || found="$found
$page: no page $ref"
	done
done
[ -z "$found" ] || {
	printf '%s\n' "$found" | sed '/^$/d'
	exit 1
}
