#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the command can reach, how it is told, and what is reported.

. "$(dirname "$0")/lib.sh"
rig net

CURL="curl -sS --max-time 20 --cacert $CA"
code='%{http_code}\n'
not_listed='host is not on the allow list'

# The line of the report that says this, how often.
report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

# --- allowed and refused

settings
srt $CURL http://allowed.test/
is "$out:$st" "hello from allowed.test:0" "an allowed host answers (http)"
is "$err" "" "nothing is reported when nothing was refused"
srt $CURL https://allowed.test/
is "$out:$st" "hello from allowed.test:0" "an allowed host answers (https)"
srt $CURL http://allowed.test:8080/
is "$out" "hello from allowed.test" "on every port, as the entry names none"
srt $CURL -w "$code" http://allowed.test/status/404
is "$out" "none
404" "the server's own error passes"

srt $CURL -i http://other.test/
like "$out" '^HTTP/1\.1 403 ' "another host is refused with 403 (http)"
like "$out" '^X-Proxy-Error: blocked-by-allowlist' "the answer says by whom"
like "$out" '^Content-Length: ' "the answer has a length"
like "$out" '^Connection blocked by network allowlist$' "and why"
is "$st" 0 "the status is that of curl"
is "$(report "deny network-outbound other.test:80 ($not_listed)")" 1 \
    "the refusal is reported on stderr"
is "$err" "<sandbox_violations>
deny network-outbound other.test:80 ($not_listed)
</sandbox_violations>" "and nothing else is"

srt $CURL https://other.test/
is "$st" 56 "another host is refused (https)"
like "$err" 'response 403' "curl names the refusal"
is "$(report "deny network-outbound other.test:443 ($not_listed)")" 1 \
    "the refusal is reported with its port"
srt $CURL -v https://other.test/
like "$err" "< HTTP/1.1 403 $not_listed" "the reason is in the status line"

srt sh -c "$CURL -o /dev/null http://allowed.test/; $CURL -L http://allowed.test/away"
like "$out" 'blocked by network allowlist' "a redirect leads nowhere else"

srt sh -c "for i in 1 2 3; do $CURL -o /dev/null http://other.test/; done"
is "$(report "deny network-outbound other.test:80 ($not_listed) [x3]")" 1 \
    "equal refusals share a line"

# --- where the report goes

srt -q $CURL -o /dev/null http://other.test/
is "$err" "" "-q: no report"
srt --violations "$T/v.json" -q $CURL -o /dev/null \
    http://other.test/ https://other.test/
is "$(wc -l <"$T/v.json")" 2 "--violations FILE: a line for each"
like "$(head -n 1 "$T/v.json")" \
    '^\{"v":1,"time":"[-0-9]+T[0-9:.]+Z","operation":"network-outbound","target":"other.test:80","reason":"host is not on the allow list",' \
    "--violations FILE: what it holds"
if have python3; then
	check "--violations FILE: every line is JSON" python3 -c '
import json, sys
for line in open(sys.argv[1]):
    v = json.loads(line)
    assert v["v"] == 1 and v["count"] == 1 and v["lost"] == 0, v
' "$T/v.json"
else
	skip "--violations FILE: every line is JSON" "no python3"
fi
"$SRT" -s "$T/settings.json" --violations fd:7 \
    $CURL -o /dev/null http://other.test/ 7>"$T/v7.json" 2>"$T/run.err"
is "$(wc -l <"$T/v7.json")" 1 "--violations fd:N: the line"
is "$(grep -c '^deny ' "$T/run.err")" 1 "--violations: the report as well"
srt --violations "$T/v2.json" cat "$T/v2.json"
srt --violations "$W/v3.json" sh -c 'echo forged >>v3.json'
refuse "the command cannot write the record" grep forged "$W/v3.json"
"$SRT" -s "$T/settings.json" --violations fd:7 -q $CURL -o /dev/null \
    -w "$code" http://other.test/ 7>/dev/full >"$T/run.out" 2>&1
is "$?:$(cat "$T/run.out")" "0:403
srt: the report is not complete: 1 line could not be written" \
    "a full disk does not stop the run, and is told of"

hosts=$(i=0; while [ $i -lt 130 ]; do
	i=$((i + 1)); echo "http://h$i.other.test/"; done)
# shellcheck disable=SC2086
srt $CURL -o /dev/null $hosts
is "$(printf '%s\n' "$err" | grep -c '^deny ')" 100 "the last hundred are kept"
is "$(report 'deny network-outbound h130.other.test:80 ')" 1 "the last one too"
is "$(report '(30 earlier not shown)')" 1 "the others are counted"
settings more='"ignoreViolations": {"curl": ["other.test:80"], "wget": ["x"]}'
srt --violations "$T/ignored" $CURL -o /dev/null http://other.test/
is "$err$(cat "$T/ignored")" "" "ignoreViolations"
srt $CURL -o /dev/null https://other.test/
is "$(report 'deny network-outbound other.test:443 ')" 1 "and no more than it says"
settings

