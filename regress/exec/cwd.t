#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Relative names land where the caller is, and are judged by where that is.
# RACE_MILLIS for the race.

. "$(dirname "$0")/lib.sh"

MILLIS=${RACE_MILLIS:-1500}
cwdcheck=$SRT_HELPERS/cwdcheck

# lands NAME WAY COMMAND ...: each check of cwdcheck's is a test.
lands() {
	name=$1
	way=$2
	shift 2
	rc=0
	"$@" "$cwdcheck" ${way:+"$way"} 200 "$W/lands" >"$T/lands" 2>&1 ||
	    rc=$?
	cp "$T/lands" "$T/lines"
	while read -r line; do
		case $line in
		*': 0 of '*) result 0 "$name, $line" "$T/lands" ;;
		*)	result 1 "$name, $line" "$T/lands" ;;
		esac
	done <"$T/lines"
	result "$rc" "$name: all of them" "$T/lands"
}

mkdir lands
lands outside ''  env
lands inside '' "$SRT_HELPERS/execd" -w "$W/lands" --

# So few numbers that they are soon another's (Linux 6.14).
if unshare -Urpf --mount-proc sh -c \
    'echo 420 >/proc/sys/kernel/pid_max' 2>/dev/null; then
	cat >"$T/few" <<'EOT'
echo 420 >/proc/sys/kernel/pid_max || exit 1
exec unshare -U --map-user=1000 --map-group=1000 "$@"
EOT
	lands 'few numbers' -f unshare -Urpf --mount-proc sh "$T/few" \
	    "$SRT_HELPERS/execd" -w "$W/lands" --
else
	skip 'few numbers' 'pid_max is the whole machine'\''s'
fi

# A /proc of the host's at another place, as of a chroot: the broker is in it.
cat >"$T/chroot" <<'EOT'
mount -t proc proc "$1" || exit 1
shift
exec unshare -U --map-user=1000 --map-group=1000 "$@"
EOT
mkdir "$T/proc"
CWDCHECK_PROC=$T/proc
export CWDCHECK_PROC
if unshare -Urmpf --mount-proc sh "$T/chroot" "$T/proc" true 2>/dev/null; then
	lands 'another /proc' '' unshare -Urmpf --mount-proc sh "$T/chroot" \
	    "$T/proc" "$SRT_HELPERS/execd" -w "$W/lands" --
else
	skip 'another /proc' 'it cannot be mounted'
fi
unset CWDCHECK_PROC

# --- in and out of a protected directory

mkdir race race/.vscode
x -w "$W/race" -- "$cwdcheck" -r "$MILLIS" "$W/race"
is 0 'what was made is where it may be'
number() {
	awk -v word="$1" '$1 == word { n = $2 } END { print n + 0 }' "$T/out"
}
yes "some were made: $(number made)" test "$(number made)" -gt 10
yes "and some refused: $(number refused)" test "$(number refused)" -gt 10
no 'the protected directory is empty' \
    sh -c "ls -A '$W/race/.vscode' | grep ."

# --- what is above it gets another name on the host

# step NAME TEXT: the command tries to make a name.
step() {
	echo "$1" >&8
	until_true 10 grep -q "^$1: " "$T/steps"
	cp "$T/steps" "$T/out"
	rc=0
	grep -qx "$1: $2" "$T/steps" || rc=1
	result "$rc" "$3" "$T/out"
}

mkdir host host/old host/old/sub
mkfifo "$T/fifo"
(cd host/old/sub && exec "$SRT_HELPERS/execd" -C "$W/host/old/sub" -w "$W" -- \
    "$cwdcheck" -s <"$T/fifo" >"$T/steps" 2>&1) &
stepper=$!
exec 8>"$T/fifo"
step one made 'a name is made'
step two made 'and another'
mv host/old host/.vscode
step three 'Operation not permitted' \
    'not once the host has given the directory a protected name'
step four 'Operation not permitted' 'nor later'
mv host/.vscode host/new
step five made 'again with another name'
mv host/new/sub host/.idea
step six 'Operation not permitted' 'the directory itself is renamed'
mv host/.idea host/new/sub
step seven made 'and back'
exec 8>&-
wait "$stepper"
result $? 'the command has ended' "$T/steps"
yes 'what was made is there' sh -c \
    'ls "$0" | tr "\n" " " | grep -qx "five one seven two "' "$W/host/new/sub"

finish
