#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016
#
# What takes root to set up: a file system that folds case, files and
# processes of another user, mounts that propagate.  In a mount namespace of
# its own, about the machine's own root; the command's caller is root and an
# ordinary user in turn.

. "$(dirname "$0")/lib.sh"

[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ "$(cut -d' ' -f4 /proc/self/uid_map | tail -c 11 | tr -d ' ')" != 1 ] ||
    skip_all "root of a user namespace only"
have setpriv || skip_all "no setpriv"
have pgrep || skip_all "no pgrep"
have python3 || skip_all "no python3"
if [ -z "${ATTACK_ROOT:-}" ]; then
	why=$(unshare -m true 2>&1) || skip_all "no mount namespace: $why"
	ATTACK_ROOT=1 exec unshare -m sh "$0"
fi

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
trap 'cd /; umount -l "$T/fold" "$T" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 143' HUP INT TERM
mount -n -t tmpfs -o mode=755 attack "$T" || skip_all "no tmpfs"
W=$T/work
# Nobody's, and another's.
USER=65534
OTHER=65533
mkdir "$T/home" "$W"
chown "$USER:$USER" "$T/home" "$W"
cd "$W" || exit 1

as() {
	_uid=$1
	shift
	setpriv --reuid "$_uid" --regid "$_uid" --clear-groups \
	    --inh-caps=-all -- "$@"
}

# by UID COMMAND ...: srt, started by that user.
by() {
	_uid=$1
	shift
	_as="as $_uid"
	[ "$_uid" -ne 0 ] || _as=
	# shellcheck disable=SC2086
	HOME=$T/home $_as timeout -k 5 60 "$SRT" -s "$T/settings.json" "$@" \
	    >"$T/run.out" 2>"$T/run.err" </dev/null
	st=$?
	out=$(cat "$T/run.out")
	err=$(cat "$T/run.err")
}

settings
chmod 644 "$T/settings.json"
as "$USER" test -x "$SRT" -a -r "$E2E/lib.sh" ||
    skip_all "no other user can read this tree"

# --- F10: a file system that folds case

FOLDED='.Git/hooks/x .GIT/config .CLAUDE/settings.json .BASHRC .NpmRC
    .vSCODE/tasks.json .gitMODULES .MCP.json .claude/COMMANDS/x'
cat >"$T/fold.sh" <<'EOT'
for f; do
	( echo evil >"$f" ) 2>/dev/null && echo "GOT $f"
	echo evil >plain; mv plain "$f" 2>/dev/null && echo "GOT mv $f"
	ln plain "$f" 2>/dev/null && echo "GOT ln $f"
done
mv .GIT .git2 2>/dev/null && echo 'GOT mv .GIT'
mv .Claude c 2>/dev/null && echo 'GOT mv .Claude'
mkdir .idea 2>/dev/null; mkdir .IDEA2 && mv .IDEA2 .IDEA 2>/dev/null &&
    echo 'GOT mv .IDEA'
echo done
EOT

# A fresh tree in the directory that folds.
folding() {
	rm -rf "$T/fold/w"
	mkdir "$T/fold/w" && chattr +F "$T/fold/w" || return 1
	mkdir -p "$T/fold/w/.git/hooks" "$T/fold/w/.claude/commands"
	echo old >"$T/fold/w/.git/config"
	echo old >"$T/fold/w/.bashrc"
	chown -R "$1:$1" "$T/fold/w"
	cd "$T/fold/w" || return 1
}

fold_check() {
	mkdir "$T/fold"
	truncate -s 32M "$T/image" || return 1
	mkfs.ext4 -q -O casefold -E encoding=utf8 "$T/image" \
	    >"$T/mkfs" 2>&1 || return 1
	mount -n -o loop "$T/image" "$T/fold" >"$T/mkfs" 2>&1 || return 1
	chmod 755 "$T/fold"
	folding 0 >"$T/mkfs" 2>&1
}

if ! have mkfs.ext4 || ! have chattr; then
	skip "F10: a directory that folds case" "no mkfs.ext4 or chattr"
elif ! fold_check; then
	skip "F10: a directory that folds case" \
	    "$(tr '\n' ' ' <"$T/mkfs" | head -c 100)"
