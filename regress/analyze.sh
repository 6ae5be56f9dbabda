#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What gcc -fanalyzer said, from its standard error as input, but what is
# known to be none and why: regress/analyze.known, of which an entry that
# nothing meets any more is said as well.

set -eu

known=$(dirname "$0")/analyze.known
LC_ALL=C awk '
function name(s) {
	sub(/^.*In function ./, "", s)
	gsub(/[^A-Za-z0-9_]/, "", s)
	return s
}
FNR == NR {
	if ($1 !~ /^#/ && NF >= 3)
		reason[$1 " " $2 " " $3] = 1
	next
}
/: In function / {
	split($0, at, ":")
	file = at[1]
	where = name($0)
	next
}
/warning: .*-Wanalyzer-/ {
	kind = $0
	sub(/^.*\[-Wanalyzer-/, "", kind)
	sub(/\].*$/, "", kind)
	key = file " " where " " kind
	met[key] = 1
	if (!(key in reason)) {
		print "in " where ": " $0
		bad = 1
	}
}
END {
	for (key in reason)
		if (!(key in met)) {
			print "analyze.known: nothing is found any more: " key
			bad = 1
		}
	exit bad
}' "$known" -
