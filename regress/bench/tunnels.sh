# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Many tunnels and long lists of rules.

STORM=5000

# idle WHO PORT PID COUNT ...: samples of each count.
idle() {
	_who=$1
	shift
	"$SRT_HELPERS/bench_scale" idle "$@" >"$T/idle" 2>"$T/idle.err" 3>&- ||
	    return 1
	awk -v who="$_who" '
	NR == 1 { kb = $2; next }
	{
		print "tunnels.open." $1, who, $3
		print "tunnels.echo." $1, who, $4
		each = ($2 - kb) * 1024 / $1; n = $1
		open = $3; echo = $4
	}
	END {
		print "tunnels.memory", who, each
		print "tunnels.count", who, n
		print "tunnels.open.most", who, open
		print "tunnels.echo.most", who, echo
	}' "$T/idle" >>"$T/samples"
}

# As many as there are descriptors for: srt sets three aside for each.
tunnels_idle() {
	_most=$(awk '/^Max open files/ { print int(($5 - 500) / 3) }' \
	    /proc/self/limits)
	_counts=
	for _n in 1 100 1000 10000; do
		[ "$_n" -gt "$_most" ] || _counts="$_counts $_n"
	done
	if [ "$_most" -lt 10000 ]; then
		echo "The hard limit of open files lets no more than $_most" \
		    "idle tunnels be held." >&2
		[ "$_most" -le 1000 ] || _counts="$_counts $_most"
	fi
	# shellcheck disable=SC2086
	idle srt "$port_srt" "$pid_srt" $_counts ||
	    without tunnels "$(head -n 1 "$T/idle.err")"
	for _p in $peers; do
		eval "idle $_p \$port_$_p \$pid_$_p 1 100 1000" ||
		    echo "$_p, idle tunnels: $(head -n 1 "$T/idle.err")" >&2
	done
}

storm() {
	_line=$(timeout 60 "$SRT_HELPERS/bench_scale" storm "$2" "$STORM" \
	    2>"$T/storm.err" 3>&-)
	case $_line in
	"$STORM "*)
		sample storm "$1" "$(echo "$_line" | cut -d' ' -f2)"
		sample storm.failed "$1" 0 ;;
	*)	_served=$(sed -n 's/.*: \([0-9]*\) of .*/\1/p' "$T/storm.err")
		: "${_served:=$((STORM - 1))}"
		echo "$1, storm: $(head -n 1 "$T/storm.err")" >&2
		# Without a count it is at least one.
		sample storm.failed "$1" $((STORM - _served)) ;;
	esac
}

tunnels_storm() {
	_most=$(awk '/^Max open files/ { print int(($5 - 500) / 3) }' \
	    /proc/self/limits)
	if [ "$_most" -lt "$STORM" ]; then
		_why="the hard limit of open files lets $_most be held"
		without storm "$_why"
		without storm.failed "$_why"
		return
	fi
	for _r in 1 2 3; do
		storm srt "$port_srt"
		for _p in $peers; do
			eval "storm $_p \$port_$_p"
		done
	done
}

# Before anything else has made srt-proxy grow: a new one.
tunnels_section() {
	servers_start || { without tunnels 'nginx does not start'; return; }
	if [ -n "${pid_srt:-}" ]; then
		exec 8>&-
		rm "$T/fifo" "$T/proxyd"
		pid_srt=
	fi
	proxy_srt_start || {
		without tunnels 'srt-proxy does not answer'
		return
	}
	tunnels_idle
	tunnels_storm
}

rules_section() {
	"$SRT_HELPERS/bench_rules" "$(rounds 11 3)" >"$T/rules" \
	    2>"$T/rules.err" || {
		without rules "$(head -n 1 "$T/rules.err")"
		return
	}
	sample rules srt "$(awk '$1 == 10000 { print $2 }' "$T/rules")"
	sample rules walk "$(awk '$1 == 10000 { print $4 }' "$T/rules")"
}
