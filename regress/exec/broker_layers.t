#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What is left without the broker: a call that its filter misses, and a
# broker that is killed in the middle of a run, fail closed.

. "$(dirname "$0")/lib.sh"

if ! command -v pgrep >/dev/null 2>&1; then
	echo '1..0 # SKIP no pgrep'
	exit 0
fi

# The broker is the child of srt-exec, which is the child of execd.
broker_of() {
	pgrep -P "$(pgrep -P "$1")"
}

# An old tree for each attempt.
tree() {
	rm -rf "$W/t"
	mkdir "$W/t" "$W/t/dir" "$W/t/full"
	echo keep >"$W/t/f"
	echo keep >"$W/t/full/f"
}

look() {
	find "$W/t" -printf '%P %y %m %s\n' | sort
}

# missed NAME COMMAND: in the write root, past the broker.
missed() {
	tree
	look >"$T/before"
	x -w "$W" -C "$W/t" -- sh -c "$2"
	look >"$T/after"
	rc=0
	if cmp -s "$T/before" "$T/after"; then
		rc=1
	fi
	cat "$T/after" >>"$T/out"
	result $rc "$1: done by the broker" "$T/out"

	tree
	SRT_EXEC=$SRT_BUILD/regress/layers x -x broker -x mounts -w "$W" \
	    -C "$W/t" -- sh -c "$2"
	look >"$T/after"
	rc=0
	# EACCES is Landlock's; the broker would have said EPERM.
	if ! grep -qE ': (Permission denied|Invalid cross-device link)$' \
	    "$T/out" || ! cmp -s "$T/before" "$T/after"; then
		rc=1
	fi
	diff "$T/before" "$T/after" >>"$T/out"
	result $rc "$1: refused by Landlock if the filter misses it" "$T/out"
}

missed 'a new file' ': >new'
missed 'a file cut' ': >f'
missed 'a file written' 'echo more >>f'
missed 'a new directory' 'mkdir new'
missed 'a fifo' 'mkfifo new'
missed 'a symbolic link' 'ln -s x new'
missed 'a hard link' 'ln f new'
missed 'a hard link elsewhere' 'ln f dir/new'
missed 'a file removed' 'rm f'
missed 'a directory removed' 'rmdir dir'
missed 'a rename' 'mv f g'
missed 'a rename elsewhere' 'mv f dir/g'
missed 'a directory moved' 'mv full dir/full'
missed 'a name replaced' 'mv -f full/f f'
missed 'an unnamed file with a name' 'exec 3<>new; ln /proc/self/fd/3 x'

# Pid 1 outlives the broker here, so that the command can tell what it sees;
# its status pid 1 does not pass on.
# One of its calls waits in the broker; the others come afterwards.
# shellcheck disable=SC2016
orphan='
    mkfifo fifo
    exec 3>waited
    { echo waiting >fifo && echo "fifo: written"; } >&3 2>&1 &
    mkdir up
    while mkdir d && rmdir d; do
	    :
    done
    true >new
    mkdir new
    mv fifo new
    rm fifo
    chmod 700 fifo
    wait $!
    exit 42'
SRT_EXEC=$SRT_BUILD/regress/layers \
    "$SRT_HELPERS/execd" -x orphan -t 30 -w "$W" -- sh -c "$orphan" \
    >"$T/out" 2>&1 &
pid=$!
until_true 10 test -e up
kill -KILL "$(broker_of $pid)"
wait $pid
status=$?
is 125 'the broker killed: how the command ended then does not count' \
    'new: Function not implemented'
yes '... and no call of it is done' grep -q \
    "mkdir: .*Function not implemented" "$T/out"
yes '... nor the one that was waiting' grep -q \
    'fifo: Function not implemented' waited
yes '... be it mv, rm or chmod' test "$(grep -cE \
    '^(mv|rm|chmod): .*Function not implemented' "$T/out")" -eq 3
no '... and nothing new is there' test -e new
rm -rf t fifo waited up d

# srt-exec itself: the run ends.  The command would last for a minute.
"$SRT_HELPERS/execd" -v -t 30 -w "$W" -- sh -c 'mkdir up
    i=0; while [ $i -lt 60 ]; do i=$((i + 1)); sleep 1; done; touch late' \
    >"$T/out" 2>&1 &
pid=$!
until_true 10 test -e up
inside=$(pgrep -P "$(broker_of $pid)")
kill -KILL "$(broker_of $pid)"
wait $pid
status=$?
is 125 'the broker killed: the run ends' 'a process of the sandbox was killed'
until_true 10 eval '! kill -0 "$inside"'
no '... and pid 1 with it' kill -0 "$inside"
no '... before the command does' test -e late
rmdir up
yes '... and nothing is left' test -z "$(ls -A "$W")"

finish
