# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Small requests through srt-proxy alone ("srt"), from inside a sandbox
# ("inside"), by a relay that does nothing else and by the peers, all to the
# same nginx, and directly.

# request WHO ID OPTIONS PATH: of one who, once.
request() {
	_who=$1 _id=$2 _path=$4
	_cmd="$SRT_HELPERS/bench_http -t $ms $3"
	case $_who in
	direct)	_cmd="$_cmd 127.0.0.1 $WEB" ;;
	limit)	_cmd="$_cmd 127.0.0.1 $RELAY_WEB" ;;
	inside|reference)
		_cmd="$_cmd -x 3128 $HERE $WEB" ;;
	*)	eval "_cmd=\"$_cmd -x \$port_$_who 127.0.0.1 $WEB\"" ;;
	esac
	case $_who in
	inside)	_line=$(ask srt "$_cmd $_path") ;;
	reference)
		_line=$(ask reference "$_cmd $_path") ;;
	*)	_line=$($_cmd "$_path" 2>"$T/http.err" 3>&-) ;;
	esac
	case $_line in
	''|*[!0-9\ ]*)
		[ "$_who" != srt ] ||
		    without "$_id" "$(head -n 1 "$T/http.err")"
		echo "$_id by $_who failed: $(head -n 1 "$T/http.err")" >&2
		return ;;
	esac
	echo "$_line" | awk -v id="$_id" -v who="$_who" '{
		print id, who, $1 / $2 * 1e6
		print id ".p50", who, $4
		print id ".p90", who, $5
		print id ".p99", who, $6
		print id ".p999", who, $7
		print id ".max", who, $8
	}' >>"$T/samples"
}

# Every who that can do it.
requests_all() {
	_whos="direct limit srt"
	for _p in $peers; do
		# It closes after each answer.
		case $_p:$2 in
		tinyproxy:-k*)	;;
		*)	_whos="$_whos $_p" ;;
		esac
	done
	case $1 in
	get*)	_whos="$_whos inside${reference_worker:+ reference}" ;;
	esac
	for _w in $_whos; do
		request "$_w" "$@"
	done
}

# Sixteen downloads without end beside the requests.
bulk_start() {
	bulk='' _bulk=
	[ "$1" = direct ] ||
	    eval "_bulk=\"-p -x http://127.0.0.1:\$port_$1\""
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		# shellcheck disable=SC2086
		curl -s $_bulk -o /dev/null "http://127.0.0.1:$WEB/bulk" \
		    3>&- &
		bulk="$bulk $!"
	done
}

bulk_stop() {
	# shellcheck disable=SC2086
	kill $bulk 2>/dev/null
	# shellcheck disable=SC2086
	wait $bulk 2>/dev/null
}

requests_bulk() {
	for _b in direct srt squid; do
		case " direct srt$peers " in
		*" $_b "*) ;;
		*)	continue ;;
		esac
		bulk_start "$_b"
		request "$_b" get.bulk '-k -c 16' /1k
		bulk_stop
	done
}

proxy_srt_start() {
	[ -z "${pid_srt:-}" ] || return 0
	proxy_srt && wait_for 20 answers "$port_srt"
}

requests_section() {
	servers_start || { without requests 'nginx does not start'; return; }
	proxy_srt_start || {
		without requests "srt-proxy does not answer: $(cat \
		    "$T/proxyd.err")"
		return
	}
	workers_start || without requests 'srt does not start'
	ms=$(rounds 250 150)
	round=1
	while [ "$round" -le "$(rounds 5 1)" ]; do
		for n in 1 16 256; do
			requests_all "get.kept.$n" "-k -c $n" /1k
			requests_all "post.kept.$n" "-k -c $n -b 10240" /post
			requests_all "get.new.$n" "-c $n" /1k
			requests_all "post.new.$n" "-c $n -b 10240" /post
		done
		requests_bulk
		round=$((round + 1))
	done
	workers_end
}
