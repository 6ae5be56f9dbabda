#!/bin/sh
# SPDX-License-Identifier: ISC
#
# srt-proxy on ports that others can connect to: what srt sets up, and puts
# into the command's environment, where the command has no network of its own.

. "$(dirname "$0")/../e2e/lib.sh"
for tool in nginx curl mkfifo; do
	have "$tool" || skip_all "no $tool"
done
rig

mkdir "$T/www"
echo hello >"$T/www/hello"
cat >"$T/nginx.conf" <<EOT
daemon off;
worker_processes 1;
pid $T/nginx.pid;
error_log $T/error.log;
events { worker_connections 512; }
http {
	log_format whole '\$request|\$http_proxy_authorization|'
	    '\$http_authorization';
	access_log $T/access.log whole;
	client_body_temp_path $T/tmp1;
	proxy_temp_path $T/tmp2;
	fastcgi_temp_path $T/tmp3;
	uwsgi_temp_path $T/tmp4;
	scgi_temp_path $T/tmp5;
	server {
		listen 127.0.0.1:8080;
		root $T/www;
	}
}
EOT
nginx -p "$T" -c "$T/nginx.conf" >"$T/nginx.out" 2>&1 &
nginx=$!
wait_for 10 curl -sf -o /dev/null http://127.0.0.1:8080/hello || {
	diag "$(cat "$T/nginx.out" "$T/error.log")"
	exit 1
}

# start NAME: a proxy; its environment goes to env.NAME.
start() {
	mkfifo "$T/cmd.$1"
	"${SRT_HELPERS:-$O/regress}/proxyd" -d "$O/libexec/srt/srt-proxy" \
	    "front $T/env.$1" 'rules 0' 'allow localhost:8080' \
	    'allow 127.0.0.1:8080' 'allow 127.0.0.1:8022' end \
	    <"$T/cmd.$1" >"$T/proxyd.$1" 2>&1 &
	eval "proxyd_$1=$!"
}
start a
exec 8>"$T/cmd.a"
start b
exec 9>"$T/cmd.b"
wait_for 10 grep -q '^ready' "$T/proxyd.a" || exit 1
wait_for 10 grep -q '^ready' "$T/proxyd.b" || exit 1

# value NAME [PROXY]: of a variable that the command has.
value() {
	# shellcheck disable=SC2016 # it is for the shell that is started
	env -i sh -c '. "$0"; eval "echo \"\$$1\""' "$T/env.${2:-a}" "$1"
}

# with COMMAND ...: in the command's environment, and nothing of ours.
with() {
	# shellcheck disable=SC2016
	run timeout 20 env -i PATH="$PATH" sh -c '. "$0"; exec "$@"' \
	    "$T/env.a" "$@" 7>&- 8>&- 9>&-
}

token=$(value CLOUDSDK_PROXY_PASSWORD)
port=$(value CLOUDSDK_PROXY_PORT)
like "$token" '^[0-9a-f]{32}$' "a token"
is "$(value HTTPS_PROXY)" "http://srt:$token@localhost:$port" "the URL"
[ "$token" != "$(value CLOUDSDK_PROXY_PASSWORD b)" ]
is "$?" 0 "another run has another token"

hello=http://localhost:8080/hello
with curl -sS --noproxy "" "$hello"
is "$out:$st" "hello:0" "curl: a plain request"
with curl -sS --noproxy "" --proxytunnel "$hello"
is "$out:$st" "hello:0" "curl: a tunnel"
socks=$(value FTP_PROXY)
with curl -sS --noproxy "" -x "$socks" "$hello"
is "$out:$st" "hello:0" "curl: SOCKS"
like "$(tail -n 1 "$T/access.log")" '^GET /hello HTTP/1[.]1[|]-[|]-$' \
    "the server is not told"

