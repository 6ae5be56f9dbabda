#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Racers in the sandbox against the protected names of an old tree, with a
# watcher outside.  RACE_SECONDS=60 for the long run.

. "$(dirname "$0")/lib.sh"

SECONDS_IN=${RACE_SECONDS:-4}
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

# judge HOW: what came of a race in the sandbox, in which $what was done.
judge() {
	result "$raced" "the racers raced, $1" "$T/$what.race"
	tries=$(number "$T/$what.race" attempts)
	result "$([ "$tries" -gt $((SECONDS_IN * least)) ]; echo $?)" \
	    "$least attempts a second and more, $1: $tries" "$T/$what.race"
	scans=$(number "$T/$what.watch" scans)
	result "$([ "$scans" -gt $((SECONDS_IN * 10)) ]; echo $?)" \
	    "and the watcher was awake, $1: $scans looks" "$T/$what.watch"
	cat "$T/$what.race" >>"$T/$what.watch"
	result "$watched" "not one protected name appeared or changed, $1" \
	    "$T/$what.watch"
}

# A sanitizer's broker is slow.
least=300
[ -z "${SRT_SANITIZE:-}" ] || least=30
race inside "$SRT_HELPERS/execd" -t $((SECONDS_IN + 60)) \
    -w "$W/inside" -- "$fsrace" "$SECONDS_IN" "$W/inside"
judge 'with namespaces'

# Where there are none the broker alone holds names.
srt=$SRT_BUILD/bin/srt
cat >"$T/settings.json" <<EOT
{
  "mode": "landlock",
  "network": { "allowedDomains": [], "deniedDomains": [] },
  "filesystem": {
    "denyRead": [], "allowRead": [], "allowWrite": ["$W/landlock"],
    "denyWrite": [] }
}
EOT
if [ ! -x "$srt" ]; then
	skip 'mode landlock' 'srt is not built'
elif ! "$srt" -s "$T/settings.json" true >"$T/out" 2>&1; then
	skip 'mode landlock' "$(head -n 1 "$T/out")"
else
	race landlock timeout -k 5 $((SECONDS_IN + 60)) "$srt" \
	    -s "$T/settings.json" -q "$fsrace" "$SECONDS_IN" "$W/landlock"
	judge 'mode landlock'
fi

finish
