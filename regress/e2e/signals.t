#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317,SC2046
#
# Signals and job control, with a terminal and without.

. "$(dirname "$0")/lib.sh"
rig

# Notes the signals it gets; ends on "end".
cat >"$W/notes.sh" <<'EOT'
: >notes
for s in INT TERM HUP QUIT WINCH USR1; do
	trap "echo $s >>notes" "$s"
done
echo ready >>notes
while [ ! -e end ]; do
	sleep 0.05
done
exit 5
EOT

noted() {
	grep -q "$1" "$W/notes"
}

state() {
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

in_state() {
	[ "$(state "$1")" = "$2" ]
}

# start SHELL: the script under srt, in the background; its pid in $pid.
start() {
	rm -f "$W/notes" "$W/end"
	# Not in the background of this shell, which would ignore INT and QUIT,
	# and in a process group that has us for a parent: SIGTSTP stops none
	# that nobody could continue, as ours may be under nohup(1) or cron(8).
	env --default-signal=INT,QUIT \
	    perl -e 'setpgrp 0, 0; exec @ARGV or die "$ARGV[0]: $!\n"' \
	    "$SRT" -s "$T/settings.json" \
	    "$1" notes.sh >"$T/run.out" 2>"$T/run.err" &
	pid=$!
	wait_for 10 noted ready
}

finish() {
	: >"$W/end"
	wait "$pid"
	st=$?
	ran="notes.sh" out='' err=$(cat "$T/run.err")
}

for shell in bash dash; do
	have "$shell" || continue
	check "$shell: starts" start "$shell"
	for s in INT TERM HUP QUIT WINCH USR1; do
		kill "-$s" "$pid"
		check "$shell: SIG$s to srt reaches the command" \
		    wait_for 5 noted "$s"
	done
	finish
	is "$st" 5 "$shell: the status is the command's"
	is "$(sort "$W/notes" | uniq -c | awk '$1 != 1')" "" \
	    "$shell: each signal came once"
done

for s in INT:130 TERM:143 HUP:129 QUIT:131; do
	env --default-signal=INT,QUIT "$SRT" -s "$T/settings.json" \
	    sh -c 'ulimit -c 0; echo up >up; exec sleep 60' 2>"$T/run.err" &
	pid=$!
	wait_for 10 test -s "$W/up"
	rm -f "$W/up"
	kill "-${s%:*}" "$pid"
	wait "$pid"
	st=$? err=$(cat "$T/run.err")
	is "$st:$err" "${s#*:}:" "a command that dies of SIG${s%:*}"
done

# Ignored by the caller, ignored in the command: nohup(1).
(trap '' HUP
"$SRT" -s "$T/settings.json" sh -c 'grep SigIgn /proc/self/status') \
    >"$T/run.out"
like "$(cat "$T/run.out")" '[13579bdf]$' "what the caller ignores stays ignored"

# --- stop and go on, without a terminal

start sh
kill -TSTP "$pid"
check "SIGTSTP stops srt" wait_for 5 in_state "$pid" T
check "and the command" wait_for 5 in_state "$(pids_of 'sh notes.sh ')" T
kill -CONT "$pid"
check "SIGCONT continues it" wait_for 5 in_state "$pid" S
kill -USR1 "$pid"
check "and the command" wait_for 5 noted USR1
finish
is "$st" 5 "which ends as ever"

# --- with a terminal

if ! have script; then
	skip "terminal" "no script(1)"
	done_testing
fi

# tty COMMAND: runs the line under a terminal; "type" types into it.
tty() {
	rm -f "$T/tty.in" "$T/tty.out" "$T/tty.st"
	mkfifo "$T/tty.in"
	: >"$T/tty.out"
	(env --default-signal=INT,QUIT TERM=dumb script -qefc "$1" /dev/null \
	    <"$T/tty.in" >"$T/tty.out" 2>&1
	echo "$?" >"$T/tty.st") &
	tty_pid=$!
	exec 7>"$T/tty.in"
}

type() {
	# shellcheck disable=SC2059
	printf "$1" >&7
}

# The screen, without the carriage returns.
seen() {
	tr -d '\r' <"$T/tty.out" | grep -Eq -e "$1"
}

runs() {
	[ -n "$(pids_of "$1")" ]
}

# Is its process group the terminal's?
in_front() {
	set -- $(sed 's/.*) //' "/proc/$(pids_of "$1")/stat")
	[ "$3" = "$6" ]
}

gone() {
	! runs "$1"
}

tty_end() {
	exec 7>&-
	if wait_for 10 test -s "$T/tty.st"; then
		st=$(cat "$T/tty.st")
	else
		kill -KILL "$tty_pid"
		st=hangs
	fi
	ran="under a terminal" out='' err=$(tr -d '\r' <"$T/tty.out")
}

S="$SRT -s $T/settings.json"

rm -f "$W/end" "$W/notes"
tty "exec $S sh notes.sh"
wait_for 10 noted ready
type '\003'
check "terminal: ^C reaches the command" wait_for 5 noted INT
type '\034'
check "terminal: ^\\ reaches it" wait_for 5 noted QUIT
# Whatever was passed on besides has come when this has.
kill -USR1 "$(pids_of "$S sh notes.sh ")"
check "terminal: SIGUSR1 to srt reaches it" wait_for 5 noted USR1
: >"$W/end"
tty_end
is "$st" 5 "terminal: the status"
is "$(sort "$W/notes" | uniq -c | awk '$1 != 1')" "" "terminal: each came once"

tty "exec $S sh -c 'echo up; exec sleep 60'"
wait_for 10 seen '^up$'
type '\003'
tty_end
is "$st" 130 "terminal: ^C ends a command that does not catch it"

tty "exec $S sh -c 'test -t 0 && test -t 1 && stty size && stty -echo && stty echo && echo fine'"
check "terminal: it is one to the command" wait_for 5 seen '^fine$'
tty_end
is "$st" 0 "terminal: and ends"

if have python3; then
	cat >"$W/sti.py" <<'EOT'
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for req in (0x5412, 0x541c, 0x5423, 0x5412 | 1 << 32):
    r = libc.ioctl(0, ctypes.c_ulong(req), ctypes.c_char_p(b"x"))
    print("got", r, ctypes.get_errno(), flush=True)
EOT
	# Some kernels refuse the first one by themselves: EIO.
	tty "exec python3 sti.py"
	wait_for 10 seen 'got'
	tty_end
	is "$(printf '%s\n' "$err" | grep 'got' | grep -vc 'got -1 1$')" 4 \
	    "K1, K2: outside none of them fails with EPERM"
	tty "exec $S python3 sti.py"
	check "K1, K2: TIOCSTI, TIOCLINUX, TIOCSETD fail" \
	    wait_for 10 seen 'got -1'
	tty_end
	is "$(printf '%s\n' "$err" | grep -c '^got -1 1$')" 4 "K1, K2: with EPERM"
fi

# An interactive shell outside stops and continues srt.
if have bash; then
	tty "bash --norc --noprofile -i"
	type 'PS1="out> "\n'
	wait_for 5 seen '^out> $'
	rm -f "$W/end" "$W/notes"
	type "$S sh notes.sh\n"
	wait_for 10 noted ready
	type '\032'
	check "terminal: ^Z stops it" wait_for 5 seen 'Stopped'
	type 'jobs -l\n'
	check "terminal: the shell outside knows" wait_for 5 seen 'Stopped .*notes'
	type 'fg\n'
	wait_for 5 in_state "$(pids_of "$S sh notes.sh ")" S
	type '\003'
	check "terminal: fg, then ^C reaches it" wait_for 5 noted INT
	: >"$W/end"
	type 'echo "status=$?"\n'
	check "terminal: and its status comes back" wait_for 5 seen '^status=5'
	type 'exit\n'
	tty_end

	# Job control inside.
	tty "exec $S bash --norc --noprofile -i"
	type 'PS1="in> "\n'
	check "srt bash -i: a prompt" wait_for 5 seen '^in> $'
	unlike "$(cat "$T/tty.out")" 'no job control' "srt bash -i: job control"
	type 'sleep 61\n'
	wait_for 5 runs 'sleep 61 '
	type '\032'
	check "srt bash -i: ^Z stops a job of it" wait_for 5 seen 'Stopped +sleep 61'
	type 'bg\n'
	check "srt bash -i: bg" wait_for 5 seen '\[1\]\+ sleep 61 &'
	type 'fg\n'
	wait_for 5 in_front 'sleep 61 '
	type '\003'
	wait_for 5 gone 'sleep 61 '
	type 'echo "st=$?"\n'
	check "srt bash -i: fg and ^C" wait_for 5 seen '^st=130'
	type 'exit 3\n'
	tty_end
	is "$st" 3 "srt bash -i: its status"
else
	skip "job control" "no bash"
fi

# The window's size reaches the command.
rm -f "$W/end" "$W/notes"
tty "stty rows 33 cols 99; $S sh -c 'stty size'"
check "terminal: its size" wait_for 5 seen '^33 99'
tty_end

done_testing
