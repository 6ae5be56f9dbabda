#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317,SC2016
#
# What has run out, or does not answer, costs the run and no more: processes,
# descriptors, the name server.

. "$(dirname "$0")/lib.sh"

# A name server of the workstation's own, which nobody else asks.
rig_more() {
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start || return 1
	printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:5\n' \
	    >"$T/etc/resolv.conf"
}

rig net
have python3 || skip_all "no python3"
have prlimit || skip_all "no prlimit"

nobody() {
	[ -z "$(pids_of srt-)" ]
}

# walk LIMIT FROM TO: srt with a limit from what stops it to what does not.
walk() {
	_bad='' _ran=0 _n=$2
	while [ "$_n" -le "$3" ]; do
		rm -f "$W/ran" "$HOME/out"
		run prlimit "--$1=$_n:$_n" "$SRT" -s "$T/settings.json" \
		    sh -c 'echo x >ran; (echo x >"$0/out") 2>/dev/null; exit 7' \
		    "$HOME"
		case $st in
		7)	[ -e "$W/ran" ] || _bad="$_bad $_n:nothing-ran"
			_ran=1 ;;
		2)	;;	# the command's shell could not fork
		125)	[ -n "$err" ] || _bad="$_bad $_n:silent" ;;
		126|127) ;;
		*)	_bad="$_bad $_n:$st" ;;
		esac
		[ ! -e "$HOME/out" ] || _bad="$_bad $_n:out"
		wait_for 5 nobody || _bad="$_bad $_n:left"
		_n=$((_n + 1))
	done
	is "$_bad:$_ran" ":1" "$1 from $2 to $3: srt says so, or works"
}

walk nproc 1 30
walk nofile 3 40

# Reads, and answers with what it is told to.
cat >"$T/mute.py" <<'EOF2'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
open(sys.argv[1], "w").close()
while True:
    data, peer = s.recvfrom(4096)
    for i in range(int(sys.argv[2])):
        # Answers to other questions, and what is none.
        s.sendto(bytes([i & 255, i >> 8 & 255]) + data[2:] * (i % 3), peer)
EOF2

# mute ANSWERS
mute() {
	rm -f "$T/up"
	python3 "$T/mute.py" "$T/up" "$1" &
	mute=$!
	wait_for 5 test -e "$T/up"
}

unmute() {
	kill "$mute"
	wait "$mute" 2>/dev/null
}

settings 'net_allow="allowed.test", "*.hung.test"'
for answers in 0 3000; do
	check "a name server that answers $answers times" mute "$answers"
	begin=$(date +%s)
	srt sh -c 'for i in 1 2 3 4 5 6 7 8; do
		curl -s -m 2 -o /dev/null "http://$i.hung.test/" & done; wait
	    exit 3'
	is "$st" 3 "the command gives up, and its status is kept"
	took=$(($(date +%s) - begin))
	check "that took $took seconds, not minutes" test "$took" -le 12
	check "and nothing of srt waits on" wait_for 5 nobody
	"$SRT" -s "$T/settings.json" sh -c 'echo x >up2
	    curl -s -m 60 http://kill.hung.test/' 2>/dev/null &
	pid=$!
	wait_for 10 test -s "$W/up2"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "srt is killed meanwhile: nothing is left" wait_for 5 nobody
	rm -f "$W/up2"
	unmute
done

done_testing
