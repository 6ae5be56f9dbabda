#!/bin/sh
# SPDX-License-Identifier: ISC
#
# How the command is started and how its end is told.

. "$(dirname "$0")/lib.sh"

x -- true
is 0 'status 0'
x -- false
is 1 'status 1'
x -- sh -c 'exit 126'
is 126 'status 126'
x -- sh -c 'exit 255'
is 255 'status 255'
x -- sh -c 'kill -TERM $$'
is 143 'ended by a signal'
x -- sh -c 'kill -KILL $$'
is 137 'killed'
x -- no-such-command
is 127 'not found' 'no-such-command: No such file or directory'
x -- ./no-such-command
is 127 'not found by path' 'No such file or directory'
x -- /etc/passwd
is 126 'not executable' '/etc/passwd: Permission denied'
x -- /etc
is 126 'a directory' '/etc: Permission denied'
mkdir closed path
printf 'exit 7\n' >path/script
chmod 755 path/script
(PATH=$W/closed/x:$W/path:$PATH; export PATH; chmod 0 closed
x -w "$W" -- script; echo "$status" >"$T/status")
status=$(cat "$T/status")
is 7 'a script without #! is run by sh; PATH is searched'
(PATH=$W/closed/x:/usr/bin:/bin; export PATH
x -- no-such-command; echo "$status" >"$T/status")
status=$(cat "$T/status")
is 127 'a PATH that may not be entered is no matter'
chmod 700 closed
# shellcheck disable=SC2123
(PATH=$W/path; export PATH
x -- sh -c 'exit 0'; echo "$status" >"$T/status")
status=$(cat "$T/status")
is 127 'only the given PATH is searched'
x -d "$W/path" -- "$W/path/script"
is 126 'a denied program' 'Permission denied'

x -- printf '<%s>' 'a b' '' '*' '$HOME' 'é'
is 0 'words are what they are' '<a b><><*><$HOME><é>'
X_TEST='a
b' x -- sh -c 'printf %s "$X_TEST" | wc -l'
says 0 'so is the environment' 1
x -- env
no 'which has nothing of srt'\''s' grep -Eq '^(SRT_EXEC|LD_)' "$T/out"
big=$(awk 'BEGIN { for (i = 0; i < 12000; i++) printf "0123456789" }')
x -- sh -c 'for i; do printf %s "$i"; done | wc -c' x "$big" "$big" "$big" \
    "$big" "$big" "$big" "$big" "$big"
says 0 'a command line of 1 MB' 960000

x -u 027 -- sh -c umask
says 0 'the umask' 0027
# glibc's posix_spawn, with which make starts us, ignores the two signals that
# are its own, and lets nobody undo that.
libc=$(sed -n 's/^SigIgn:[[:space:]]*/0x/p' /proc/self/status)
libc=$((libc & 0x180000000))
x -- sh -c 'grep SigIgn /proc/self/status'
is 0 'no signal ignored' "$(printf '\t%016x' $libc)"
x -i 1 -i 15 -- sh -c 'grep SigIgn /proc/self/status'
is 0 'but those that the caller ignored' \
    "$(printf '\t%016x' $((libc | 0x4001)))"
x -- sh -c 'grep SigBlk /proc/self/status'
is 0 'no signal blocked' 0000000000000000
x -C / -- pwd
says 0 'the working directory' /
x -C "$W/path" -- pwd
says 0 'wherever it is' "$W/path"
x -C "$W" -d "$W" -- pwd
is 125 'one that is denied is refused' 'denied by filesystem.denyRead'
x -C "$W/path" -d "$W" -- pwd
is 125 'beneath a denied one, too' 'denied by filesystem.denyRead'
x -C "$W/path" -d "$T" -w "$W" -- pwd
is 0 'not if it was opened again' "$W/path"
x -C "$W/gone" -- pwd
is 125 'one that is gone is refused' 'No such file or directory'

# Descriptors: the caller's own do not get in.
exec 7>"$T/seven" 8<"$T"
x -w "$W" -- sh -c 'echo x >&7'
is 2 'descriptors above 2 are closed' 'Bad file descriptor'
x -- sh -c 'ls /proc/self/fd/8/'
is 2 'directories as well'
exec 7>&- 8<&-
x -- sh -c 'ls -l /proc/self/fd | grep -c " -> "'
says 0 'three descriptors and the listing'\''s' 4
yes 'nothing was written' test ! -s "$T/seven"
"$SRT_HELPERS/execd" -- cat <"$EXEC/lib.sh" >"$T/copy" 2>"$T/out"
status=$?
is 0 'standard input and output are the caller'\''s'
yes 'byte for byte' cmp "$EXEC/lib.sh" "$T/copy"
yes 'SIGPIPE reaches the command' sh -c \
    '"$0" -v -- yes 2>"$1" | head -n 1 >/dev/null; grep -q "exited 141" "$1"' \
    "$SRT_HELPERS/execd" "$T/pipe"
