#!/bin/sh
# SPDX-License-Identifier: ISC
#
# strictReadGlobs against a program that changes the path in its memory while
# the call is under way.  RACE_MILLIS for each of the ways.

. "$(dirname "$0")/lib.sh"

MILLIS=${RACE_MILLIS:-150}
strictrace=$SRT_HELPERS/strictrace

# race NAME COMMAND ...: the secret appears when the command is ready.
race() {
	what=$1
	shift
	mkdir "$W/$what"
	"$@" "$MILLIS" "$W/$what/late.key" "$W/$what" >"$T/race" 2>&1 &
	racer=$!
	until_true 20 test -e "$W/$what/ready"
	echo 'this is hidden' >"$T/secret"
	mv "$T/secret" "$W/$what/late.key"
	wait "$racer"
	raced=$?
}

# sum WORD: of the numbers that follow it.
sum() {
	awk -v word="$1" '
	{
		for (i = 1; i < NF; i++)
			if ($i == word)
				n += $(i + 1)
	}
	END { print n + 0 }' "$T/race"
}

race outside "$strictrace"
result "$([ "$raced" -eq 1 ] && [ "$(sum read)" -gt 1000 ]; echo $?)" \
    "without the sandbox the race is won: $(sum read)" "$T/race"

race inside "$SRT_HELPERS/execd" -t 120 -w "$W/inside" \
    -g "$W/inside/*.key" -- "$strictrace"
result "$raced" 'nothing hidden is read' "$T/race"
tries=$(sum attempts)
result "$([ "$tries" -gt 10000 ]; echo $?)" \
    "in many attempts: $tries" "$T/race"
opened=$(sum opened)
result "$([ "$opened" -gt 1000 ]; echo $?)" \
    "of which many opened what is not hidden: $opened" "$T/race"

finish
