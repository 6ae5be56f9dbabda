#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# F15, K16: whatever dies, nothing of a run is left.

. "$(dirname "$0")/lib.sh"
rig

# In the rig's own process namespace every process is seen, and only those.
others() {
	for _p in /proc/[0-9]*; do
		_p=${_p#/proc/}
		case " $known $$ " in *" $_p "*) continue ;; esac
		_cmd=$(tr '\0' ' ' 2>/dev/null <"/proc/$_p/cmdline") || continue
		case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' \
		    "/proc/$_p/status" 2>/dev/null) in
		Z|'')	continue ;;
		esac
		# Subshells of this script come and go.
		[ "$_cmd" = "$own_cmd" ] || echo "$_p $_cmd"
	done
}

nobody() {
	[ -z "$(others)" ]
}

own_cmd=$(tr '\0' ' ' <"/proc/$$/cmdline")
known=$(cd /proc && echo [0-9]*)

mounts() {
	sort /proc/self/mountinfo | cksum
}

# /tmp and /dev/shm are the rig's own.
litter() {
	ls -AR "$W" "$HOME" /dev/shm
	ls -A /tmp
}

tcp_ports() {
	awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6 | sort
}

mounts0=$(mounts)
litter0=$(litter)
tcp0=$(tcp_ports)

clean() {
	check "$1: every process is gone" wait_for 5 nobody
	diag "$(others)"
	is "$(mounts)" "$mounts0" "$1: no mount is left"
	rm -f "$W/up"
	is "$(litter)" "$litter0" "$1: no file is left"
	is "$(tcp_ports)" "$tcp0" "$1: no port is left"
}

# A command that does all it can to stay.
cat >"$T/stay.sh" <<'EOT'
trap '' HUP INT TERM
setsid sleep 300 >/dev/null 2>&1 </dev/null &
(setsid sh -c 'trap "" HUP TERM; sleep 301; sleep 302' &) >/dev/null 2>&1
sleep 303 &
echo up >up
sleep 304
EOT

roles_there() {
	for _r in srt-proxy srt-exec srt-monitor; do
		[ -n "$(pids_of "$_r")" ] || return 1
	done
}

start() {
	rm -f "$W/up"
	"$SRT" -s "$T/settings.json" sh "$T/stay.sh" >"$T/run.out" \
	    2>"$T/run.err" &
	pid=$!
	# The command may have begun before the last of them.
	wait_for 10 test -s "$W/up" && wait_for 10 roles_there
}

shut() {
	! head -c 1 "/proc/$1/environ"
}

srt sh -c 'sleep 300 & setsid sleep 301 & echo x >$TMPDIR/x; exit 3'
is "$st" 3 "a command that leaves others behind"
clean "ended"
srt sh -c '(setsid sh -c "sleep 300" >/dev/null 2>&1 &) ; kill -9 $$'
is "$st" 137 "a command that is killed"
clean "killed"

check "starts" start
is "$(tcp_ports)" "$tcp0" "N16: no port is opened on the host"
for r in srt-proxy srt-exec srt-monitor; do
	for p in $(pids_of "$r"); do
		is "$(tr '\0' '|' <"/proc/$p/cmdline")" "$r|" \
		    "N16: the argv of $r $p holds nothing"
		check "K5: its memory is not for others" wait_for 5 shut "$p"
	done
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
clean "srt killed"

for r in srt-proxy srt-exec srt-monitor; do
	check "$r: starts" start
	pids=$(pids_of "$r")
	[ -n "$pids" ] || not_ok "$r: is seen"
	for p in $pids; do
		kill -0 "$p" 2>/dev/null || continue
		# shellcheck disable=SC2086
		set -- $pids
		kill -KILL "$p"
		wait "$pid" 2>/dev/null
		st=$? err=$(cat "$T/run.err") ran="kill $r $p of $pids"
		is "$st" 125 "F15: $r killed: srt fails"
		like "$err" "^srt: " "$r killed: and says so"
		clean "$r killed"
		break
	done
done

# Each process of a role in turn: the broker, the resolver, pid 1.
i=2
while :; do
	start
	pids=$(for r in srt-proxy srt-exec; do pids_of "$r"; done)
	p=$(echo "$pids" | sed -n "${i}p")
	[ -n "$p" ] || break
	name=$(tr '\0' ' ' <"/proc/$p/cmdline")
	kill -KILL "$p"
	wait "$pid" 2>/dev/null
	st=$? err=$(cat "$T/run.err") ran="kill $p ($name)"
	is "$st" 125 "F15: process $i ($name) killed: srt fails"
	clean "process $i ($name) killed"
	i=$((i + 1))
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
wait_for 5 nobody

# Killed at any moment of the start, of which a slow machine has more.
i=1 early=0 late=0
while [ "$i" -le 40 ] || { [ "$late" -eq 0 ] && [ "$i" -lt 1000 ]; }; do
	"$SRT" -s "$T/settings.json" sh -c ": >up.$i; exec sleep 300" \
	    2>/dev/null &
	pid=$!
	sleep "$(printf '0.%03d' "$i")"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	if [ -e "$W/up.$i" ]; then
		late=$((late + 1))
	else
		early=$((early + 1))
	fi
	i=$((i + (i < 40 ? 1 : 20)))
done
check "nobody of them is left to make a file" wait_for 5 nobody
rm -f "$W"/up.*
clean "killed while starting"
diag "before the command began: $early, after: $late"
check "killed while starting: before the command began" test "$early" -gt 0
check "killed while starting: and after it" test "$late" -gt 0

# Roles that are stopped do not keep the end from coming, and do not stay.
for r in srt-proxy srt-exec srt-monitor; do
	start
	for p in $(pids_of "$r"); do
		kill -STOP "$p"
	done
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	clean "$r and what it has forked stopped, srt killed"
done

# Nothing is left to a process that may not expect children, such as the
# first one of a container: every process of srt is waited for by srt.
cat >"$T/subreaper.py" <<'EOT'
import ctypes, os, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("prctl")
subprocess.run(sys.argv[1:])
try:
    print("orphan", os.waitpid(-1, 0))
except ChildProcessError:
    print("none")
EOT
for i in 1 2 3 4 5; do
	python3 "$T/subreaper.py" "$SRT" -s "$T/settings.json" true
done >"$T/orphans" 2>&1
is "$(sort -u "$T/orphans")" none "no orphan is left to init"

done_testing
