# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# For the sections: samples, reasons and the report of them, the servers, and
# commands that stay in a sandbox and are asked there again and again.

WEB=18080
TINY=18081
SQUID=18082
RELAY_WEB=18083
RELAY_STREAM=18084
STREAM=18085
HERE=203.0.113.1	# the workstation's own address: by the loopback

# wants SECTION: was it asked for?
wants() {
	case ,$sections, in
	*",$1,"*)	return 0 ;;
	esac
	return 1
}

# rounds MANY FEW: the latter with -q.
rounds() {
	if [ "$quick" = yes ]; then
		echo "$2"
	else
		echo "$1"
	fi
}

note() {
	echo "measuring: $*" >&2
}

# sample ROW WHO VALUE
sample() {
	echo "$1 $2 $3" >>"$T/samples"
}

# without ROW-OR-SECTION REASON ...: the table says why it is not there.
without() {
	echo "$*" | tr '\n' ' ' >>"$T/why"
	echo >>"$T/why"
}

now_us() {
	echo $(($(date +%s%N) / 1000))
}

# time_them ROUNDS ROW [CPU-ROW] -- NAME COMMAND ... [-- ...]: samples in
# milliseconds.
time_them() {
	_rounds=$1 _row=$2 _cpu=
	shift 2
	[ "$1" = -- ] || { _cpu=$1; shift; }
	shift
	if ! "$SRT_HELPERS/bench_time" -s "$_rounds" "$@" >"$T/times" \
	    2>"$T/times.err" 3>&-; then
		without "$_row" "$(tail -n 1 "$T/times.err")"
		return 1
	fi
	awk -v row="$_row" -v cpu="$_cpu" '
	{ print row, $1, $2 / 1000 }
	cpu != "" { print cpu, $1, $3 / 1000 }' "$T/times" >>"$T/samples"
}

report() {
	touch "$T/samples" "$T/why"
	load=$(echo "$load" | tr , ' ')
	_head="\"format\":1,\"version\":\"$("$SRT" --version)\""
	_head="$_head,\"machine\":\"$(uname -srm)\""
	_head="$_head,\"cpus\":$(getconf _NPROCESSORS_ONLN)"
	_head="$_head,\"load\":\"$load\""
	_head="$_head,\"date\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\""
	_head="$_head,\"quick\":$([ "$quick" = yes ] && echo true || echo false)"
	echo "$("$SRT" --version), $(uname -srm)," \
	    "$(getconf _NPROCESSORS_ONLN) processors," \
	    "load $load"
	awk -v json="$T/json" -v head="$_head" -v sections="$sections" \
	    -f "$E2E/report.awk" "$T/rows" "$T/why" "$T/samples" || exit 1
	cat "$T/json" >&3
}

# --- commands that stay

# What it does with each line; the reference's proxy wants a password.
WORKER='
	case ${http_proxy:-} in
	*@*)	user=${http_proxy#*//}
		BENCH_AUTH=$(printf %s "${user%@*}" | base64 -w 0)
		export BENCH_AUTH ;;
	esac
	while read -r line; do
		eval "$line" </dev/null 2>/dev/null || echo failed
	done'

# worker NAME COMMAND ...: starts a shell by the command, and asks it.
worker() {
	_name=$1
	shift
	mkfifo "$T/$_name.in" "$T/$_name.out"
	"$@" sh -c "$WORKER" \
	    <"$T/$_name.in" >"$T/$_name.out" 2>"$T/$_name.err" 3>&- \
	    4>&- 5>&- 6>&- 7>&- 8>&- &
	eval "pid_worker_$_name=$!"
	case $_name in
	srt)	exec 4>"$T/srt.in" 5<"$T/srt.out" ;;
	*)	exec 6>"$T/$_name.in" 7<"$T/$_name.out" ;;
	esac
	[ "$(ask "$_name" echo there)" = there ]
}

worker_gone() {
	case $(sed 's/.*) //' "/proc/$_pid/stat" 2>/dev/null) in
	''|Z*)	return 0 ;;
	esac
	return 1
}

# ask NAME COMMAND ...: prints the one line that it answers.
ask() {
	_name=$1
	shift
	_answer=
	if [ "$_name" = srt ]; then
		echo "timeout 60 $*" >&4
		read -r _answer <&5
	else
		echo "timeout 60 $*" >&6
		read -r _answer <&7
	fi
	echo "$_answer"
	[ "$_answer" != failed ] && [ -n "$_answer" ]
}

worker_end() {
	if [ "$1" = srt ]; then
		exec 4>&- 5<&-
	else
		exec 6>&- 7<&-
	fi
	# What is behind the shell may take its time.
	eval "_pid=\$pid_worker_$1"
	wait_for 2 worker_gone || kill -KILL "$_pid"
	wait "$_pid" 2>/dev/null
	rm -f "$T/$1.in" "$T/$1.out"
}