else
	is "$(cat .BASHRC)" old "F10: case is folded there"
	# shellcheck disable=SC2086
	out=$(sh "$T/fold.sh" $FOLDED 2>/dev/null)
	check "F10: outside the sandbox other spellings get through" \
	    test "$(printf '%s\n' "$out" | grep -c '^GOT')" -gt 12
	W=$T/fold/w
	settings
	for uid in "$USER" 0; do
		folding "$uid"
		# shellcheck disable=SC2086
		by "$uid" sh "$T/fold.sh" $FOLDED
		is "$out" "done" "F10: inside none of them does (uid $uid)"
		is "$(cat .git/config .bashrc | tr '\n' ' ')$(ls .git/hooks)" \
		    "old old " "F10: nothing has changed (uid $uid)"
	done
	cd "$T/work" || exit 1
	umount "$T/fold"
fi
W=$T/work
cd "$W" || exit 1
settings

# --- F16: names that another user has made before

rig_tmp || skip_all "no /tmp of its own"
as "$OTHER" sh -c 'mkdir /tmp/claude /tmp/victim; chmod 777 /tmp/victim
    ln -s /tmp/victim /tmp/srt; mkfifo /tmp/srt-65534
    ln -s /tmp/victim /tmp/srt-0; ln -s /tmp/victim /tmp/tmp
    mkfifo /tmp/.srt; touch /tmp/srt.sock'
names() {
	find /tmp /tmp/claude /tmp/victim -maxdepth 1 \
	    -printf '%p %y %U %m\n' | sort
}
names >"$T/before"
for uid in "$USER" 0; do
	by "$uid" sh -c 'echo x >"$TMPDIR/evil" && mktemp >/dev/null && echo made
	    echo y >/tmp/claude/y 2>/dev/null; echo y >/tmp/victim/y
	    cat "$TMPDIR/evil"'
	is "$out" "made
x" "F16: TMPDIR works beside another user's names (uid $uid)"
	names >"$T/after"
	check "F16: and none of those is used or changed (uid $uid)" \
	    cmp "$T/before" "$T/after"
done

# --- F23: what is mounted while the command runs

mkdir -p "$W/late" "$T/denied" "$T/other" "$T/third"
echo third >"$T/third/t"
echo secret >"$T/denied/s"
echo other >"$T/other/o"
settings deny_read="\"$T/denied\", \"$T/other\""
for uid in "$USER" 0; do
	rm -f "$W/ready" "$W/go"
	chown -R "$uid" "$W"
	mount -n --make-rshared /
	grep -c . /proc/self/mountinfo >"$T/mounts"
	by "$uid" sh -c ': >ready; n=0
	    until [ -e go ] || [ $n -gt 200 ]; do sleep 0.05; n=$((n+1)); done
	    ls late; echo x >late/made; cat "$1/s" "$1/t" "$2/o"
	    echo end' sh "$T/denied" "$T/other" &
	run=$!
	wait_for 10 test -e "$W/ready"
	is "$(grep -c . /proc/self/mountinfo)" "$(cat "$T/mounts")" \
	    "F23: no mount of a run reaches the host (uid $uid)"
	mount -n -t tmpfs late "$W/late"
	: >"$W/late/host"
	mount -n --bind "$T/third" "$T/denied"
	mount -n -t tmpfs none "$T/other"
	check "F23: the host has changed its mounts (uid $uid)" \
	    test -e "$T/denied/t" -a ! -e "$T/other/o"
	: >"$W/go"
	wait "$run"
	ran=$(cat "$T/run.err")
	is "$(cat "$T/run.out")" end \
	    "F23: nothing that the host mounts appears (uid $uid)"
	is "$(ls "$W/late")" host \
	    "F23: nor does the command write to it (uid $uid)"
	umount "$T/other" "$T/denied" "$W/late"
	mount -n --make-rprivate /
	rm -f "$W/late/made"
done

# --- F27: files that are mounted at a second place

mkdir -p "$T/once/in/deep" "$T/second place" "$T/third" "$T/part" "$T/w2"
echo secret >"$T/once/in/deep/s"
echo kept >"$W/kept"
mount -n --bind "$T/once" "$T/second place"
mount -n --bind "$T/once/in" "$T/third"
mount -n --bind "$T/once/in/deep" "$T/part"
mount -n --bind "$W" "$T/w2"
settings deny_read="\"$T/once/in\"" allow_write="\"$W\", \"$T/w2\"" \
    deny_write="\"$W/kept\""
is "$(cat "$T/second place/in/deep/s" "$T/third/deep/s" "$T/part/s" |
    grep -c secret)" 3 "F27: outside the file is there as well"
for uid in "$USER" 0; do
	chown -R "$uid" "$W"
	by "$uid" sh -c 'cat "$1/second place/in/deep/s" "$1/third/deep/s"
	    echo evil >"$1/w2/kept"; mv "$1/w2/kept" "$1/w2/k"
	    echo ok >"$1/w2/other"; cat other' sh "$T"
	is "$out" ok "F27: what is denied is so at a second place (uid $uid)"
	is "$(cat "$W/kept")" kept "F27: what is kept is, too (uid $uid)"
	like "$err" "part of $T/once/in is mounted at $T/part as well" \
	    "F27: a part of it is named (uid $uid)"
