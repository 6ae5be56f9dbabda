#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Mounts and Landlock each keep the command from writing without the other;
# and a swapped link does not lead a mount outside.

. "$(dirname "$0")/lib.sh"

# LeakSanitizer reads /proc as the sandbox shows it, and fails.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

mkdir "$T/outside"
echo keep >"$T/outside/f"

for layer in mounts landlock; do
	l() {
		"$SRT_HELPERS/layer" $layer "$W" sh -c "$1" x "$T/outside" \
		    >"$T/out" 2>&1
		status=$?
	}
	l 'echo a >f && mkdir d && mv f d/g && rm -r d'
	is 0 "$layer: the write root can be written"
	l ': >>"$1/f"'
	no "$layer: no file outside" test "$status" -eq 0
	l 'cp /dev/null "$1/new"'
	no "$layer: no new file" test "$status" -eq 0
	l 'mkdir "$1/new"'
	no "$layer: no new directory" test "$status" -eq 0
	l 'rm -f "$1/f"'
	no "$layer: nothing removed" test "$status" -eq 0
	l 'mv "$1/f" "$1/g"'
	no "$layer: nothing renamed" test "$status" -eq 0
	l 'truncate -s 0 "$1/f"'
	no "$layer: nothing truncated" test "$status" -eq 0
	l 'ln -s x "$1/new" || mkfifo "$1/new" || ln "$1/f" "$1/new"'
	no "$layer: no link, no fifo" test "$status" -eq 0
	l 'ln "$1/f" f'
	no "$layer: nothing linked in" test -e "$W/f"
	l 'cat "$1/f"'
	is 0 "$layer: reading is allowed" keep
done

mkdir "$T/race"
"$SRT_HELPERS/racer" "$T/race" 10000 >"$T/out" 2>&1
status=$?
sed 's/^/# /' "$T/out"
is 0 'ten thousand binds against a swapped link' bound
yes 'nothing came to lie outside' test -z "$(ls -A "$T/race/out/x")"

finish
