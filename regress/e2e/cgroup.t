#!/bin/sh
# SPDX-License-Identifier: ISC
#
# limits.memory and limits.pids by a cgroup.  Only root can delegate one, so
# this test is for root alone; srt runs as an ordinary user in it.

. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "only root can delegate a cgroup"
[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
have setpriv || skip_all "no setpriv"
have python3 || skip_all "no python3"
AS="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --"
$AS test -x "$SRT" || skip_all "no other user can read this tree"

top=$(sed -n 's/^[^ ]* [^ ]* [^ ]* \([^ ]*\) \([^ ]*\) .* - cgroup2 .*/\2/p' \
    /proc/self/mountinfo | head -n 1)
[ -n "$top" ] || skip_all "no cgroup v2 is mounted"
# systemd has the whole of it, and hands a part to who asks.  Nobody may be in
# what others are made in.
if [ -d /run/systemd/system ] && [ -z "${CGROUP_SCOPE-}" ]; then
	why=$(systemd-run --scope -q -p Delegate=yes true 2>&1) ||
	    skip_all "no scope of systemd's: $why"
	CGROUP_SCOPE=yes exec systemd-run --scope -q -p Delegate=yes sh "$0"
fi
if [ -n "${CGROUP_SCOPE-}" ]; then
	top=$top$(sed -n 's/^0:://p' /proc/self/cgroup)
	if ! mkdir "$top/test" || ! echo $$ >"$top/test/cgroup.procs"; then
		skip_all "no scope of systemd's"
	fi
fi
for c in memory pids; do
	grep -qw "$c" "$top/cgroup.controllers" ||
	    skip_all "the $c controller is not in the hierarchy of version 2"
done
on=
for c in memory pids; do
	grep -qw "$c" "$top/cgroup.subtree_control" && continue
	sh -c "echo +$c >'$top/cgroup.subtree_control'" 2>/dev/null ||
	    skip_all "the $c controller cannot be handed down"
	on="$on -$c"
done

D=$top/srt-test.$$
T=$(mktemp -d /tmp/srt-e2e.XXXXXX) || exit 1
W=$T/work
# shellcheck disable=SC2317
clean() {
	cd /
	rm -rf "$T"
	rmdir "$D/beside" "$D" 2>/dev/null
	[ -z "$on" ] || echo "$on" >"$top/cgroup.subtree_control"
}
trap clean EXIT
trap 'exit 143' HUP INT TERM
mkdir "$D" || skip_all "no cgroup can be made"
chown 65534:65534 "$D" "$D/cgroup.procs" "$D/cgroup.subtree_control"
mkdir "$W"
chown -R 65534:65534 "$T"
cd "$W" || exit 1

limits() {
	settings more="\"limits\": {$1}"
	chmod a+r "$T/settings.json"
}

# in_cgroup DIRECTORY COMMAND ...: srt in that cgroup, alone.
in_cgroup() {
	_dir=$1
	shift
	# shellcheck disable=SC2016
	run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$_dir" \
	    $AS "$SRT" -s "$T/settings.json" "$@"
}

left() {
	find "$D" -mindepth 1 -name 'srt-*'
}

fork='import os, time
n = 1
try:
	while n < 200:
		if os.fork() == 0: time.sleep(60)
		n += 1
except OSError: pass
print(n)'
eat='import os
for i in range(4):
	if os.fork() == 0:
		x = bytearray(b"x") * (50 << 20)
		os._exit(0)
print([os.waitstatus_to_exitcode(os.wait()[1]) for i in range(4)])
held = [bytearray(b"x") * (20 << 20) for i in range(8)]'

for where in "$D" "$D/beside"; do
	if [ "$where" != "$D" ]; then
		# A terminal's: it cannot have others in it, the one above can.
		echo "+memory +pids" >"$D/cgroup.subtree_control"
		mkdir "$where"
		chown 65534 "$where" "$where/cgroup.procs"
		echo "# beside srt's own cgroup"
	fi
	limits '"pids": 20'
	in_cgroup "$where" python3 -c "$fork"
	is "$out" 20 "pids: exactly so many"
	is "$(left)" "" "the cgroup is gone afterwards"
	limits '"memory": "100M"'
	in_cgroup "$where" python3 -c "$eat"
	is "$st" 137 "memory: all together, then the kernel kills"
	unlike "$err" 'each process by itself' "it is not for each by itself"
	in_cgroup "$where" cat /proc/self/cgroup
	like "$out" '^0::/$' "the command does not see where it is"
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$where" \
	    $AS "$SRT" -s "$T/settings.json" sleep 1000 &
	srt_pid=$!
	check "it is made" wait_for 10 sh -c \
	    "ls -d '$D'/srt-* | grep -qv self"
	kill -KILL "$srt_pid"
	wait "$srt_pid" 2>/dev/null
	check "and gone when srt is killed" wait_for 10 \
	    sh -c "! ls -d '$D'/srt-* 2>/dev/null"
done

done_testing
