# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Work with files and connects: without a sandbox, in the same sandbox with
# no call mediated, and in srt.

# in_turns ROUNDS ROW NAME COMMAND ... [-- NAME COMMAND ...]: each command
# prints its own time.
in_turns() {
	_rounds=$1 _row=$2
	shift 2
	SRT_EXEC=$SRT_HELPERS/layers "$SRT_HELPERS/bench_time" -os \
	    "$_rounds" "$@" >"$T/times" 2>"$T/times.err" 3>&- || {
		without "$_row" "$(tail -n 1 "$T/times.err")"
		return
	}
	awk -v row="$_row" '{ print row, $1, $2 / 1000 }' "$T/times" \
	    >>"$T/samples"
}

# compare ROUNDS ROW COMMAND ...: "unmediated" is the same sandbox without the
# second filter, and so without Landlock, which would leave it nothing to
# write to.
compare() {
	_rounds=$1 _row=$2
	shift 2
	in_turns "$_rounds" "$_row" bare "$@" -- \
	    unmediated "$SRT_HELPERS/execd" -x broker -x landlock \
	    -w "$W" -w "$memdir" "$@" -- \
	    srt "$SRT" -q -s "$T/settings.json" "$@"
}

# The same, beside what a notification alone costs, and all that any broker
# must do for a call that it answers by itself ("limit").
compare_least() {
	_rounds=$1 _row=$2
	shift 2
	in_turns "$_rounds" "$_row" bare "$@" -- \
	    notification "$SRT_HELPERS/bench_broker" notify "$@" -- \
	    limit "$SRT_HELPERS/bench_broker" limit "$@" -- \
	    unmediated "$SRT_HELPERS/execd" -x broker -x landlock \
	    -w "$W" -w "$memdir" "$@" -- \
	    srt "$SRT" -q -s "$T/settings.json" "$@"
}

# Where no other sandbox can do it.
compare_bare() {
	_rounds=$1 _row=$2
	shift 2
	in_turns "$_rounds" "$_row" bare "$@" -- \
	    srt "$SRT" -q -s "$T/settings.json" "$@"
}

work() {
	compare "$1" "files.$2" sh "$E2E/work" "$2" "$memdir/source" "$memdir"
}

calls() {
	compare "$many" "files.$1" "$SRT_HELPERS/bench_files" "$1" "$2" \
	    "$memdir"
}

connects() {
	compare "$many" "files.$1" "$SRT_HELPERS/bench_net" "$1" "$2"
}

# All on /tmp, the rig's own tmpfs: a disk would hide what the calls cost.
files_section() {
	many=$(rounds 7 2) few=$(rounds 5 1)
	memdir=/tmp/bench
	mkdir -p "$memdir"
	settings allow_write="\"$W\", \"$memdir\"" \
	    net_allow='"203.0.113.10"'
	sh "$E2E/work" prepare "$memdir/source" || {
		without files 'what they work on cannot be laid out'
		return
	}
	compare_least "$many" files.create "$SRT_HELPERS/bench_files" \
	    create 20000 "$memdir"
	work "$few" compile
	work "$many" find
	work "$many" git
	work "$many" copy
	work "$many" tar
	if have npm; then
		work "$(rounds 3 1)" npm
	else
		without files.npm 'no npm'
	fi
	calls mkdir 10000
	calls rename 10000
	calls write 20000
	calls chmod 20000
	calls read 20000
	calls stat 100000
	connects loop 10000
	connects refused 10000
	compare_bare "$few" files.dial "$SRT_HELPERS/bench_net" dial 2000 \
	    203.0.113.10 80
	rm -r "$memdir"
}
