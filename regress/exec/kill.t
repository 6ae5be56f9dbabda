#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Whichever process is killed, soon nothing is left.

# In a process group of its own: by that it knows what it has started.
if [ -z "${KILL_T:-}" ]; then
	KILL_T=1 exec setsid -w sh "$0"
fi

. "$(dirname "$0")/lib.sh"

if ! command -v pgrep >/dev/null 2>&1; then
	echo '1..0 # SKIP no pgrep'
	exit 0
fi

# The processes from execd to the command, outermost first.
chain() {
	pid=$1
	while [ -n "$pid" ]; do
		echo "$pid"
		pid=$(pgrep -P "$pid" | head -n 1)
	done
}

# shellcheck disable=SC2317
# What of srt-exec runs in that process group, which other tests have no part
# in; not what waits to be reaped.
ours() {
	ps -A -o stat=,pgid=,pid=,comm= |
	    awk -v me="$start" '$1 !~ /^Z/ && $2 == me && $4 == "srt-exec" {
		print $3; found = 1 } END { exit !found }'
}
# shellcheck disable=SC2317
gone() {
	! ours
}

# A command that resists: new sessions, ignored signals.
# shellcheck disable=SC2016
resist='trap "" TERM HUP INT; setsid sh -c "trap \"\" TERM HUP; sleep $0 & wait
    " & setsid -f sleep $0; touch up; while :; do sleep $0; done'

mounts_before=$(wc -l </proc/self/mountinfo)
mark=86000

# victim NUMBER NAME: kills that one of the chain.
victim() {
	mark=$((mark + 1))
	rm -f up
	setsid "$SRT_HELPERS/execd" -w "$W" -- sh -c "$resist" $mark \
	    >"$T/out" 2>&1 &
	start=$!
	if ! until_true 10 test -e up; then
		result 1 "$2: the command starts" "$T/out"
		return
	fi
	target=$(chain $start | sed -n "$1p")
	kill -KILL "$target"
	name="$2 killed: all gone"
	tries=100
	while pgrep -f "sleep ${mark}" >"$T/left"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || break
		sleep 0.05
	done
	pgrep -af "sleep ${mark}" >>"$T/out"
	result $((1 - (tries > 0))) "$name" "$T/out"
	wait $start
	until_true 10 gone
	no "$2 killed: no srt-exec left" ours
}

victim 1 srt
victim 2 srt-exec
victim 3 'the broker'
victim 4 'pid 1'
victim 5 'the command'
yes 'no mount was left' test "$(wc -l </proc/self/mountinfo)" -eq \
    "$mounts_before"
rm -f up
yes 'no file was left' test -z "$(ls -A "$W")"

finish
