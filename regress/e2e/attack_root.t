#!/bin/sh
# SPDX-License-Identifier: ISC
#
# As attack.t, where the caller is root: what is the whole machine's must not
# change.  No rig: this is about the machine's own root.  Every change that
# is tried leaves things as they are, so that a failure does no harm.

. "$(dirname "$0")/lib.sh"

[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ "$(cut -d' ' -f4 /proc/self/uid_map | tail -c 11 | tr -d ' ')" != 1 ] ||
    skip_all "root of a user namespace only"
attack=${SRT_HELPERS:-$O/regress}/attack
[ -x "$attack" ] || skip_all "no helper"

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 143' HUP INT TERM
W=$T/work
mkdir "$W" "$T/host"
cd "$W" || exit 1
settings

for node in null zero full random urandom tty; do
	mode=$(stat -c %a "/dev/$node")
	srt chmod "$mode" "/dev/$node"
	refuse "the mode of the host's /dev/$node" test "$st" -eq 0
done
mode=$(stat -c %a /dev/null)
srt "$attack" stdin
is "$out" "held fchmod-stdin
done" "nor of /dev/null by a descriptor"
chmod "$mode" /dev/null
srt sh -c 'echo x >/dev/null && head -c 1 /dev/zero'
is "$st" 0 "the devices work"

# Their modes are one for every /proc of the machine.
srt sh -c 'for f in /proc/[a-z]*; do
	[ -h "$f" ] || chmod "$(stat -c %a "$f")" "$f" 2>/dev/null && echo "$f"
done; echo end' # $f is the shell's inside
like "$out" '^end$' "the entries of /proc were tried"
unlike "$(printf '%s\n' "$out" |
    grep -Ev '^/proc/(self|thread-self|mounts|net)$')" '^/proc/' \
    "the mode of no entry of /proc can be changed"
srt sh -c 'echo 500 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj'
is "$out" 500 "what is the process's own can"

# What the command has made is root's as well.
srt ln -s "$T/host" out
settings allow_write="\"$W/out\""
srt sh -c "echo evil >$T/host/x"
is "$(ls "$T/host")" "" "a link that the command has made grants nothing"

done_testing
