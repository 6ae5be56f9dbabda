#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2012
#
# F13, F14: a caller who is root does not make the command root.  No rig:
# this is about the machine's own root.

. "$(dirname "$0")/lib.sh"

[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ "$(cut -d' ' -f4 /proc/self/uid_map | tail -c 11 | tr -d ' ')" != 1 ] ||
    skip_all "root of a user namespace only"

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 143' HUP INT TERM
W=$T/work
mkdir "$W"
cd "$W" || exit 1
settings

srt id -u
is "$st:$out" "0:0" "the command still is uid 0 to itself"
srt grep CapEff /proc/self/status
like "$out" '^CapEff:[[:space:]]*0+$' "but has no capability"
srt grep CapBnd /proc/self/status
like "$out" '^CapBnd:[[:space:]]*0+$' "and can get none"
srt sh -c 'echo x >f && stat -c %u f'
is "$out" 0 "it writes its folder"
is "$(stat -c %u "$W/f")" 0 "as root on the host"

# Written back as they are: a failure of the sandbox does no harm.
for knob in /proc/sys/kernel/core_pattern /proc/sys/kernel/printk \
    /proc/sys/vm/overcommit_memory /proc/sys/kernel/modprobe \
    /sys/kernel/mm/transparent_hugepage/enabled /sys/power/state; do
	# Root himself may open it as is tried here.
	(: >>"$knob") 2>/dev/null || continue
	srt sh -c ": >>$knob"
	refuse "F13: $knob cannot be opened for writing" test "$st" -eq 0
done
for dev in /dev/mem /dev/kmsg /dev/sda /dev/vda /dev/port; do
	(: <"$dev") 2>/dev/null || continue
	srt sh -c ": <$dev"
	refuse "F13: $dev" test "$st" -eq 0
done
check "F13: (outside knobs can be opened)" sh -c \
    ': >>/proc/sys/vm/overcommit_memory'
srt sh -c ': >>/proc/sysrq-trigger'
refuse "F13: /proc/sysrq-trigger" test "$st" -eq 0
srt sh -c ': >>/etc/passwd'
refuse "a file of root's outside its folder" test "$st" -eq 0
srt mknod "$W/null" c 1 3
refuse "no device is made" test "$st" -eq 0
srt chroot / true
refuse "no chroot" test "$st" -eq 0
srt mount -o remount,rw /
refuse "F18: no remount" test "$st" -eq 0
srt sh -c 'dmesg >/dev/null'
refuse "no kernel log" test "$st" -eq 0
# A program that runs cannot be written by anybody; what has led to it still
# does so when it has ended.
cat >"$T/lead.py" <<'EOT'
import os, subprocess, sys
program = sys.argv[1]
p = subprocess.Popen([program, "100"])
exe = "/proc/%d/exe" % p.pid
while os.readlink(exe) != program:
    pass
fd = os.open(exe, os.O_PATH)
p.kill()
p.wait()
try:
    os.close(os.open("/proc/self/fd/%d" % fd, os.O_WRONLY))
    print("GOT")
except OSError:
    print("held")
EOT
if have python3; then
	cp "$(command -v sleep)" "$T/sleep"
	run python3 "$T/lead.py" "$T/sleep"
	is "$out" GOT "F14: (outside what runs can be written when it has ended)"
	srt python3 "$T/lead.py" "$T/sleep"
	is "$out" held "F14: no program is written through /proc"
else
	skip "F14: no program is written through /proc" "no python3"
fi
srt sh -c 'for p in /proc/[0-9]*; do
	(: >>$p/exe) 2>/dev/null && echo GOT; done; echo end'
is "$out" end "F14: nor while it runs"
srt kill -0 $$
refuse "K15: no process outside is seen" test "$st" -eq 0

# A device where the command may write, as in the tree of another system.
cat >"$T/again.py" <<'EOT'
import os
fd = os.open("node", os.O_RDONLY)
try:
    os.open("/proc/self/fd/%d" % fd, os.O_RDWR)
    print("GOT")
except OSError:
    print("held")
EOT
out=
for node in "10 229" "10 200" "1 11" "7 0"; do
	have python3 || break
	rm -f node
	# shellcheck disable=SC2086
	mknod -m 666 node c $node || continue
	run python3 "$T/again.py"
	[ "$out" = GOT ] || continue
	settings more='"mode": "landlock"'
	srt python3 "$T/again.py"
	is "$out" held "F30: a device that it may read is not written"
	break
done
[ "$out" = held ] || skip "F30: a device that it may read is not written" \
    "no device to try it with"
rm -f node
settings

# srt's own roles give root up.
"$SRT" -s "$T/settings.json" sh -c 'echo up >up; while [ ! -e end ]; do sleep 0.05; done' &
pid=$!
wait_for 10 test -s "$W/up"
# shellcheck disable=SC2317
given_up() {
	uid='' root=''
	for p in /proc/[0-9]*; do
		[ "$(tr '\0' ' ' 2>/dev/null <"$p/cmdline")" = "$r " ] || continue
		[ "$(sed -n 's/^PPid:[[:space:]]*//p' "$p/status")" = "$pid" ] ||
		    continue
		uid=$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$p/status")
		root=$(cd "$p/root" 2>/dev/null && ls -A | wc -l)
	done
	[ -n "$uid" ] && [ "$uid" -ne 0 ] && [ "$root" = 0 ]
}
for r in srt-proxy srt-monitor; do
	# The command may have begun before them.
	wait_for 10 given_up
	[ -n "$uid" ] && [ "$uid" -ne 0 ]
	is "$?" 0 "$r is not root (uid ${uid:-none})"
	is "${root:-}" 0 "$r sees an empty directory"
done
: >"$W/end"
wait "$pid"
is "$?" 0 "and the command ends"

done_testing
