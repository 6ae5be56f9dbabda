#!/bin/sh
# SPDX-License-Identifier: ISC
#
# network.publishPorts: servers inside the sandbox are reached from the host,
# at the addresses that the settings name and at no other.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"
have curl || skip_all "no curl"

rig

PY="$E2E/publish.py"
CURL="curl -sS --max-time 20"

# port: one that nobody has at the moment.
port() {
	python3 "$PY" port
}

# start COMMAND ...: srt in the background, its number in $run.
start() {
	"$SRT" -s "$T/settings.json" "$@" >"$T/out" 2>"$T/err" </dev/null &
	run=$!
}

stop() {
	kill "$run" 2>/dev/null
	wait "$run"
}

# shellcheck disable=SC2317
listening() {
	python3 "$PY" listening "$1" "$2"
}

# shellcheck disable=SC2317
not_listening() {
	! listening "$1" "$2"
}

# get URL: until something answers, as the server takes its time.
get() {
	wait_for 15 $CURL -f -o /dev/null "$1"
	run $CURL "$1"
}

echo 'hello from inside' >"$W/page"
head -c 3000000 /dev/urandom >"$W/big"

# --- a port, Python's server

p=$(port)
settings net_more="\"publishPorts\": [$p]"
start python3 -m http.server "$p" --bind 127.0.0.1
get "http://127.0.0.1:$p/page"
is "$out" "hello from inside" "python3 -m http.server, from outside"
run $CURL -o "$T/got" "http://127.0.0.1:$p/big"
check "three megabytes" cmp "$W/big" "$T/got"
refuse "not at another address" listening 127.0.0.2 "$p"
run $CURL -o /dev/null -w '%{http_code}' "http://127.0.0.1:$p/page" \
    "http://127.0.0.1:$p/page"
is "$st" 0 "one connection after the other"
stop
check "the port is free when the run is over" wait_for 5 \
    not_listening 127.0.0.1 "$p"

settings
start sh -c "echo up >up; exec python3 -m http.server $p --bind 127.0.0.1"
wait_for 10 test -e "$W/up"
refuse "what is not published is not to be reached" listening 127.0.0.1 "$p"
stop

# --- another port outside, an address, Node's server on IPv6 alone

if have node; then
	p=$(port)
	settings net_more="\"publishPorts\": [\"127.0.0.1:$p:8000\"]"
	start node -e 'require("http").createServer((q, a) =>
	    a.end("node " + q.url)).listen(8000, "::1")'
	get "http://127.0.0.1:$p/x"
	is "$out" "node /x" "node, on ::1 inside, another port outside"
	stop
else
	skip "node" "no node"
fi

p=$(port)
settings net_more="\"publishPorts\": [\"0.0.0.0:$p:8000\", \"[::1]:$p:8000\"]"
start python3 -m http.server 8000
get "http://127.0.0.2:$p/page"
is "$out" "hello from inside" "0.0.0.0, only because it is written so"
get "http://[::1]:$p/page"
is "$out" "hello from inside" "an IPv6 address"
stop

# --- nobody listens inside

p=$(port)
settings net_more="\"publishPorts\": [\"$p:8000\"]"
mkfifo "$W/go"
start sh -c 'read -r x <go; exec python3 -m http.server 8000'
check "the port is there before the server" wait_for 10 \
    listening 127.0.0.1 "$p"
run $CURL "http://127.0.0.1:$p/page"
like "$st:$out" '^(52|56):$' "without one the connection is closed"
echo go >"$W/go"
get "http://127.0.0.1:$p/page"
is "$out" "hello from inside" "a server that starts later"
stop

# --- each direction ends by itself; many at the same time

start python3 "$PY" count 8000
wait_for 15 python3 "$PY" half "$p" 10
run python3 "$PY" half "$p" 2000000
is "$st:$out" "0:2000000 bytes" \
    "the end of what the client sends does not end the answer"
run python3 "$PY" many "$p" 100
is "$st:$out" "0:100 answers" "a hundred connections"
stop

# --- refusals at the start

python3 "$PY" hold "$T/held" 2>/dev/null &
holder=$!
wait_for 10 test -s "$T/held"
p=$(cat "$T/held")
settings net_more="\"publishPorts\": [\"$p:8000\"]"
srt touch "$W/ran"
is "$st" 125 "a port that is taken: the start is refused"
like "$err" "network.publishPorts \"$p:8000\": cannot listen on 127\.0\.0\.1:$p: Address already in use" \
    "and says so"
refuse "nothing ran" test -e "$W/ran"
kill "$holder"
wait "$holder" 2>/dev/null
srt true
is "$st" 0 "once it is free, it starts"

p=$(port)
settings net_more="\"publishPorts\": [\"$p:8000\", \"$p:8001\"]"
srt touch "$W/ran"
like "$st:$err" "^125:.*another entry has that port already" "a port twice"
for inner in 53 1080 3128; do
	settings net_more="\"publishPorts\": [\"$p:$inner\"]"
	srt touch "$W/ran"
	like "$st:$err" '^125:.*publishPorts.*srt' \
	    "srt's own port $inner is not published"
done
for bad in 0 65536 '"0:80"' '"80:0"' '"80:65536"' '"a:80"' '"1.2.3:80:80"' \
    '"::1:80:80"' '"[::g]:80:80"' '"80:80/tcp"' '"-1"' '"+80"' '" 80"' '""' \
    1.5 true; do
	settings net_more="\"publishPorts\": [$bad]"
	srt touch "$W/ran"
	like "$st:$err" '^125:.*network\.publishPorts' "refused: $bad"
done
refuse "nothing ran" test -e "$W/ran"

done_testing