# Who does not know it, or knows that of another run.
other=$(value CLOUDSDK_PROXY_PASSWORD b)
# nginx writes its line when the answer has gone.
wait_for 10 sh -c 'test "$(wc -l <"$1")" -ge 4' - "$T/access.log"
: >"$T/access.log"
for who in "" "srt@" "srt:@" "srt:$other@" "$token@" "srt:${token}0@"; do
	run curl -sS --noproxy "" -o /dev/null -w '%{http_code}' \
	    -x "http://${who}localhost:$port" "$hello"
	is "$out" 407 "as \"$who\": a plain request"
	run curl -sS --noproxy "" --proxytunnel -o /dev/null \
	    -w '%{http_connect}' -x "http://${who}localhost:$port" "$hello"
	is "$out:$st" "407:56" "as \"$who\": a tunnel"
	run curl -sS --noproxy "" -x "socks5h://${who}${socks##*@}" "$hello"
	is "$out:$st" ":97" "as \"$who\": SOCKS"
done
is "$(cat "$T/access.log")" "" "the server was not reached"

# Every user's to connect to, nobody else's.
is "$(awk '$4 == "0A" { print $2 }' /proc/net/tcp |
    grep -c "^0100007F:$(printf %04X "$port")\$")" 1 \
    "the port is one of 127.0.0.1"

# What ssh is to go through; by /usr/bin/nc, as macOS has it.
if [ -x /usr/bin/nc ]; then
	# shellcheck disable=SC2016 # it is for the shell that ssh starts
	script='eval "$SRT_SSH_PROXY_COMMAND"'
	printf 'GET /hello HTTP/1.0\r\n\r\n' >"$T/request"
	with sh -c "$script <$T/request" sh 127.0.0.1 8080
	is "$(printf '%s' "$out" | tail -n 1)" hello "the script for ssh"
	with sh -c "$script <$T/request" sh localhost 8080
	is "$(printf '%s' "$out" | tail -n 1)" hello "by name"
	# Its input stays open: it has to end all the same.
	mkfifo "$T/open"
	exec 7<>"$T/open"
	with sh -c "$script <$T/open" sh other.test 22
	is "$out:$(echo "$err" | head -n 1)" \
	    ":sandbox proxy: other.test:22: 403 host is not on the allow list" \
	    "what is refused it says"
	[ "$st" -ne 124 ]
	is "$?" 0 "and ends"
	exec 7>&-
	# shellcheck disable=SC2016
	for host in "" "a b" 'a$(id)' 'a;id' "a/b" "[::1]"; do
		with sh -c "$script" sh "$host" 22
		is "$err" "sandbox proxy: a strange host" "host \"$host\""
	done
	for at in "" "22x" "-1" "2 2"; do
		with sh -c "$script" sh localhost "$at"
		is "$err" "sandbox proxy: a strange port" "port \"$at\""
	done
else
	skip "the script for ssh" "no /usr/bin/nc"
fi

if [ -x /usr/bin/nc ] && have ssh && nc -h 2>&1 | grep -q 'N.*EOF'; then
	# What follows is no message: ssh ends.
	{ echo SSH-2.0-nobody; printf '%064d' 0; } | timeout 20 nc -N -l 127.0.0.1 8022 >"$T/banner" &
	nc=$!
	wait_for 10 grep -q ':1F56 ' /proc/net/tcp
	# As git calls it: what it says goes to the shell.
	# shellcheck disable=SC2016
	with sh -c 'eval "$GIT_SSH_COMMAND -p 8022 127.0.0.1 true"'
	wait "$nc"
	like "$(head -n 1 "$T/banner")" '^SSH-2.0-' "ssh gets through"
else
	skip "ssh gets through" "no ssh, or no nc with -N"
fi

# Where nobody but the command is to find it.
cat "$T/proxyd.a" "$T/proxyd.b" "$T/error.log" "$T/nginx.out" >"$T/logs"
run grep -e "$token" -e "$other" "$T/logs"
is "$out:$st" ":1" "no log has it"
tr '\0' '\n' <"/proc/$(sed -n 's/^ready //p' "$T/proxyd.a")/cmdline" >"$T/args"
run grep -e "$token" "$T/args"
is "$out:$st" ":1" "nor the arguments of srt-proxy"
like "$(cat "$T/proxyd.a")" 'log .* without the token' "strangers are noted"

exec 8>&- 9>&-
# shellcheck disable=SC2154 # start() sets them
wait "$proxyd_a"
is "$(tail -n 1 "$T/proxyd.a")" "gone 0" "the proxy ends with its parent"
kill "$nginx"
wait
done_testing