# shellcheck disable=SC2016
yes 'closing its output is seen outside while it runs' sh -c '
    "$0" -v -t 30 -w "$1" -- sh -c "exec >&- 2>&-
	while test ! -e $1/go; do sleep 0.05; done" 2>"$2" |
	{ cat; touch "$1/go"; }
    cat "$2"; grep -q "exited 0" "$2"' "$SRT_HELPERS/execd" "$W" "$T/said"
rm -f go

# Signals from the parent.
x -s 15:300 -- sleep 20
is 143 'a signal is passed on'
# shellcheck disable=SC2016
x -s "10:$W/trapped" -w "$W" -- sh -c 'trap "echo caught; exit 4" USR1
    : >trapped; while :; do sleep 0.05; done'
is 4 'to the command alone' caught
rm -f trapped
# srt-exec may stop its parent as well, before that can say that it was told.
# shellcheck disable=SC2016
"$SRT_HELPERS/execd" -v -- sh -c 'kill -STOP $$; echo continued' "$T" \
    >"$T/out" 2>&1 &
tries=0
until grep -q 'stopped 19' "$T/out" || grep -q '^State:.T' "/proc/$!/status" ||
    [ $tries -eq 500 ]; do
	tries=$((tries + 1))
	sleep 0.02
done
pkill -CONT -f "kill -STOP.*$T"
wait $!
status=$?
is 0 'stopping is told, continuing works' 'stopped 19'
yes '(it went on)' grep -q continued "$T/out"
x -- sh -c 'kill -TERM 0; sleep 1; echo survived'
yes 'a signal to its process group stays inside' test "$status" -eq 143
x -- sh -c 'trap "" TERM; kill -TERM -1; echo there'
is 0 'a signal to everybody as well' there

# What the command leaves.
x -w "$W" -- sh -c 'setsid sh -c "exec >/dev/null 2>&1 </dev/null
    touch up; sleep 30; touch late" & while test ! -e up; do sleep 0.05; done'
is 0 'a command that leaves something behind'
no 'nothing of it lives on' pgrep -f 'sleep 30; touch lat[e]'

# What the working directory holds is no matter for the time it takes.
# fastest WHERE SO-FAR: microseconds of the faster one.
fastest() {
	a=$(date +%s%N)
	(cd "$1" && "$SRT_HELPERS/execd" -w "$PWD" -- true)
	b=$(date +%s%N)
	t=$(((b - a) / 1000))
	[ -n "$2" ] && [ "$2" -le "$t" ] && t=$2
	echo "$t"
}
mkdir few many
(cd many && i=0 && while [ $i -lt 1000 ]; do
	: >"f$i"; [ $((i % 10)) -ne 0 ] || mkdir "d$i"; i=$((i + 1)); done)
# In turns: whatever else the machine does, it does to both.  The faster one
# of many tells what it costs when nobody disturbs.
few='' many='' i=0
while [ $i -lt 20 ] || { [ $i -lt 200 ] &&
    [ "$many" -ge $((few * 3 / 2 + 500)) ]; }; do
	few=$(fastest few "$few")
	many=$(fastest many "$many")
	i=$((i + 1))
done
echo "# $few us in an empty directory, $many us with 1,100 entries"
yes 'a full directory costs no time' test "$many" -lt $((few * 3 / 2 + 500))

# The network.
x -- sh -c 'cat /proc/net/dev | grep -c :'
says 0 'one interface' 1
x -- sh -c 'cat /proc/net/route | wc -l'
# The heading alone.
says 0 'no route' 1
x -- sh -c 'grep -c " 0A " /proc/net/tcp'
says 0 'three listeners' 3
# What is said at the end is what had come by then.
tries=0
until x -v -- true && grep -Eqx 'execd: listeners [36]' "$T/out" ||
    [ $tries -eq 20 ]; do
	tries=$((tries + 1))
done
yes 'handed to the proxy, with those of ::1' \
    grep -Eqx 'execd: listeners [36]' "$T/out"
if command -v ipcmk >/dev/null 2>&1; then
	# Of an ipc namespace of its own, and gone with it.
	shm='ipcmk -M 4096 >/dev/null; wc -l </proc/sysvipc/shm; exec "$@"'
	unshare -U -r -i sh -c "$shm" x "$SRT_HELPERS/execd" -- \
	    wc -l /proc/sysvipc/shm >"$T/out" 2>&1
	status=$?
	says 0 'no shared memory of the host' "2
1 /proc/sysvipc/shm"
else
	skip 'no shared memory of the host' 'no ipcmk'
fi

finish
