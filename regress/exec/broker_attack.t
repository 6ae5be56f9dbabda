#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Attacks on the broker from within; their names begin with their number in
# the list of threats.  The helper says of each whether it got anywhere, and
# outside of the sandbox it does.

. "$(dirname "$0")/lib.sh"

attack=$SRT_HELPERS/broker_attack
HOME=$T/home
export HOME
mkdir "$HOME"
echo host >"$T/hostfile"

# An old tree: a repository, settings, and a directory without either.
old_tree() {
	cd "$T" && chmod -R u+rwx w && rm -rf w && mkdir w && cd w || exit 1
	mkdir -p .git/hooks .git/info .git/worktrees/x .git/modules/m/hooks \
	    .claude old/.git/hooks plain kept
	mkdir -p bare.git/hooks bare.git/info bare.git/objects bare.git/refs \
	    bare2.git/objects bare2.git/refs up/bare.git/objects \
	    up/bare.git/refs half/objects gap/objects gap/refs work empty.old \
	    o
	i=0
	while [ $i -lt 192 ]; do
		mkdir o/$i; : >o/$i/keep; i=$((i + 1))
	done
	for file in bare.git/HEAD bare.git/config bare.git/info/attributes \
	    bare2.git/HEAD bare2.git/config up/bare.git/HEAD \
	    up/bare.git/config half/HEAD half/config gap/keep work/keep \
	    .bashrc .git/config .git/worktrees/x/gitdir .claude/x \
	    old/.git/config plain/f kept/k; do
		echo old >"$file"
	done
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

# attacked MODE ...: of the helper, in the sandbox.
attacked() {
	old_tree
	x -t 120 -w "$W" -- "$attack" "$@"
	said ''
}

# What the tests are worth: the same outside.
for mode in spell descriptors others fresh bare; do
	old_tree
	"$attack" "$mode" >"$T/out" 2>&1
	yes "without the sandbox nothing holds: $mode" \
	    test "$(grep -c '^GOT' "$T/out")" -gt 5
done
old_tree
"$attack" doors "$T/hostfile" >"$T/out" 2>&1
yes 'without the sandbox nothing holds: doors' grep -q '^GOT K15' "$T/out"
old_tree
"$attack" sockets "$T/none" >"$T/out" 2>&1
yes 'without the sandbox nothing holds: sockets' \
    test "$(grep -c '^GOT' "$T/out")" -gt 4
old_tree
"$attack" races >"$T/out" 2>&1
yes 'without the sandbox nothing holds: races' \
    test "$(grep -c '^GOT' "$T/out")" -gt 8

attacked spell
attacked descriptors
attacked others
attacked fresh
attacked bare
attacked doors "$T/hostfile"
attacked races
yes 'the races took place' test "$(awk '$1 == "tries" && $NF < 50' \
    "$T/out" | wc -l)" -eq 0
attacked starve "$W"

# --- sockets

python3=$(command -v python3) || python3=
if [ -z "$python3" ]; then
	skip 'sockets' 'no python3'
	finish
fi

# Listens at a path until it is killed.
"$python3" -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
time.sleep(100)' "$T/host.sock" &
server=$!
until_true 5 test -S "$T/host.sock"
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
	finish
fi

# settings NETWORK FILESYSTEM: more of these sections.
settings() {
	cat >"$T/settings.json" <<EOT
{
  "network": { "allowedDomains": [], "deniedDomains": []$1 },
  "filesystem": {
    "allowRead": [], "allowWrite": ["$W"], "denyWrite": []$2 }
}
EOT
}

run() {
	timeout -k 5 60 "$srt" -s "$T/settings.json" "$@" >"$T/out" 2>&1
	status=$?
}

# Files that come to be while the command runs.
old_tree
settings '' ', "denyRead": ["'"$W"'/**/*.env"], "strictReadGlobs": true'
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
"$python3" -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
time.sleep(100)' "$W/plain/host.sock" &
server=$!
until_true 5 test -S plain/host.sock
settings ', "allowUnixSockets": ["'"$W"'/listed.sock"]' ', "denyRead": []'
run "$attack" listed plain/host.sock listed.sock
said ''
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

finish
