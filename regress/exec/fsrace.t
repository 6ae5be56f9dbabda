#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Racers in the sandbox against the protected names of an old tree, with a
# watcher outside.  RACE_SECONDS=60 for the long run.

. "$(dirname "$0")/lib.sh"

SECONDS_IN=${RACE_SECONDS:-5}
fsrace=$SRT_HELPERS/fsrace

# race NAME COMMAND ...: the command races in $W/NAME; what it said is in
# $T/NAME.race, what the watcher said in $T/NAME.watch, with its status.
race() {
	what=$1
	shift
	mkdir "$W/$what"
	"$fsrace" -p "$W/$what"
	mkfifo "$T/$what.fifo"
	"$fsrace" -w "$W/$what" <"$T/$what.fifo" >"$T/$what.watch" 2>&1 &
	watcher=$!
	exec 7>"$T/$what.fifo"
	until_true 10 grep -q '^ready' "$T/$what.watch"
	"$@" 7>&- >"$T/$what.race" 2>&1
	raced=$?
	exec 7>&-
	wait "$watcher"
	watched=$?
}

# number FILE WORD: the number that follows the word.
number() {
	awk -v word="$2" '
	$1 == word { n = $2 }
	END { print n + 0 }' "$1"
}

# Outside, the same racers get through, and the watcher sees it.
race control "$fsrace" 1 "$W/control"
cat "$T/control.race" >>"$T/control.watch"
result "$([ "$watched" -eq 1 ] && [ "$(number "$T/control.watch" \
    violations)" -gt 0 ]; echo $?)" \
    'without the sandbox the names are not safe' "$T/control.watch"

race inside "$SRT_HELPERS/execd" -t $((SECONDS_IN + 60)) \
    -w "$W/inside" -- "$fsrace" "$SECONDS_IN" "$W/inside"
result "$raced" 'the racers raced' "$T/inside.race"
tries=$(number "$T/inside.race" attempts)
# A sanitizer's broker is slow.
least=300
[ -z "${SRT_SANITIZE:-}" ] || least=30
result "$([ "$tries" -gt $((SECONDS_IN * least)) ]; echo $?)" \
    "$least attempts a second and more: $tries" "$T/inside.race"
scans=$(number "$T/inside.watch" scans)
result "$([ "$scans" -gt $((SECONDS_IN * 10)) ]; echo $?)" \
    "and the watcher was awake: $scans looks" "$T/inside.watch"
cat "$T/inside.race" >>"$T/inside.watch"
result "$watched" 'not one protected name appeared or changed' \
    "$T/inside.watch"

finish
