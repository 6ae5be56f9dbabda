#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Attacks on the broker from within; their names begin with their number in
# the list of threats.  The helper says of each whether it got anywhere, and
# outside of the sandbox it does.

. "$(dirname "$0")/lib.sh"

# In mode landlock less of /proc is shown than LeakSanitizer needs.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

attack=$SRT_HELPERS/broker_attack
pending=$SRT_HELPERS/pending
HOME=$T/home
export HOME
mkdir "$HOME"
echo host >"$T/hostfile"

# What holds outside as well: "bare: " is what has to work, by a descriptor of
# O_PATH it is EBADF; the rest needs a kernel, file system or user that has it.
cat >"$T/anywhere" <<'EOT'
bare: HEAD by rename
bare: a reference
bare: a new one
bare: and moved
bare: in an empty directory
F1 fchmod, O_PATH
F1 fsetxattr, O_PATH
F1 fsetxattr
F1 setxattr by fd
F1 setxattr by fd, O_PATH
F19 xattr by another's cwd
F1 fchmodat2
F1 fchmodat2, O_PATH
F1 nameless file
K3 io_uring
K4 int 0x80
K4 x32
K24 userfaultfd
N14 alg
N14 mptcp
N14 packet
N14 ping
N14 raw
N14 sctp
N14 udplite
N14 vsock
EOT

# Another working directory; the one of before is removed meanwhile.
gone=0
another() {
	cd "$T" && gone=$((gone + 1)) && mv w "w.$gone" && mkdir w &&
	    cd w || exit 1
	{
		chmod -R u+rwx "$T/w.$gone"
		rm -rf "$T/w.$gone"
	} &
}

# Old trees, as many as there are tries in that mode.
old_trees() {
	another
	"$attack" trees "$2" "$1" || exit 1
}
# A few old names.
old_tree() {
	another
	mkdir .git .git/hooks plain
	for file in .bashrc .git/config plain/f; do
		echo old >"$file"
	done
}

# As finish, when all that was to be removed is.
finish_clean() {
	wait
	finish
}

# said PREFIX: one test for each attack that is told of in $T/out.
said() {
	grep -E '^(held|GOT) ' "$T/out" >"$T/said"
	while read -r verdict what; do
		[ "$verdict" = held ]
		result $? "$1$what" "$T/out"
	done <"$T/said"
	yes "$1all of them were tried" test "$status" -eq 0 -a -s "$T/said"
}

# all_said PREFIX MODE: and they are those that were made outside.
all_said() {
	said "$1"
	sed -En 's/^(held|GOT) //p' "$T/out" >"$T/tried"
	yes "$1by name what was tried outside: $2" \
	    cmp "$T/tried" "$T/tried.$2"
}

# What the tests are worth: outside every one of them gets there.
outside() {
	RACE_MS=20000 "$attack" "$@" >"$T/out" 2>&1
	status=$?
	sed -En 's/^(held|GOT) //p' "$T/out" >"$T/tried.$1"
	sed -n 's/^held //p' "$T/out" | grep -vxF -f "$T/anywhere" >"$T/held"
	[ "$status" -eq 0 ] && [ -s "$T/tried.$1" ] && [ ! -s "$T/held" ]
	result $? "without the sandbox nothing holds: $1" "$T/out"
}

trees_for() {
	case $1 in
	spell)		old_trees "$1" 90 ;;
	descriptors)	old_trees "$1" 30 ;;
	others)		old_trees "$1" 15 ;;
	fresh)		old_trees "$1" 30 ;;
	bare)		old_trees "$1" 50 ;;
	doors)		old_trees "$1" 10 ;;
	races)		old_trees "$1" 20 ;;
	*)		old_tree ;;
	esac
}

# attacked MODE ...: of the helper, outside and in the sandbox.
attacked() {
	trees_for "$1"
	outside "$@"
	trees_for "$1"
	x -t 120 -w "$W" -- "$attack" "$@"
	all_said '' "$1"
}

# took_place LEAST PREFIX: races, that many tries of each.
took_place() {
	yes "$2the races took place" test "$(awk -v least="$1" \
	    '$1 == "tries" && $NF < least' "$T/out" | wc -l)" -eq 0
}

attacked spell
attacked descriptors
attacked others
attacked fresh
attacked bare
attacked doors "$T/hostfile"
attacked races
took_place 50 ''
old_tree
x -t 120 -w "$W" -- "$attack" starve "$W"
said ''

# --- sockets

python3=$(command -v python3) || python3=
if [ -z "$python3" ]; then
	skip 'sockets' 'no python3'
	finish_clean
fi

# listening PATH: a server there, until it is killed.
listening() {
	"$python3" -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
time.sleep(100)' "$1" &
	server=$!
	until_true 20 grep -q "00010000 .* $1\$" /proc/net/unix
}
listening "$T/host.sock"
attacked sockets "$T/host.sock"
kill "$server"
wait "$server" 2>/dev/null

# with_socket KIND FLAGS: standard input is such a socket, of the host's
# network; did what listens there hear of the command?
with_socket() {
	old_tree
	"$python3" - "$1" "$SRT_HELPERS/execd" -v -f "$2" -w "$W" -- "$attack" \
	    inherited >"$T/out" 2>&1 <<'EOT'
import select, socket, subprocess, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
target = socket.socket(socket.AF_INET, kind)
target.bind(("127.0.0.1", 0))
mine = socket.socket(socket.AF_INET, kind)
if kind == socket.SOCK_STREAM:
    target.listen(5)
    other = socket.socket()
    other.bind(("127.0.0.1", 0))
    other.listen(5)
    mine.connect(other.getsockname())
status = subprocess.call(sys.argv[2:] + [str(target.getsockname()[1])],
    stdin=mine)
print("reached" if select.select([target], [], [], 0.2)[0] else "silence")
sys.exit(status)
EOT
	status=$?
	yes "N14 $1 $2: nobody heard of it" grep -q '^silence' "$T/out"
}
with_socket udp 0
is 125 'N14 a socket for datagrams is no standard input' 'for datagrams'
with_socket tcp 0
said 'N14: '
for what in network-outbound network-bind; do
	yes "N14 that is reported: $what" grep -q \
	    "violation: $what socket: made outside of the sandbox" "$T/out"
