#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Racers in the sandbox for a socket of the host that is not listed, with one
# beside it that is; the servers count.  RACE_SECONDS=60 for the long run.

. "$(dirname "$0")/lib.sh"
rig

sockrace=${SRT_HELPERS:-$O/regress}/sockrace
[ -x "$sockrace" ] || skip_all "no helper"
SECONDS_IN=${RACE_SECONDS:-4}

# race NAME SECONDS: with the words before the racers in $before.
race() {
	mkdir "$T/$1" "$W/$1"
	mkfifo "$T/$1.fifo"
	"$sockrace" -s "$T/$1" <"$T/$1.fifo" >"$T/$1.served" 2>&1 &
	server=$!
	exec 7>"$T/$1.fifo"
	wait_for 10 grep -q '^ready' "$T/$1.served"
	read -r _ first second <"$T/$1.served"
	settings net_allow="\"127.0.0.1:$first\", \"localhost:$first\"" \
	    net_more="\"allowUnixSockets\": [\"$T/$1/a\"]"
	# shellcheck disable=SC2086
	timeout -k 5 $(($2 + 60)) $before "$sockrace" "$2" "$W/$1" "$T/$1" \
	    "$first" "$second" 7>&- >"$T/$1.raced" 2>&1
	st=$?
	exec 7>&-
	wait "$server"
	cat "$T/$1.raced" >>"$T/$1.served"
}

# had NAME WORD: the number that follows the word.
had() {
	awk -v word="$2" '
	$1 == word { n = $2 }
	END { print n + 0 }' "$T/$1.served"
}

before=
race control 1
check "outside, each server is reached" \
    test "$(had control a)" -gt 0 -a "$(had control b)" -gt 0 -a \
    "$(had control first)" -gt 0 -a "$(had control second)" -gt 0

before="$SRT -s $T/settings.json"
race inside "$SECONDS_IN"
is "$st" 0 "the racers raced"
check "the listed socket is reached: $(had inside a) times" \
    test "$(had inside a)" -gt 100
check "the listed port is reached: $(had inside first) times" \
    test "$(had inside first)" -gt 10
is "$(had inside b)" 0 "the other socket never is"
is "$(had inside second)" 0 "nor the other port"
tries=$(had inside attempts)
check "hundreds of attempts a second: $tries" \
    test "$tries" -gt $((SECONDS_IN * 200))
[ "$tap_failed" -eq 0 ] || diag "$(cat "$T/inside.served")"

done_testing
