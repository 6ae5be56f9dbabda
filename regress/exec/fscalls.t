#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# Thousands of file system calls, made in the sandbox and outside: the
# results, the errors and the tree that is left are the same.  On the file
# system of the temporary folder and on a tmpfs.  FSCALLS_SEEDS, FSCALLS_COUNT
# and FSCALLS_SHOW ask for more calls, and more lines of what differs.

# In a mount namespace of its own, for the tmpfs.
if [ -z "${FSCALLS_TMPFS+set}" ]; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/srt-tmpfs.XXXXXX") || exit 1
	trap 'rmdir "$dir"' EXIT
	# shellcheck disable=SC2016
	if unshare -Urm true 2>/dev/null; then
		FSCALLS_TMPFS=$dir unshare -Urm sh -c '
		    mount -n -t tmpfs -o mode=0755 none "$FSCALLS_TMPFS" &&
		    exec unshare -U --map-user="$1" --map-group="$2" sh "$3"
		' sh "$(id -u)" "$(id -g)" "$0"
		exit
	fi
	echo '1..0 # SKIP no user namespaces'
	exit
fi

. "$(dirname "$0")/lib.sh"

SEEDS=${FSCALLS_SEEDS:-1 2 3 4 5 6 7 8}
COUNT=${FSCALLS_COUNT:-3000}
fscalls=$SRT_HELPERS/fscalls

# The first lines that differ, and how many do.
compare() {
	cmp -s "$1" "$2" && return 0
	diff -a "$1" "$2" >"$T/diff"
	echo "$(grep -ac '^[<>]' "$T/diff") lines differ; outside <, inside >:"
	head -n "${FSCALLS_SHOW:-40}" "$T/diff"
	return 1
}

# fresh NAME: a new folder.
fresh() {
	chmod -R u+rwx "$1" 2>/dev/null
	rm -rf "$1"
	mkdir "$1"
}

# outside SEED, inside SEED: in folders of these names.
outside() {
	fresh outside
	"$fscalls" -u "$1" "$COUNT" "$PWD/outside" >"$T/outside" 2>&1 ||
	    echo "ended with $?" >>"$T/outside"
	"$fscalls" -d outside >"$T/outside.tree"
}

inside() {
	fresh inside
	"$SRT_HELPERS/execd" -w "$PWD/inside" -- \
	    "$fscalls" "$1" "$COUNT" "$PWD/inside" >"$T/inside" 2>&1 ||
	    echo "ended with $?" >>"$T/inside"
	"$fscalls" -d inside >"$T/inside.tree"
}

# corpus NAME: of the file system that the working directory is on.
corpus() {
	for seed in $SEEDS; do
		outside "$seed"
		inside "$seed"
		yes "$1, seed $seed: the same results" \
		    compare "$T/outside" "$T/inside"
		yes "$1, seed $seed: the same tree" \
		    compare "$T/outside.tree" "$T/inside.tree"
	done
	fresh outside
	fresh inside
}

# That nothing differs proves something only if much was tried.
count=$COUNT
COUNT=12000
outside 1
COUNT=$count
yes 'every kind of call succeeds and fails' awk '
	/^[0-9]+ [a-z0-9]+\(/ {
		name = $2
		sub(/\(.*/, "", name)
		if (/ = E[A-Z0-9]+$/)
			bad[name] = 1
		else
			good[name] = 1
		all[name] = 1
	}
	END {
		for (name in all)
			if (!(name in good) ||
			    (!(name in bad) && name != "umask")) {
				print name
				failed = 1
			}
		exit failed
	}' "$T/outside"

corpus "$(stat -f -c %T .)"
if [ -n "$FSCALLS_TMPFS" ]; then
	cd "$FSCALLS_TMPFS" || exit 1
	corpus tmpfs
	cd "$W" || exit 1
fi

finish