done
# 8 is allowNestedUserNamespaces, where other network namespaces are allowed.
with_socket udp 8
is 125 'N14 nor with nested namespaces' 'for datagrams'
with_socket tcp 8
said 'N14 nested: '

# --- what needs all of srt

srt=$SRT_BUILD/bin/srt
if [ ! -x "$srt" ]; then
	skip 'srt' 'it is not built'
	finish_clean
fi

# settings NETWORK FILESYSTEM [TOP]: more of these sections, and beside them.
settings() {
	cat >"$T/settings.json" <<EOT
{
  "network": { "allowedDomains": [], "deniedDomains": []$1 },
  "filesystem": {
    "allowRead": [], "allowWrite": ["$W"], "denyWrite": []$2 }${3-}
}
EOT
}

run() {
	timeout -k 5 60 "$srt" -s "$T/settings.json" "$@" >"$T/out" 2>&1
	status=$?
}

# Where what is read is the broker's as well.
settings '' ', "denyRead": ["'"$W"'/**/*.env"], "strictReadGlobs": true'
trees_for others
run "$attack" others
all_said 'strictReadGlobs: ' others

# Files that come to be while the command runs.
old_tree
# shellcheck disable=SC2016
run sh -c 'echo ready >plain/ready
    while [ ! -e plain/late.env ]; do sleep 0.05; done
    exec "$0" reading "$1/plain/late.env"' "$attack" "$W" &
runner=$!
until_true 20 test -e plain/ready
printf 'the secret\n' >plain/new
mv plain/new plain/late.env
wait "$runner"
status=$?
said ''

# A socket of the host's under a name that the policy lists.
old_tree
listening "$W/plain/host.sock"
outside listed plain/host.sock listed.sock
kill "$server"
wait "$server" 2>/dev/null
old_tree
listening "$W/plain/host.sock"
settings ', "allowUnixSockets": ["'"$W"'/listed.sock"]' ', "denyRead": []'
run "$attack" listed plain/host.sock listed.sock
all_said '' listed
kill "$server"
wait "$server" 2>/dev/null

# The report names what stays, however it is hidden.
settings '' ', "denyRead": []'
old_tree
run sh -c 'mkdir -p n/.git/hooks && echo x >n/.git/hooks/x && chmod 0 n'
chmod 700 n
is 0 'K22 changes behind a closed directory are reported' "$W/n/.git/hooks"
old_tree
# shellcheck disable=SC2016
run sh -c 'mkdir m; i=0
    while [ $i -lt 300 ]; do
	mkdir m/$i; : >m/$i/.npmrc; i=$((i + 1))
    done
    rm -rf m; mkdir k k/.git; echo evil >k/.git/config'
is 0 'K22 changes behind many that are gone are reported' "$W/k/.git/config"

# Names and programs that would speak to the terminal.
old_tree
run "$python3" -c 'import os
open("/proc/self/comm", "w").write("\x1b[2J\x07")
for name in b"plain/a\x1b[2Jx\nallow all\r\x9b31m\x7f/", b"plain/\xff\xfe/":
    os.mkdir(name)
    os.rename(name, name[:-1] + b"2")
for name in b".npmrc\x1b", b"/etc/a\x1b[2Jx\nallow all\r\x9b31m\x7f":
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass'
is 0 'K21 a name with control characters is reported' 'deny file-write'
# What is no text is shown as U+FFFD, three bytes.
LC_ALL=C sed "s/$(printf '\357\277\275')//g" "$T/out" >"$T/shown"
no 'K21 and none of them reaches the terminal' env LC_ALL=C \
    grep -aq '[^ -~]' "$T/shown"
no 'K21 nor a line of its own' grep -q '^allow all' "$T/out"

# --- without namespaces, where the broker alone holds names

settings '' ', "denyRead": []' ', "mode": "landlock"'
run true
if [ "$status" -ne 0 ]; then
	skip 'mode landlock' "$(head -n 1 "$T/out")"
	finish_clean
fi
for mode in spell descriptors others fresh bare races; do
	trees_for $mode
	run "$attack" $mode
	all_said 'landlock: ' $mode
done
took_place 50 'landlock: '
trees_for doors
run "$attack" doors "$T/hostfile"
all_said 'landlock: ' doors
listening "$T/host2.sock"
old_tree
run "$attack" sockets "$T/host2.sock"
all_said 'landlock: ' sockets
kill "$server"
wait "$server" 2>/dev/null

# While a call is pending; the domain lets no memory be opened.  It is not the
# command itself that is stopped, which would stop srt.
old_tree
# shellcheck disable=SC2016
run sh -c '"$0" race; exit $?' "$pending"
said 'landlock: '
took_place 20 'landlock: pending: '
yes 'landlock: one way alone is closed to them' test \
    "$(sed -n 's/^closed //p' "$T/out")" = 'K25 /proc/PID/mem during a call'
old_tree
run "$pending" filter
said 'landlock: '
old_tree
cp "$pending" "$W/tool" && chmod 111 "$W/tool"
run ./tool unreadable
said 'landlock: '

finish_clean
