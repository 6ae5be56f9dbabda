#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The layers of the sandbox one by one, in pairs and together: the same
# attacks get through without them, and are refused by each layer that is
# meant to hold them, whatever the others do.  The switches are in
# helper/layers.c; srt-exec has none.
#
# What each layer holds alone:
#	mounts		writing outside of the write roots, changes of what is
#			denied and there, reading what is denied
#	landlock	writing anywhere: the command gets it from the broker
#	broker		writing outside of the write roots, names that do not
#			exist yet, modes and times; reading, if asked to
#	filter		what is no file: new namespaces
# Landlock knows nothing of modes, times and reading.

. "$(dirname "$0")/lib.sh"

# The sandboxes of these tests show less of /proc than LeakSanitizer needs.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

H=$T/host

# In the sandbox; a name for each attack.  Each has files of its own.
cat >"$T/attacks" <<'END'
h=$1
w=$2
( echo bad >"$h/overwrite" )
( echo bad >>"$h/append" )
( echo bad >"$h/create" )
( mkdir "$h/mkdir" )
( rm -f "$h/remove" )
( rmdir "$h/rmdir" )
( mv "$h/rename" "$h/renamed" )
( mv "$h/over" "$h/onto" )
( truncate -s 0 "$h/truncate" )
( ln -s x "$h/symlink" )
( mkfifo "$h/fifo" )
( ln "$h/source" "$h/link" )
( chmod 777 "$h/mode" )
( touch -d @1 "$h/times" )
( echo "read: $(cat "$h/read")" )
( echo bad >"$w/denied" )
( echo bad >"$w/.gitconfig" )
( unshare -U true && echo "namespace: new" )
( echo good >"$w/work" )
exit 0
END

prepare() {
	rm -rf "$H"
	mkdir "$H" "$H/rmdir"
	for f in overwrite append remove rename over onto truncate source \
	    mode times; do
		echo keep >"$H/$f"
	done
	chmod 644 "$H/mode"
	echo hidden >"$H/read"
	rm -rf "$W/.gitconfig" "$W/work"
	echo keep >"$W/denied"
}

# through NAME COMMAND ...: names the attack if the condition holds.
through() {
	what=$1
	shift
	if "$@"; then
		printf '%s ' "$what"
	fi
}

# shellcheck disable=SC2317
kept() {
	[ "$(cat "$1" 2>/dev/null)" = keep ]
}

# What got through, as the host sees it.
damage() {
	through overwrite eval '! kept "$H/overwrite"'
	through append eval '! kept "$H/append"'
	through create test -e "$H/create"
	through mkdir test -e "$H/mkdir"
	through remove test ! -e "$H/remove"
	through rmdir test ! -e "$H/rmdir"
	through rename test -e "$H/renamed"
	through onto test ! -e "$H/over"
	through truncate eval '! kept "$H/truncate"'
	through symlink test -L "$H/symlink"
	through fifo test -p "$H/fifo"
	through link test -e "$H/link"
	through mode test "$(stat -c %a "$H/mode")" != 644
	through times test "$(stat -c %Y "$H/times")" = 1
	through read grep -q '^read: hidden' "$T/out"
	through denied eval '! kept "$W/denied"'
	through name test -e "$W/.gitconfig"
	through namespace grep -q '^namespace: new' "$T/out"
	through work test -e "$W/work"
	echo
}

FILES='overwrite append create mkdir remove rmdir rename onto truncate symlink'
FILES="$FILES fifo link"

# holds NAME EXPECTED OPTION ...: exactly that gets through.
holds() {
	name=$1
	expected=$2
	shift 2
	prepare
	x "$@" -w "$W" -n "$W/denied" -d "$H/read" -- \
	    sh "$T/attacks" "$H" "$W"
	got=$(damage)
	rc=0
	if [ "$status" -ne 0 ] || [ "${got% }" != "$expected" ]; then
		rc=1
	fi
	{
		echo "status $status"
		echo "expected: $expected"
		echo "got:      $got"
	} >>"$T/out"
	result $rc "$name" "$T/out"
}

STRICT=32

SRT_EXEC=$SRT_BUILD/regress/layers
export SRT_EXEC
holds 'without any layer every attack gets through' \
    "$FILES mode times read denied name namespace work" \
    -x mounts -x landlock -x broker -x filter

holds 'mounts alone: only names that are not there yet' \
    'name namespace work' -x landlock -x broker -x filter
holds 'Landlock alone: only modes, times and reading' \
    'mode times read namespace' -x mounts -x broker -x filter
holds 'the broker alone: only reading' \
    'read namespace work' -x mounts -x landlock -x filter
holds 'the broker alone, strict about reading' \
    'namespace work' -f $STRICT -x mounts -x landlock -x filter
holds 'the filter alone: only files' \
    "$FILES mode times read denied name work" -x mounts -x landlock -x broker

holds 'no broker: nothing at all' '' -x broker
holds 'no broker, no filter: no file' namespace -x broker -x filter
holds 'no Landlock: what is allowed' work -x landlock
holds 'no Landlock, no filter: what is allowed' 'namespace work' \
    -x landlock -x filter
holds 'no mounts: only reading' 'read work' -x mounts
holds 'no mounts, strict about reading: what is allowed' work \
    -f $STRICT -x mounts
holds 'no filter: what is allowed' 'namespace work' -x filter
holds 'all layers: what is allowed' work

# What is masked stays so in namespaces of the command's own.
prepare
if [ "$(id -u)" -eq 0 ]; then
	skip 'in a namespace of its own the command is root' \
	    'the command of a root caller may not map itself'
else
	x -x filter -x broker -x landlock -w "$W" -d "$H/read" -- \
	    unshare -Urm sh -c 'umount "$1"; umount -l "$1"
	    mount -o remount,bind,rw /; cat "$1"; echo bad >"$2"; echo ended
	    ' sh "$H/read" "$H/overwrite"
	is 0 'in a namespace of its own the command is root' ended
	no '... yet cannot lift a mask' grep -q hidden "$T/out"
	yes '... nor write' kept "$H/overwrite"
fi

unset SRT_EXEC
holds 'srt-exec itself has no switches' work \
    -x mounts -x landlock -x broker -x filter -x orphan

mkdir "$T/byname"
"$SRT_HELPERS/racer" "$T/byname" 1 names >"$T/out" 2>&1
status=$?
is 0 'F4 by name a bind is led outside' 'led outside'
mkdir "$T/race"
"$SRT_HELPERS/racer" "$T/race" 10000 >"$T/out" 2>&1
status=$?
sed 's/^/# /' "$T/out"
is 0 'ten thousand binds against a swapped link' bound
yes 'nothing came to lie outside' test -z "$(ls -A "$T/race/out/x")"

finish
