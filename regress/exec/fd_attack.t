#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# Attacks by flags, by descriptors, by those that a daemon of the host's has
# handed over, and while a call is pending: outside they succeed, by each of
# the layers that hold them alone they do not, and not by all together.  The
# helpers say of each whether it got anywhere.  For root too.

. "$(dirname "$0")/lib.sh"

# The sandboxes of these tests show less of /proc than LeakSanitizer needs.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

H=$T/host
FD=$SRT_HELPERS/fd_attack
PENDING=$SRT_HELPERS/pending
ALL_UNIX=4

tree() {
	cd "$T" && rm -rf w host && mkdir w host w/plain && cd w || exit 1
	echo old >.bashrc
	echo data data data >plain/f
	echo victim >"$H/victim"
	echo source >"$H/source"
	echo hidden >"$T/denied"
	chmod 700 "$T/denied"
	cp "$PENDING" tool
	chmod 111 tool
}

tree_now() {
	find "$H" "$W/.bashrc" "$T/denied" -printf '%P %y %m %s %T@\n' | sort
}

# got NUMBER NAME: at least so many succeeded.
got() {
	yes "$2" test "$(grep -c '^GOT' "$T/out")" -ge "$1"
}

# said NAME: one test for each attack; and nothing has changed outside.
said() {
	grep -E '^(held|GOT) ' "$T/out" >"$T/said"
	while read -r verdict what; do
		[ "$verdict" = held ]
		result $? "$what ($1)" "$T/out"
	done <"$T/said"
	yes "all of them were tried ($1)" test "$status" -eq 0 -a -s "$T/said"
	tree_now >"$T/after"
	yes "nothing has changed ($1)" cmp "$T/before" "$T/after"
}

# outside LEAST COMMAND ...: what the tests are worth.
outside() {
	least=$1
	shift
	tree
	"$@" >"$T/out" 2>&1
	got "$least" "without the sandbox nothing holds: ${1##*/} $2"
	chmod -R u+rwx "$T/w"
}

# inside NAME OPTION ... -- COMMAND ...
inside() {
	name=$1
	shift
	tree
	tree_now >"$T/before"
	x -t 60 -w "$W" -d "$T/denied" "$@"
	said "$name"
}

# By each layer that should hold it, and by all.
layers() {
	SRT_EXEC=$SRT_BUILD/regress/layers
	export SRT_EXEC
	inside 'the broker alone' -x mounts -x landlock -x filter -- "$@"
	inside 'mounts and Landlock' -x broker -x filter -- "$@"
	inside 'broker and mounts' -x landlock -- "$@"
	unset SRT_EXEC
	inside 'all layers' -- "$@"
}

outside 7 "$FD" flags "$H"
layers "$FD" flags "$H"
no 'F21 nor a nameless file' grep -q '^may' "$T/out"

# A file system that cannot clone says so to anybody.
outside 14 "$FD" pour "$H"
layers "$FD" pour "$H"

outside 3 "$FD" keys "$H"
inside 'all layers' -- "$FD" keys "$H"
inside 'all layers' -- "$FD" handles "$H"
outside 5 "$FD" watch "$T/denied"
inside 'all layers' -- "$FD" watch "$T/denied"
SRT_EXEC=$SRT_BUILD/regress/layers
export SRT_EXEC
inside 'mounts alone' -x broker -x landlock -x filter -- "$FD" watch \
    "$T/denied"
unset SRT_EXEC

# --- what the host removes meanwhile

# losing COMMAND ...: the tree has what will lose its name while it runs.
losing() {
	tree
	echo secret >"$H/gone"
	ln "$H/gone" "$H/left"
	chmod 644 "$H/left"
	mkfifo "$H/gone.fifo"
	echo secret >"$T/w/gone"
	mkdir "$T/w/within"
	echo secret >"$T/w/within/gone"
	left_now >"$T/before"
	# Somebody reads, so that whoever opens it for writing need not wait.
	exec 3<>"$H/gone.fifo"
	(until_true 20 test -e "$T/w/held" && rm "$H/gone" "$H/gone.fifo") &
	remover=$!
	"$@"
	wait "$remover"
	exec 3>&-
}

left_now() {
	find "$H/left" "$H/victim" -printf '%P %f %m %s %T@\n'
	cat "$H/left"
}

# lost_in NAME OPTION ... -- COMMAND ...
lost_in() {
	name=$1
	shift
	losing x -t 60 -w "$W" "$@"
	grep -E '^(held|GOT) ' "$T/out" >"$T/said"
	while read -r verdict what; do
		[ "$verdict" = held ]
		result $? "$what ($name)" "$T/out"
	done <"$T/said"
	yes "all of them were tried ($name)" test "$status" -eq 0 -a -s "$T/said"
	left_now >"$T/after"
	yes "nothing has changed ($name)" cmp "$T/before" "$T/after"
}

lost_outside() {
	"$FD" "$1" "$H" >"$T/out" 2>&1
}
losing lost_outside lost
got 17 'F29 without the sandbox nothing holds: lost'
losing lost_outside unread
got 4 'F29 without the sandbox nothing holds: unread'
SRT_EXEC=$SRT_BUILD/regress/layers
export SRT_EXEC
lost_in 'the broker alone' -x mounts -x landlock -x filter -- "$FD" lost "$H"
lost_in 'no Landlock' -x landlock -- "$FD" lost "$H"
unset SRT_EXEC
lost_in 'all layers' -- "$FD" lost "$H"
lost_in 'all layers, and patterns' -g "$T/**/gone" -- "$FD" unread "$H"

# --- what a daemon hands over

# served COMMAND ...: with a daemon for the tree as it is.
served() {
	(cd / && exec "$FD" serve "$T/daemon" "$H" "$T/denied") \
	    >"$T/serve" 2>&1 &
	server=$!
	until_true 20 grep -q "00010000 .* $T/daemon\$" /proc/net/unix
	"$@"
	kill "$server"
	wait "$server" 2>/dev/null
	rm -f "$T/daemon"
}

handed() {
	"$FD" handed "$T/daemon" >"$T/out" 2>&1
}
tree
served handed
got 20 'without the sandbox nothing holds: handed'

# handed_in NAME OPTION ...
handed_in() {
	name=$1
	shift
	tree
	tree_now >"$T/before"
	served x -t 60 -f "$ALL_UNIX" -w "$W" -d "$T/denied" "$@" -- \
	    "$FD" handed "$T/daemon"
}
handed_in 'all layers'
said 'all layers'
yes 'K13 reading by a handed descriptor is not held back' \
    test "$(grep -c '^may' "$T/out")" -eq 3
SRT_EXEC=$SRT_BUILD/regress/layers
export SRT_EXEC
handed_in 'no Landlock' -x landlock
got 3 'K13 without Landlock a handed directory can be written'
handed_in 'mounts and Landlock' -x broker
yes 'K13 without the broker it cannot either, but for modes and times' \
    test "$(grep '^GOT' "$T/out" | grep -cvE \
    'fchmod|chmod|chown|times|handed socket|beneath')" -eq 0
unset SRT_EXEC

# --- while a call is pending

outside 7 "$PENDING" race
inside 'all layers' -- "$PENDING" race
yes 'the races took place' test "$(awk '$1 == "tries" && $NF < 20' \
    "$T/out" | wc -l)" -eq 0
outside 4 "$PENDING" filter
inside 'all layers' -- "$PENDING" filter
outside 6 "$PENDING" unreadable
inside 'all layers' -- ./tool unreadable

# --- pid 1, whose child the command is

x -t 20 -- "$PENDING" sibling
is 5 'K30 children given to pid 1 end no run and forge no status'

finish
