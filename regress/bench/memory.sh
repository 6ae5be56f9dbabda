# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Memory while the command sleeps, of one and of 64 sandboxes, by the root of
# the rig: proportional set size of all that the command line needs but the
# command.

SANDBOXES=64

# The processes that are there, without shells and their like.
everybody() {
	(cd /proc && echo [0-9]*)
}

as_user() {
	unshare -U --map-user="$RIG_UID" --map-group="$RIG_GID" "$@"
}

# pss BEFORE: kilobytes of all who were not there before, and how many.
pss() {
	_files=
	for p in $(everybody); do
		case " $1 $$ " in *" $p "*) continue ;; esac
		case $(tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline") in
		'sleep 300 '|'')	continue ;;
		esac
		_files="$_files /proc/$p/smaps_rollup"
	done
	# shellcheck disable=SC2086
	awk '/^Pss:/ { kb += $2; n++ } END { print kb + 0, n + 0 }' \
	    $_files 2>/dev/null
}

no_sleeper() {
	[ -z "$(pids_of 'sleep 300 ')" ]
}

sleepers_end() {
	# shellcheck disable=SC2046
	kill -KILL $_pids $(pids_of 'sleep 300 ') 2>/dev/null
	# shellcheck disable=SC2086
	wait $_pids 2>/dev/null
	wait_for 10 no_sleeper
}

# memory COUNT WHO COMMAND ...: so many at once; each says when it is up.
memory() {
	_count=$1 _who=$2 _pids=
	shift 2
	before=$(everybody)
	mkfifo "$T/up"
	exec 8<>"$T/up"
	_start=$(now_us)
	_i=0
	while [ "$_i" -lt "$_count" ]; do
		as_user "$@" sh -c 'echo up; exec sleep 300' \
		    >"$T/up" 2>"$T/up.err" 3>&- 8<&- &
		_pids="$_pids $!"
		_i=$((_i + 1))
	done
	timeout 60 head -n "$_count" <&8 >"$T/up.count"
	_took=$(($(now_us) - _start))
	exec 8>&-
	rm "$T/up"
	if [ "$(wc -l <"$T/up.count")" -ne "$_count" ]; then
		without memory "$_who did not start: $(head -n 1 "$T/up.err")"
		sleepers_end
		return 1
	fi
	# The shells become what they wait as.
	wait_for 10 sleepers "$_count"
	_kb=$(pss "$before")
	sleepers_end
	if [ "$_count" -eq 1 ]; then
		sample memory.idle "$_who" "${_kb% *}"
	else
		sample memory.sandboxes "$_who" $((${_kb% *} / _count))
		sample start.sandboxes "$_who" \
		    "$(awk -v us="$_took" -v n="$_count" \
		    'BEGIN { print us / n / 1000 }')"
	fi
}

sleepers() {
	[ "$(pids_of 'sleep 300 ' | wc -l)" -ge "$1" ]
}

memory_round() {
	memory "$1" srt "$SRT" -s "$T/settings.json"
	have bwrap && memory "$1" bubblewrap bwrap --ro-bind / / \
	    --dev /dev --proc /proc --unshare-all
	return 0
}

memory_section() {
	note memory
	settings
	_r=$(rounds 5 2)
	while [ "$_r" -gt 0 ]; do
		memory_round 1
		[ -z "$ref" ] || memory 1 reference env HOME="$T/home" \
		    node "$ref" -s "$T/settings.json"
		_r=$((_r - 1))
	done
	_r=$(rounds 3 1)
	while [ "$_r" -gt 0 ]; do
		memory_round "$SANDBOXES"
		_r=$((_r - 1))
	done
}