done
mount -n -t tmpfs other "$T/second place/in"
echo visible >"$T/second place/in/v"
by 0 cat "$T/second place/in/v"
is "$out" visible "F27: what hides it there is another file"
umount "$T/second place/in" "$T/second place" "$T/third" "$T/part" "$T/w2"
rm -f "$W/kept" "$W/other"

# --- K28: the terminal of a caller who is root

run python3 "$E2E/attack_host.py" terminal python3 "$E2E/attack_host.py" \
    steal own
like "$out" '^GOT TIOCSCTTY 1' "K28: outside root's terminal can be taken"
settings
run python3 "$E2E/attack_host.py" terminal "$SRT" -q -s "$T/settings.json" \
    python3 "$E2E/attack_host.py" steal
like "$out" '^tried$' "K28: inside it was tried"
unlike "$out" '^GOT' "K28: in vain"
like "$out" '^kept 0$' "K28: the caller still has it"

# --- K9: a program that changes the user

cp "$(command -v id)" "$T/suid"
chmod 4755 "$T/suid"
is "$(as "$USER" "$T/suid" -u)" 0 "K9: outside a set-user-ID program is root"
by "$USER" "$T/suid" -u
is "$out" "$USER" "K9: inside it is not"
rm -f "$T/suid"

# --- N16: another user and the proxy of a run

settings
chown "$USER" "$W"
rm -f "$W/up" "$W/end"
HOME=$T/home as "$USER" "$SRT" -q -s "$T/settings.json" sh -c ': >up
    until [ -e end ]; do sleep 0.05; done' &
run=$!
wait_for 10 test -e "$W/up"
cat >"$T/other.py" <<'EOT'
import glob, os, socket
for port in (3128, 1080, 53):
    for host in ("127.0.0.1", "::1"):
        try:
            s = socket.create_connection((host, port), 10)
            s.sendall(b"CONNECT other.test:80 HTTP/1.1\r\n\r\n")
            if b"HTTP/1" in s.recv(100):
                print("REACHED", host, port)
        except OSError:
            pass
for p in glob.glob("/proc/[0-9]*"):
    try:
        with open(p + "/comm") as f:
            if not f.read().startswith("srt"):
                continue
    except OSError:
        continue
    for name in ("environ", "mem", "maps", "fd/3", "root/etc/passwd",
                 "cwd/x", "ns/net"):
        try:
            with open(p + "/" + name, "rb") as f:
                # Of a process that has ended there is nothing left.
                if f.read(1):
                    print("GOT", p, name)
        except OSError:
            pass
print("done")
EOT
chmod 644 "$T/other.py"
py=/usr/bin/python3
[ -x "$py" ] || py=$(command -v python3)
is "$(as "$OTHER" "$py" "$T/other.py")" "done" \
    "N16: another user finds no listener, no secret and no way in"
inner=$(pgrep -x srt-exec -P "$(pgrep -P "$run" | paste -sd, -)")
inner=$(pgrep -P "$inner" | head -n 1)
refuse "N16: nor can join its network" as "$OTHER" nsenter -n -t "$inner" true
like "$(nsenter -n -t "$inner" "$py" "$T/other.py" 2>/dev/null)" REACHED \
    "N16: root, who can, finds it there"
: >"$W/end"
wait "$run"

# --- K31: a console whose keyboard and screen are off

cat >"$T/console.py" <<'EOT'
"""console.py on WORD ...: runs it with /dev/tty5 for a terminal, and says what
that is like before and after; then it is as it was.
console.py try: has it be no use to anybody, by whatever takes."""
import fcntl, os, struct, sys
VT = "bbhhh"
KDGETMODE, KDSETMODE, KDGKBMODE, KDSKBMODE = 0x4b3b, 0x4b3a, 0x4b44, 0x4b45
KDGKBMETA, KDSKBMETA, KDGKBLED, KDSKBLED = 0x4b62, 0x4b63, 0x4b64, 0x4b65
KDGKBENT, KDSKBENT, VT_GETMODE, VT_SETMODE = 0x4b46, 0x4b47, 0x5601, 0x5602


def number(get):
    return struct.unpack("i", fcntl.ioctl(0, get, b"\0" * 4))[0]