# --- lists and ports

settings net_allow='"*.allowed.test"' net_deny='"secret.allowed.test"' \
    net_more='"deniedDomainReasons": {"secret.allowed.test": "ask the <owner>"}'
srt $CURL http://sub.allowed.test/
is "$out" "hello from sub.allowed.test" "a wildcard matches below"
srt $CURL -w "$code" -o /dev/null http://allowed.test/
is "$out" "403" "a wildcard does not match its base"
srt $CURL -v https://secret.allowed.test/
like "$err" '< HTTP/1.1 403 ask the owner' "the denied list wins, with its reason"
is "$(report 'deny network-outbound secret.allowed.test:443 (ask the owner)')" \
    1 "the reason is in the report"
srt $CURL -w "$code" -o /dev/null http://SECRET.Allowed.Test./
is "$out" "403" "however the name is spelled"

settings net_allow='"allowed.test:443"'
srt $CURL https://allowed.test/
is "$out" "hello from allowed.test" "N20: the port of the entry"
srt $CURL -w "$code" -o /dev/null http://allowed.test/
is "$out" "403" "N20: another port"
is "$(report "deny network-outbound allowed.test:80 ($not_listed)")" 1 \
    "N20: reported"

settings net_allow='"[2001:db8::10]", "v6.test", "203.0.113.10"'
srt $CURL 'http://[2001:db8::10]/'
like "$out" 'hello from' "an IPv6 address"
srt $CURL http://v6.test/
is "$out" "hello from v6.test" "a name with IPv6 alone"
srt $CURL http://203.0.113.10/
is "$out" "hello from 203.0.113.10" "an IPv4 address"
srt $CURL -w "$code" -o /dev/null http://203.0.113.11/
is "$out" "403" "another IPv4 address"
settings net_allow='"both.test"'
srt $CURL http://both.test/
is "$out" "hello from both.test" "a name with both"

# --- names that lead inside

