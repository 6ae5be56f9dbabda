#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Audit records in a file, which are for runs that root starts.  No rig: this
# is about the machine's own root, in a mount namespace of its own.

. "$(dirname "$0")/lib.sh"

[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
have python3 || skip_all "no python3"
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ "$(cut -d' ' -f4 /proc/self/uid_map | tail -c 11 | tr -d ' ')" != 1 ] ||
    skip_all "root of a user namespace only"
if [ -z "${AUDIT_ROOT:-}" ]; then
	why=$(unshare -m true 2>&1) || skip_all "no mount namespace: $why"
	AUDIT_ROOT=1 exec unshare -m sh "$0"
fi

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
trap 'cd /; umount -l "$T" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 143' HUP INT TERM
# Beneath /tmp anybody could have made what is on the way.
mount -n -t tmpfs -o mode=755 audit "$T" || skip_all "no tmpfs"
chmod 755 "$T"
W=$T/work
L=$T/logs
mkdir "$W" "$L"
chmod 755 "$L"
cd "$W" || exit 1
log=$L/log
py="python3 $E2E/audit.py"

# with PATH [MORE]: settings with a record there.
with() {
	settings more="\"audit\": { \"to\": \"file\", \"file\": \"$1\" }${2:+, $2}" \
	    allow_write="\"$T\""
}

audit() {
	is "$($py records "$log" "$1" 2>&1)" "$2" "$3"
}

must='"requireAudit": true'
with "$log" "$must"
srt sh -c 'true >/etc/x; exit 4' 'a
b'
is "$st" 4 "the command's status"
audit '[x["event"] for x in r], gapless' \
    "(['start', 'refusal', 'end'], True)" "a record in a file"
audit 'r[0]["uid"], r[0]["argv"][3], r[2]["status"]' "(0, 'a\\nb', 4)" \
    "of one line each"
is "$(stat -c '%u %a' "$log")" "0 600" "root's alone"
srt true
audit 'len({x["run"] for x in every}), [x["event"] for x in r]' \
    "(2, ['start', 'end'])" "another run adds to it"

# --- the command, which is root inside and may write to the directory

for how in 'cat "$1"' 'true >>"$1"' ': >"$1"' 'rm -f "$1"' \
    'mv "$1" "$1.old"' 'ln "$1" "$2/link"' 'chmod 666 "$1"' \
    'rm -rf "$(dirname "$1")"' 'mv "$(dirname "$1")" "$2/logs"'; do
	size=$(wc -c <"$log")
	srt sh -c "$how" sh "$log" "$W"
	refuse "the command cannot: $how" test "$st" -eq 0
	[ -f "$log" ] && [ "$(wc -c <"$log")" -gt "$size" ] &&
	    [ ! -e "$W/link" ]
	is "$?" 0 "and its record goes on"
done
srt $py reach "$log" "$log"
is "$out" "done" "nor by a descriptor or socket"
audit 'gapless, len(every) > 20' "(True, True)" "every line is whole"

# --- many at once

i=0
while [ "$((i += 1))" -le 6 ]; do
	"$SRT" -s "$T/settings.json" $py flood 300 >/dev/null 2>&1 &
done
wait
$py raw "$log" 'len({json.loads(x)["run"] for x in r[-1900:]}) >= 6' >"$T/out"
is "$(cat "$T/out")" True "runs at the same time do not mix"
is "$($py records "$log" 'len(every) > 600' 2>&1)" True "their lines"

# --- files that cannot be trusted

refused() {
	srt touch "$W/ran"
	is "$st" 125 "$1: refused"
	like "$err" '^Error: audit\.file: ' "and the key is named"
	refuse "nothing has run" test -e "$W/ran"
}

chmod 777 "$L"
refused "others may write to the directory"
chmod 1777 "$L"
refused "even with a sticky bit"
chmod 755 "$L"
chown 65534 "$L"
refused "the directory is somebody's"
chown 0 "$L"
mkdir "$L/d"
chmod 777 "$L"
with "$L/d/log"
refused "others may write to a directory on the way"
chmod 755 "$L"
ln -s "$L" "$T/link"
with "$T/link/log"
refused "a link on the way"
ln -s "$log" "$L/link"
with "$L/link"
refused "a link"
: >"$L/two"
ln "$L/two" "$L/names"
with "$L/two"
refused "a file of two names"
: >"$L/open"
chmod 622 "$L/open"
with "$L/open"
refused "a file that others may write to"
: >"$L/foreign"
chown 65534 "$L/foreign"
with "$L/foreign"
refused "somebody's file"
mkfifo "$L/fifo"
with "$L/fifo"
refused "a pipe"
with "$L/d"
refused "a directory"
with "$L/d/../log"
refused "a way back"
with "$L/none/log"
refused "a directory that is not there"
settings more="\"audit\": { \"to\": \"file\", \"file\": \"$log\" }" \
    fs_more='"disabled": true'
refused "nothing that would keep the command from it"

# --- a disk that is full

# The command has had its way with what else was there.
mkdir -p "$L/small"
mount -n -t tmpfs -o mode=755,size=16k small "$L/small" || exit 1
log=$L/small/log
fill() {
	dd if=/dev/zero of="$L/small/fill" bs=4096 count=3 2>/dev/null
}
fill
with "$log"
srt $py flood 200
is "$st:$out" "0:done" "a full disk does not hold the run up"
like "$err" 'audit record is not complete: No space' "but is said"
rm "$L/small/fill"
srt sh -c 'exit 5'
is "$(tail -n 2 "$log" | grep -c '"event":"\(start\|end\)"')" 2 \
    "the next run's records are whole lines"
rm -f "$log"
with "$log" "$must"
fill
srt sh -c 'exec 2>/dev/null; i=0
    while :; do true >/etc/x$((i += 1)); sleep 0.01; done'
is "$st" 125 "a full disk ends a run that needs its record"
like "$err" 'requireAudit: .*No space.*the command was killed' "and it is said"
dd if=/dev/zero of="$L/small/more" bs=512 count=64 2>/dev/null
rm -f "$log"
: >"$log"
dd if=/dev/zero of="$L/small/more" bs=512 count=64 2>/dev/null
srt touch "$W/ran"
is "$st" 125 "and it does not begin if the first one does not fit"
like "$err" 'requireAudit: .*the command was not started' "which is said"
refuse "nothing has run" test -e "$W/ran"
umount -l "$L/small"

# --- an ordinary user

chmod 755 "$T" "$W"
with "$T/mine"
if setpriv --reuid 65534 --regid 65534 --clear-groups \
    test -x "$SRT" -a -r "$T/settings.json"; then
	run setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$SRT" -s "$T/settings.json" true
	is "$st" 125 "an ordinary user: refused"
	like "$err" 'audit\.file: .*only what root starts' "and why"
else
	skip "an ordinary user" "no other user can reach this folder"
fi

done_testing