# Both sandboxes with the way to our own address and the loopback open.
workers_start() {
	settings net_allow="\"$HERE\", \"127.0.0.1\""
	worker srt "$SRT" -q -s "$T/settings.json" || return 1
	reference_worker=
	[ -n "$ref" ] || return 0
	worker reference node "$ref" -s "$T/settings.json" &&
	    reference_worker=yes
	[ -n "$reference_worker" ] ||
	    echo "The reference does not start: $(cat "$T/reference.err")" >&2
}

workers_end() {
	worker_end srt
	[ -z "$reference_worker" ] || worker_end reference
}

# --- the servers and the proxies

listens() {
	curl -s -o /dev/null "http://127.0.0.1:$1/"
}

web() {
	mkdir -p "$T/web/www"
	head -c 1024 /dev/zero | tr '\0' x >"$T/web/www/1k"
	truncate -s 4G "$T/web/www/bulk"
	cat >"$T/web/conf" <<-EOT
	daemon off;
	worker_processes 1;
	pid $T/web/pid;
	error_log $T/web/error.log crit;
	worker_rlimit_nofile 20000;
	events { worker_connections 10000; }
	http {
		access_log off;
		sendfile on;
		tcp_nodelay on;
		keepalive_requests 1000000000;
		open_file_cache max=100;
		client_body_buffer_size 64k;
		client_body_temp_path $T/web/body;
		proxy_temp_path $T/web/proxy;
		fastcgi_temp_path $T/web/fastcgi;
		uwsgi_temp_path $T/web/uwsgi;
		scgi_temp_path $T/web/scgi;
		server {
			listen 127.0.0.1:$WEB backlog=4096;
			listen $HERE:$WEB backlog=4096;
			root $T/web/www;
			location /post { return 200 "ok"; }
		}
	}
	EOT
	nginx -c "$T/web/conf" -p "$T/web" >"$T/web/log" 2>&1 3>&- &
	wait_for 10 curl -sf -o /dev/null "http://127.0.0.1:$WEB/1k"
}

# srt-proxy alone, as its roles would start it.
proxy_srt() {
	mkfifo "$T/fifo"
	"$SRT_HELPERS/proxyd" "$O/libexec/srt/srt-proxy" 'rules 0' \
	    'allow 127.0.0.1' end 'listen http' 'listen socks' \
	    <"$T/fifo" >"$T/proxyd" 2>"$T/proxyd.err" 3>&- &
	exec 8>"$T/fifo"
	wait_for 10 grep -q '^socks' "$T/proxyd" || return 1
	wait_for 10 grep -q '^ready' "$T/proxyd" || return 1
	port_srt=$(awk '$1 == "http" { print $2 }' "$T/proxyd")
	pid_srt=$(awk '$1 == "ready" { print $2 }' "$T/proxyd")
}

proxy_tinyproxy() {
	cat >"$T/tiny.conf" <<-EOT
	Port $TINY
	Listen 127.0.0.1
	Timeout 600
	LogFile "$T/tiny.log"
	LogLevel Critical
	PidFile "$T/tiny.pid"
	MaxClients 6000
	DisableViaHeader Yes
	EOT
	tinyproxy -d -c "$T/tiny.conf" >/dev/null 2>&1 3>&- &
	pid_tinyproxy=$!
	port_tinyproxy=$TINY
}

proxy_squid() {
	cat >"$T/squid.conf" <<-EOT
	http_port 127.0.0.1:$SQUID
	http_access allow all
	cache deny all
	access_log none
	cache_log $T/squid.log
	cache_store_log none
	pid_filename $T/squid.pid
	coredump_dir $T
	client_db off
	via off
	forwarded_for delete
	shutdown_lifetime 0 seconds
	EOT
	squid -N -f "$T/squid.conf" >/dev/null 2>&1 3>&- &
	pid_squid=$!
	port_squid=$SQUID
}

answers() {
	curl -sf -x "http://127.0.0.1:$1" -o /dev/null \
	    "http://127.0.0.1:$WEB/1k"
}

# Once for all sections that use them.
servers_start() {
	[ -z "${peers+set}" ] || return 0
	peers=
	web || { cat "$T/web/error.log" "$T/web/log" >&2; return 1; }
	"$SRT_HELPERS/bench_stream" serve "$HERE" "$STREAM" 3>&- &
	"$SRT_HELPERS/bench_stream" serve 127.0.0.1 "$STREAM" 3>&- &
	"$SRT_HELPERS/bench_relay" "$RELAY_WEB" "$WEB" 3>&- &
	"$SRT_HELPERS/bench_relay" "$RELAY_STREAM" "$STREAM" 3>&- &
	for who in tinyproxy squid; do
		have "$who" || continue
		if "proxy_$who" && eval "wait_for 20 answers \$port_$who"; then
			peers="$peers $who"
		else
			echo "$who does not answer" >&2
		fi
	done
}