settings net_allow='"internal.test", "own.test", "meta.test", "mapped.test", "mixed.test", "nowhere.test"'
internal() {
	srt $CURL -i "http://$1/"
	like "$out" '^HTTP/1\.1 403 ' "N4: $1 is refused"
	like "$out" "^Connection to $1 blocked: resolved to $2" "N4: $1: $2"
	like "$out" '^X-Proxy-Error: blocked-by-sandbox-runtime' "N4: $1: who"
	unlike "$out" '127\.0\.0\.1|203\.0\.113|169\.254' "N4: $1: no address is told"
	is "$(report "deny network-outbound $1:80 (resolved to $2")" 1 "N4: $1: reported"
}
if have python3; then
	python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$T/etc" \
	    >"$T/http.out" 2>&1 &
	http=$!
	wait_for 10 grep -q 'port [0-9]' "$T/http.out"
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$T/http.out")
	run $CURL -o /dev/null -w "$code" "http://internal.test:$port/"
	is "$out" 200 "N4: outside internal.test leads to this machine"
	srt $CURL -o /dev/null -w "$code" "http://internal.test:$port/"
	is "$out" 403 "N4: inside it leads nowhere"
	kill "$http"
fi
internal internal.test 'a loopback address'
internal mapped.test 'a loopback address'
internal meta.test 'a link-local address'
internal own.test "one of this host's addresses"
srt $CURL http://mixed.test/
is "$out" "hello from mixed.test" "N5: only the address that passed is dialled"
srt $CURL -w "$code" -o /dev/null http://nowhere.test/
is "$out" "502" "a name that does not resolve"
srt $CURL http://nowhere.test/
is "$out" "Bad Gateway: nowhere.test: no such name" "which is said"
srt $CURL -v https://nowhere.test/
like "$err" '< HTTP/1\.1 502 nowhere\.test: no such name' \
    "in the status line, where it is for a tunnel"
settings
srt $CURL -i http://allowed.test:9/
like "$out" '^Bad Gateway: allowed\.test: connection refused$' \
    "a port where nobody listens"
unlike "$out" '203\.0\.113|X-Proxy-Error' "no address is told, and no proxy blamed"
srt $CURL -v https://allowed.test:9/
like "$err" '< HTTP/1\.1 502 allowed\.test: connection refused' "nor by a tunnel"
settings net_allow='"lost.test"'
srt $CURL http://lost.test/
like "$out" '^Bad Gateway: lost\.test: (timed out|unreachable)$' \
    "a host that nobody reaches"
settings
srt --violations "$T/v4.json" $CURL -o /dev/null http://other.test/
like "$(cat "$T/v4.json")" '"cure":"[^,]*allowedDomains[^,]*other\.test:80' \
    "the cure names the port"
settings net_allow='"allowed.test"' \
    net_more='"deniedResolvedAddresses": ["203.0.113.0/24"]'
srt $CURL -i http://allowed.test/
like "$out" 'resolved to a listed address' "deniedResolvedAddresses"

# --- P1 and other ways out

settings net_allow=''
srt $CURL -w "$code" -o /dev/null http://allowed.test/
is "$out" "403" "P1: an empty list allows nothing through the proxy"
settings
srt $CURL --noproxy '*' http://203.0.113.10/
refuse "P1, N25: nothing is reached around the proxy" test "$st" -eq 0
srt env -u http_proxy -u HTTP_PROXY -u ALL_PROXY -u all_proxy \
    $CURL http://allowed.test/
is "$out" "hello from allowed.test" "with the variables gone it is the same"
srt env -u http_proxy -u HTTP_PROXY -u ALL_PROXY -u all_proxy \
    $CURL http://other.test/
refuse "N25: with the same rules" test "$st" -eq 0
srt sh -c 'sed -n "s/^ *\([^ ]*\):.*/\1/p" /proc/net/dev'
is "$out" "lo" "P1: there is no interface but lo"

# --- other clients

srt $CURL --socks5-hostname localhost:1080 http://allowed.test/
is "$out" "hello from allowed.test" "SOCKS5 to an allowed host"
srt $CURL --socks5-hostname localhost:1080 http://other.test/
is "$st" 97 "SOCKS5 to another host"
is "$(report "deny network-outbound other.test:80 ($not_listed)")" 1 \
    "SOCKS5: reported"

# Who looks the name up first asks for what srt's resolver has said.
for v in -4 -6; do
	srt $CURL $v --socks5 localhost:1080 http://allowed.test:8080/
	is "$out" "hello from allowed.test" "SOCKS5 by an address of srt's ($v)"
	srt $CURL $v --socks5 localhost:1080 --connect-to \
	    other.test:443:allowed.test:443 https://other.test/
	is "$(report 'deny network-outbound allowed.test:443 (TLS server name is other.test)')" \
	    1 "N6: SOCKS5 by an address of srt's ($v): another name in TLS is cut"
done
by_addr='a=$(getent ahostsv4 "$1" | head -n 1 | cut -d " " -f 1); shift
    "$@" "http://$a/"'
srt sh -c "$by_addr" sh allowed.test $CURL
is "$out" "hello from allowed.test" "by HTTP, with the name in the request"
srt sh -c "$by_addr" sh allowed.test $CURL -p
like "$out" "^hello from 198\." "by CONNECT"
settings net_allow='"allowed.test:443"'
srt sh -c "$by_addr" sh allowed.test $CURL -o /dev/null -w "$code"
is "$out" 403 "what the rules have of the name counts"
is "$(report "deny network-outbound allowed.test:80 ($not_listed)")" 1 \
    "and the name is in the report"
gone='the address stands for no name any more'
srt --violations "$T/v5.json" $CURL -o /dev/null -w "$code" \
    http://198.18.200.200/
is "$out" 403 "an address that stands for no name"
is "$(report "deny network-outbound 198.18.200.200:80 ($gone)")" 1 "which is said"
like "$(cat "$T/v5.json")" '"cure":(""|null)' "and no entry for it is advised"
settings net_deny='"198.18.0.0/15"'
srt $CURL -v -p http://198.18.200.200/
like "$err" '403 host is on the deny list' "unless it is denied as such"
settings

srt env | sort >/dev/null
if have python3; then
	cat >"$W/socks.py" <<'EOT'
import socket
names = [b"allowed.test", b"sub.allowed.test",
    b"evil.test\0.allowed.test", b"evil.test\n.allowed.test",
    b"evil.test%00.allowed.test", b"evil.test .allowed.test",
    b"evil.test#.allowed.test", b"x@allowed.test", b"evil.test/.allowed.test",
    b"\x1b]0;x\x07.allowed.test", b"1.2.3.4%x.allowed.test",
    b"::ffff:1.2.3.4%.allowed.test", b"a..allowed.test", b"", b"x" * 255]
for name in names:
    s = socket.create_connection(("127.0.0.1", 1080))
    s.sendall(b"\5\1\0")
    assert s.recv(2) == b"\5\0"
    s.sendall(b"\5\1\0\3" + bytes([len(name)]) + name + b"\0\120")
    r = s.recv(10)
    print("refused" if len(r) != 10 or r[1] != 0 else
          "let through " + ascii(name))
EOT
	settings net_allow='"*.allowed.test", "allowed.test"'
	srt python3 socks.py
	is "$(printf '%s\n' "$out" | grep through)" "let through b'allowed.test'
let through b'sub.allowed.test'" "N1, N2: a name without tricks"
	is "$(printf '%s\n' "$out" | grep -c refused)" 13 \
	    "N1, N2: no trick with a name"
	is "$(tr -d '\n' <"$T/run.err" | tr -d '\40-\176' | wc -c)" 0 \
	    "K21: the report holds nothing that a terminal acts on"
	settings
fi

unlike "$(srt env; echo "$out")" '@(localhost|127)' "N16: no credential in the variables"
srt sh -c 'echo "$NO_PROXY $no_proxy"'
is "$out" "localhost,127.0.0.1,::1 localhost,127.0.0.1,::1" \
    "NO_PROXY holds what is local"
srt sh -c 'echo "$http_proxy $HTTPS_PROXY $FTP_PROXY $SANDBOX_RUNTIME"'
is "$out" "http://localhost:3128 http://localhost:3128 socks5h://localhost:1080 1" \
    "the variables of the reference"

srt $CURL -o "$W/got" https://allowed.test/big
check "five megabytes down" cmp "$W/got" "$T/nginx/www/big"
srt $CURL -T "$W/got" -w "$code" http://allowed.test/put/up
check "five megabytes up" cmp "$W/got" "$T/nginx/put/up"
srt $CURL -T - -H 'Transfer-Encoding: chunked' -w "$code" \
    http://allowed.test/put/chunked <"$W/got"
srt sh -c "$CURL -T - http://allowed.test/put/chunked <$W/got"
check "the same in chunks" cmp "$W/got" "$T/nginx/put/chunked"
srt $CURL -H 'X-A: b' -H 'Proxy-Connection: x' -H 'Connection: x-a' \
    http://allowed.test/headers
is "$out" "GET|allowed.test||||" "what is hop-by-hop does not travel"
srt $CURL -H 'Host: other.test' http://allowed.test/headers
is "$out" "GET|allowed.test||||" "N8: one name for decision and request"
srt $CURL -I http://allowed.test/big
like "$out" 'Content-Length: 5000000' "HEAD"
srt $CURL http://allowed.test/ http://allowed.test/ https://allowed.test/
is "$out" "hello from allowed.test
hello from allowed.test
hello from allowed.test" "several requests in one connection"

if have wget; then
	srt wget -q -O - --ca-certificate="$CA" https://allowed.test/
	is "$out" "hello from allowed.test" "wget (https)"
	srt wget -q -O - http://other.test/
	is "$st" 8 "wget is refused"
else
	skip "wget" "no wget"
fi

if have python3; then
	py='import sys, urllib.request as r
try:
    sys.stdout.write(r.urlopen(sys.argv[1], timeout=20).read().decode())
except Exception as e:
    print(e)'
	srt env SSL_CERT_FILE="$CA" python3 -c "$py" https://allowed.test/
	is "$out" "hello from allowed.test" "python's urllib (https)"
	srt python3 -c "$py" http://other.test/
	like "$out" '403' "python's urllib is refused"
else
	skip "python" "no python3"
fi

if have node; then
	cat >"$W/get.js" <<'EOT'
const http = require('http');
const proxy = new URL(process.env.http_proxy);
http.get({ host: proxy.hostname, port: proxy.port, path: process.argv[2],
    headers: { Host: new URL(process.argv[2]).host } }, (res) => {
	console.log(res.statusCode);
	res.pipe(process.stdout);
}).on('error', (e) => { console.log(e.message); process.exit(1); });
EOT
	srt node "$W/get.js" http://allowed.test/
	is "$out" "200
hello from allowed.test" "node through the variables"
	srt node "$W/get.js" http://other.test/
	like "$out" '^403' "node is refused"
else
	skip "node" "no node"
fi

# --- at the same time

settings
(srt $CURL http://allowed.test/; is "$out" "hello from allowed.test" x
 exit "$tap_failed") >/dev/null &
one=$!
T2=$T/two
mkdir "$T2"
cp "$T/settings.json" "$T2/"
(T=$T2; srt $CURL http://allowed.test/; is "$out" "hello from allowed.test" x
 exit "$tap_failed") >/dev/null &
two=$!
wait "$one" && wait "$two"
is "$?" 0 "two runs at the same time"

srt sh -c "for i in 1 2 3 4 5 6 7 8; do
	$CURL -o $W/p\$i http://allowed.test/big & done; wait"
n=0
for i in 1 2 3 4 5 6 7 8; do
	cmp -s "$W/p$i" "$T/nginx/www/big" && n=$((n + 1))
done
is "$n" 8 "eight downloads at the same time"

done_testing
