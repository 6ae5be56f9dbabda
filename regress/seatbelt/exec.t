#!/bin/sh
# SPDX-License-Identifier: ISC
#
# srt-exec as it is on macOS, run here: helper/darwin_libc.c stands in for what
# it calls of that system.  How the command is started, what it is told, and
# that nothing of it is left; not what its profile holds.

# In a session of its own: nobody else's processes are looked at.
if [ -z "${EXEC_T:-}" ]; then
	EXEC_T=1 exec setsid -w sh "$0"
fi

. "$(dirname "$0")/../exec/lib.sh"

if ! command -v pgrep >/dev/null 2>&1; then
	echo '1..0 # SKIP no pgrep'
	exit 0
fi
SRT_EXEC=$SRT_HELPERS/darwin/libexec/srt/srt-exec
export SRT_EXEC

m() {
	x -m "$@"
}

m -- true
is 0 'status 0'
m -- sh -c 'exit 255'
is 255 'status 255'
m -- sh -c 'kill -TERM $$'
is 143 'ended by a signal'
m -- no-such-command
is 127 'not found' 'no-such-command: No such file or directory'
m -- ./no-such-command
is 127 'not found by path' 'No such file or directory'
m -- /etc/passwd
is 126 'not executable' '/etc/passwd: Permission denied'
m -- -p
is 127 'what sandbox-exec would take for an option' 'No such file'
# shellcheck disable=SC2016
m -- printf '<%s>' 'a b' '' '*' '$HOME' '-p' '(version 1)'
is 0 'words are what they are' '<a b><><*><$HOME><-p><(version 1)>'
m -u 027 -- sh -c umask
is 0 'the umask' 0027
m -C / -- pwd
is 0 'the working directory' /
m -C "$W/gone" -- pwd
is 125 'one that is gone is refused' 'the working directory'
m -i 1 -i 15 -- sh -c 'sed -n "s/^SigIgn://p" /proc/self/status'
ignored=$(sed 's/[[:space:]]*//' "$T/out")
# shellcheck disable=SC2183
yes 'signals that the caller ignored, and no others' \
    test $((0x$ignored & 0x3fffffff)) -eq $((0x4001))
m -- sh -c 'grep SigBlk /proc/self/status'
is 0 'no signal blocked' 0000000000000000
exec 7>"$T/seven"
m -- sh -c 'ls -l /proc/self/fd | grep -c " -> "'
is 0 'descriptors: 0-2 and the listing'\''s' 4
exec 7>&-
m -- sh -c 'echo $(($(ps -o pgid= -p $$))) $(($(ps -o sid= -p $$)))'
is 0 'the group and the session are the caller'\''s' \
    "$(ps -o pgid= -p $$ | tr -d ' ') $(ps -o sid= -p $$ | tr -d ' ')"

# The profile is what it was told.
PROFILE=$T/profile m -w "$W" -- true
yes 'a write root is in the profile' \
    grep -qF "(allow file-read* file-write* (subpath \"$W\"))" "$T/profile"
for port in 40001 40002; do
	yes "port $port is" grep -qF \
	    "(allow network-outbound (remote ip \"localhost:$port\"))" \
	    "$T/profile"
done
yes 'so is the service' grep -qF \
    '(allow mach-lookup (global-name "com.example.service"))' "$T/profile"
yes 'and the tag' grep -qF \
    '(deny default (with message "CMD64_eA==_END__000000001_SBX"))' \
    "$T/profile"
x -- true
is 125 'nothing runs without a profile'
m -w "$W/$(awk 'BEGIN { for (i = 0; i < 5000; i++) printf "a" }')" -- true
is 125 'nor with a path that it cannot hold' 'cannot be said in a profile'
SRT_EXEC='' x -m -- true
is 125 'nor with one on Linux'

m -s 15:200 -- sleep 20
is 143 'a signal is passed on'
m -s 15:500 -- sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
is 9 'and can be caught'
m -v -- sh -c '(sleep 0.5; kill -CONT $$) & kill -STOP $$; exit 5'
is 5 'stopped and continued' 'stopped'

# until_gone MARK NAME: no "sleep MARK" is left, soon.
until_gone() {
	name="$2: all gone"
	tries=40
	while pgrep -f "^sleep $1" >"$T/left"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || break
		sleep 0.05
	done
	pgrep -af "^sleep $1" >>"$T/out"
	result $((1 - (tries > 0))) "$name" "$T/out"
}

# Who has lost his parent is init's, but where another process of this machine
# takes its place.
# shellcheck disable=SC2016
sh -c 'sleep 30 & echo $!' >"$T/orphan"
init=$(ps -o ppid= -p "$(cat "$T/orphan")" | tr -d ' ')
kill "$(cat "$T/orphan")"
m -- sh -c 'sleep 87001 & sleep 87001 & (sleep 87001; true) & exit 4'
is 4 'what runs in the background does not keep the command'
if [ "$init" = 1 ]; then
	until_gone 87001 'in the background'
else
	skip 'in the background: all gone' "orphans are $init's here"
	pgrep -s 0 -f '^sleep 87001' | xargs kill
fi
# Its parent is seen before that ends.
m -- sh -c 'sh -c "setsid sleep 87002 & sleep 1" & sleep 2; exit 6'
is 6 'a daemon does not, either'
until_gone 87002 'a daemon whose parent has ended'
# shellcheck disable=SC2016
m -- sh -c 'trap "" TERM HUP INT; setsid sh -c "trap \"\" TERM; sleep 87003;
    true" & sleep 1; exit 0'
until_gone 87003 'what ignores signals'

# victim NUMBER NAME: of execd and its children that one is killed.
victim() {
	mark=$((87010 + $1))
	rm -f up
	# shellcheck disable=SC2016
	"$SRT_HELPERS/execd" -m -w "$W" -- sh -c 'setsid sleep $0 & sleep $0 &
	    sleep 0.3; touch up; while :; do sleep $0; done' $mark \
	    >"$T/out" 2>&1 &
	start=$!
	if ! until_true 10 test -e up; then
		result 1 "$2: the command starts" "$T/out"
		return
	fi
	target=$start
	i=1
	while [ $i -lt "$1" ]; do
		target=$(pgrep -P "$target" | head -n 1)
		i=$((i + 1))
	done
	kill -KILL "$target"
	until_gone $mark "$2 killed"
	wait $start
	status=$?
}
victim 1 srt
victim 2 srt-exec
victim 3 'the process between'
is 125 'then the run has failed' 'a process of the sandbox was killed'
victim 4 'the command'
is 137 'that is its status'

# Who is killed by another may take a moment.
tries=0
while pgrep -s 0 srt-exec >/dev/null && [ $tries -lt 500 ]; do
	tries=$((tries + 1))
	sleep 0.02
done
yes 'no process of srt-exec is left' sh -c '! pgrep -s 0 srt-exec'
finish