def state():
    return (number(KDGKBMODE), number(KDGETMODE), number(KDGKBMETA),
            fcntl.ioctl(0, KDGKBLED, b"\0")[0],
            fcntl.ioctl(0, KDGKBENT, struct.pack("BBH", 0, 30, 0)),
            fcntl.ioctl(0, VT_GETMODE, struct.pack(VT, 0, 0, 0, 0, 0)))


def put(mode, screen, meta, led, key, vt):
    done = []
    for name, request, value in (
            ("keyboard", KDSKBMODE, mode), ("screen", KDSETMODE, screen),
            ("meta", KDSKBMETA, meta), ("locks", KDSKBLED, led),
            ("keys", KDSKBENT, key), ("switch", VT_SETMODE, vt)):
        try:
            fcntl.ioctl(0, request, value)
            done.append(name)
        except PermissionError:
            pass
    return done


if sys.argv[1] == "try":
    print("tried", *put(4, 1, 4, 4, struct.pack("BBH", 0, 30, 0xb62),
                        struct.pack(VT, 1, 0, 10, 10, 0)))
    sys.exit()
pid = os.fork()
if pid == 0:
    os.setsid()
    os.dup2(os.open("/dev/tty5", os.O_RDWR), 0)
    before = state()
    child = os.spawnvp(os.P_WAIT, sys.argv[2], sys.argv[2:])
    print("same" if state() == before else "CHANGED", child)
    put(*before)
    print("restored" if state() == before else "NOT RESTORED")
    sys.exit()
os.waitpid(pid, 0)
EOT
on_console() {
	out=$(timeout -k 5 60 "$py" "$T/console.py" on "$@" 2>&1)
	ran="on /dev/tty5: $*" st=$? err=
}
try="$py $T/console.py try"
# shellcheck disable=SC2086
on_console $try
if [ "$(printf '%s\n' "$out" | tail -n 1)" != restored ]; then
	skip "K31: a console" "no /dev/tty5 to try it on"
else
	is "$out" "tried keyboard screen meta locks keys switch
CHANGED 0
restored" "K31: outside a console can be put out of use"
	for mode in namespaces landlock; do
		settings more="\"mode\": \"$mode\""
		chmod 644 "$T/settings.json"
		# shellcheck disable=SC2086
		on_console "$SRT" -q -s "$T/settings.json" $try
		is "$(printf '%s\n' "$out" | grep -v '^srt: ')" "tried
same 0
restored" "K31: with mode $mode it cannot"
	done
fi

# --- mode "landlock": terminals, and what is made beside /dev

cat >"$T/take.py" <<'EOT'
"""Has a terminal of nobody's, by another name of it, taken by a command."""
import os
import pty
import subprocess
import sys

if len(sys.argv) > 2:
    other = pty.openpty()
    name = os.path.join(sys.argv[1],
                        os.path.basename(os.ttyname(other[1])))
    sys.exit(subprocess.call(sys.argv[2:] + [sys.executable, sys.argv[0],
                                             name]))
if os.fork() == 0:
    os.setsid()
    try:
        os.open(sys.argv[1], os.O_RDONLY)
        print("taken")
    except OSError:
        print("held")
    sys.exit(0)
os.wait()
EOT
settings more='"mode": "landlock"'
mkdir "$T/pts"
mount --bind /dev/pts "$T/pts"
run python3 "$T/take.py" "$T/pts" env
is "$out" taken "K34: outside a terminal can be taken by any of its names"
run python3 "$T/take.py" "$T/pts" "$SRT" -q -s "$T/settings.json"
is "$out" held "K34: inside by none"
umount "$T/pts"

settings more='"mode": "landlock"' allow_write='"/"'
mkdir "$T/root"
mount -n -t tmpfs -o mode=755 root "$T/root"
for d in /*; do
	case $d in
	/tmp|/root|/home)	mkdir "$T/root$d" ;;
	*)	if [ -h "$d" ]; then
			cp -P "$d" "$T/root$d"
		elif [ -d "$d" ]; then
			mkdir "$T/root$d"
			mount --rbind "$d" "$T/root$d"
		fi ;;
	esac
done
mkdir -p "$T/root$O"
mount --bind "$O" "$T/root$O"
cp "$T/settings.json" "$T/take.py" "$T/root"
run chroot "$T/root" "$SRT" -q -s /settings.json sh -c \
    'mkdir /new && echo read >/new/f && cat /new/f && cp /bin/echo /run-it &&
    /run-it run'
is "$(printf '%s' "$out" | tr '\n' ' ')" "read run" \
    "what is made in / is read and executed"
run chroot "$T/root" python3 /take.py /dev/pts \
    "$SRT" -q -s /settings.json
is "$out" held "K34: and no terminal is taken then"
umount -l "$T/root"

done_testing
