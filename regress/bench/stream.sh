# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Throughput from inside the sandbox, beside the same direct, by a relay that
# does nothing else, and by the peers.

# Nanoseconds of processor of the process; all its threads in 1/100 s where
# it has several.
cpu_ns() {
	if [ "$2" = threads ]; then
		sed 's/.*) //' "/proc/$1/stat" |
		    awk '{ printf "%.0f\n", ($12 + $13) * 1e7 }'
	else
		cut -d' ' -f1 "/proc/$1/schedstat"
	fi
}

pids_named() {
	for _p in /proc/[0-9]*; do
		[ "$(cat "$_p/comm" 2>/dev/null)" != "$1" ] ||
		    echo "${_p#/proc/}"
	done
}

# stream_one WHO WAY PROXY-PORT PID KIND HOST PORT: $dir, $n, $bytes.
stream_one() {
	_cmd="$SRT_HELPERS/bench_stream $verb $2 $3 $n $6 $7 $bytes"
	[ -z "$4" ] || _cpu=$(cpu_ns "$4" "$5")
	case $1 in
	srt|reference)
		_us=$(ask "$1" "$_cmd") ;;
	*)	_us=$(timeout 60 $_cmd 2>"$T/stream.err") ;;
	esac
	case $_us in
	''|*[!0-9]*)
		echo "stream.$dir.$n.$way by $1 failed" >&2
		[ "$1" != srt ] || without "stream.$dir.$n.$way" "it failed"
		return 1 ;;
	esac
	sample "stream.$dir.$n.$way" "$1" "$(awk -v us="$_us" -v b="$bytes" \
	    'BEGIN { print b / us }')"
	[ -z "$4" ] || sample "cpu.$dir.$n.$way" "$1" "$(awk -v a="$_cpu" \
	    -v b="$(cpu_ns "$4" "$5")" -v bytes="$bytes" \
	    'BEGIN { print (b - a) / bytes }')"
}

# Every way of one direction and number of streams, once.
stream_round() {
	way=connect
	stream_one direct direct 0 '' '' "$HERE" "$STREAM"
	stream_one limit direct 0 "$pid_relay" one 127.0.0.1 "$RELAY_STREAM"
	# The same for each way.
	for way in socks transparent plain; do
		grep "^stream\.$dir\.$n\.connect \(direct\|limit\)" \
		    "$T/samples" | tail -n 2 |
		    sed "s/connect/$way/" >>"$T/samples.more"
	done
	for way in connect plain; do
		stream_one srt "$way" 3128 "$pid_inner" one "$HERE" "$STREAM"
		for who in $peers; do
			eval "_port=\$port_$who _pid=\$pid_$who"
			_kind=one
			[ "$who" = squid ] || _kind=threads
			stream_one "$who" "$way" "$_port" "$_pid" "$_kind" \
			    127.0.0.1 "$STREAM"
		done
	done
	way=socks
	stream_one srt socks 1080 "$pid_inner" one "$HERE" "$STREAM"
	way=transparent
	stream_one srt direct 0 "$pid_inner" one "$HERE" "$STREAM"
	[ -n "$reference_worker" ] && [ "$round" -le 2 ] || return 0
	# Its SOCKS wants a password, too, and is the same program.
	for way in connect plain; do
		stream_one reference "$way" 3128 '' '' "$HERE" "$STREAM"
	done
}

stream_section() {
	servers_start || { without stream 'the servers do not start'; return; }
	workers_start || {
		without stream "srt does not start: $(cat "$T/srt.err")"
		return
	}
	bytes=$(rounds 200000000 100000000)
	pid_inner=$(pids_named srt-proxy | head -n 1)
	pid_relay=$(pids_of "$SRT_HELPERS/bench_relay $RELAY_STREAM ")
	round=1
	while [ "$round" -le "$(rounds 5 2)" ]; do
		for n in 1 16; do
			dir=down verb=get
			stream_round
			dir=up verb=put
			stream_round
		done
		round=$((round + 1))
	done
	cat "$T/samples.more" >>"$T/samples"
	workers_end
}
