#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# The ways out: parentProxy, mitmProxy, httpProxyPort and socksProxyPort, with
# real proxies.

. "$(dirname "$0")/lib.sh"

# tinyproxy at 203.0.113.11, squid at 203.0.113.12, in the internet.
rig_more() {
	have tinyproxy && have squid && have python3 || return 0
	mkdir -p "$T/tiny" "$T/squid"
	cat >"$T/tiny/conf" <<EOT
Port 8888
Listen 203.0.113.11
Timeout 60
LogFile "$T/tiny/log"
LogLevel Connect
MaxClients 50
BasicAuth us.er p-ss_w
EOT
	# What only the proxy can look up.
	echo "203.0.113.10 only.test allowed.test" >"$T/squid/hosts"
	cat >"$T/squid/conf" <<EOT
http_port 203.0.113.12:3128
https_port 203.0.113.12:3129 tls-cert=$T/etc/proxy.pem tls-key=$T/etc/key.pem
hosts_file $T/squid/hosts
dns_nameservers 203.0.113.12
dns_timeout 1 seconds
access_log stdio:$T/squid/access.log
cache_log $T/squid/cache.log
pid_filename $T/squid/pid
coredump_dir $T/squid
cache deny all
acl nowhere dstdomain refused.test
http_access deny nowhere
http_access allow all
shutdown_lifetime 1 seconds
pinger_enable off
EOT
	printf 'subjectAltName=DNS:proxy.test,IP:203.0.113.12,IP:127.0.0.1\n' \
	    >"$T/etc/proxysan"
	openssl x509 -req -in "$T/etc/req.pem" -CA "$T/etc/ca.pem" \
	    -CAkey "$T/etc/ca.key" -CAcreateserial -days 2 \
	    -extfile "$T/etc/proxysan" -out "$T/etc/proxy.pem" \
	    >"$T/etc/proxy.log" 2>&1 || return 1
	printf '203.0.113.12 proxy.test wrongname.test\n' >>"$T/etc/hosts"
	printf '203.0.113.11 tiny.test\n' >>"$T/etc/hosts"
	rig_internet_user tinyproxy -d -c "$T/tiny/conf" \
	    >"$T/tiny/out" 2>&1 &
	rig_internet_user squid -N -f "$T/squid/conf" \
	    >"$T/squid/out" 2>&1 &
	if ! wait_for 15 curl -s -o /dev/null http://203.0.113.11:8888/ ||
	    ! wait_for 15 curl -s -o /dev/null http://203.0.113.12:3128/; then
		diag "no proxy: $(cat "$T/tiny/out" "$T/squid/out")"
		return 1
	fi
}

rig net
for tool in tinyproxy squid python3; do
	have "$tool" || skip_all "no $tool"
done

CURL="curl -sS --max-time 20 --cacert $CA"
# Without the variables that name srt's proxy.
UP='http://us%2Eer:p%2Dss_w@tiny.test:8888'

# As a program that knows no proxy.
bare() {
	srt $CURL --noproxy '*' "$@"
}

parent() {
	net_more="\"parentProxy\": {$1}"
	shift
	settings "net_more=$net_more" "$@"
}

seen() {
	grep -c "$1" "$2" 2>/dev/null
}

tiny() {
	seen 'Request (file' "$T/tiny/log"
}

# --- parentProxy, by HTTP

parent "\"http\": \"$UP\""
n=$(tiny)
srt $CURL http://allowed.test/
is "$out:$st:$err" "hello from allowed.test:0:" "plain HTTP through tinyproxy"
like "$(cat "$T/tiny/log")" 'GET http://allowed\.test/ HTTP/1\.1' \
    "in absolute form"
srt $CURL https://allowed.test/
is "$out:$st:$err" "hello from allowed.test:0:" \
    "a tunnel, through the same where there is no other"
like "$(cat "$T/tiny/log")" 'CONNECT allowed\.test:443 HTTP/1\.1' "by CONNECT"
is "$(($(tiny) - n))" 2 "each was asked for once"
bare https://allowed.test/
is "$out" "hello from allowed.test" "without srt's proxy"
srt $CURL --proxy socks5h://127.0.0.1:1080 --noproxy '' https://allowed.test/
is "$out" "hello from allowed.test" "by SOCKS"
is "$(($(tiny) - n))" 4 "these went there, too"
srt $CURL -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}\n' \
    http://allowed.test/ http://allowed.test/status/404 http://allowed.test/
is "$(printf '%s' "$out" | tr '\n' ' ')" "1 0 0" "kept alive for the client"
srt $CURL http://allowed.test/headers -H 'X-A: b' \
    -H 'Proxy-Authorization: Basic c3J0'
like "$out" '^GET\|allowed\.test\|b\|\|\|$' "no password gets further"
srt $CURL -T "$T/nginx/www/big" http://allowed.test/put/up
is "$st" 0 "a body goes up"
check "as it was" cmp "$T/nginx/www/big" "$T/nginx/put/up"
srt $CURL -o "$W/down" http://allowed.test/big
check "another comes down" cmp "$T/nginx/www/big" "$W/down"
n=$(tiny)
srt $CURL -o /dev/null -w '%{http_code}' http://other.test/
is "$out:$(($(tiny) - n))" "403:0" "what is not allowed asks no proxy"
unlike "$(tr '\0' '\n' </proc/$$/environ; cat "$T/run.err")" 'p(-|%2D)ss_w' \
    "the password is told nobody"

parent '"http": "http://us%2Eer:wrong@tiny.test:8888"'
srt $CURL -v https://allowed.test/
like "$err" '< HTTP/1\.1 502 the parent proxy answered 401 Unauthorized' \
    "a wrong password"
parent '"http": "http://tiny.test:8888"'
srt $CURL -v https://allowed.test/
like "$err" '< HTTP/1\.1 502 the parent proxy answered 407 ' \
    "no password: CONNECT says so"
srt $CURL -i http://allowed.test/
like "$out" '^HTTP/1\.1 502 ' "plain HTTP gets no 407 that it cannot answer"
like "$out" '^Bad Gateway: the proxy on the way answered 407' "but the reason"
bare http://allowed.test/
like "$st" '^(7|56)$' "without srt's proxy there is no connection"

# --- noProxy, http and https apart

parent "\"http\": \"$UP\", \"noProxy\": \"x.test, .ALLOWED.test:99,10.0.0.0/8\"" \
    'net_allow="allowed.test", "203.0.113.10"'
n=$(tiny)
srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:0" "noProxy: directly"
srt $CURL http://203.0.113.10/
is "$out:$(($(tiny) - n))" "hello from 203.0.113.10:1" "no other is"
parent "\"https\": \"$UP\""
n=$(tiny)
srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:0" \
    "https alone: plain HTTP is direct"
srt $CURL https://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:1" "tunnels are not"

# --- the environment

parent ''
n=$(tiny)
HTTP_PROXY=$UP HTTPS_PROXY=$UP srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:0" \
    "N22, D19: the environment is not asked"
parent '"fromEnvironment": true'
http_proxy=$UP srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:1" \
    "but with fromEnvironment"
HTTPS_PROXY=${UP#http://} srt $CURL https://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:2" "without a scheme"
HTTP_PROXY=$UP NO_PROXY='*' srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "hello from allowed.test:2" "NO_PROXY"
HTTP_PROXY=socks5://127.0.0.1:1 srt $CURL http://allowed.test/
is "$out" "hello from allowed.test" "one that is none of http is not used"
is "$(printf '%s\n' "$err" | grep -c 'directly')" 1 "which is said once"
like "$err" 'network\.parentProxy\.fromEnvironment: HTTP_PROXY: its scheme is neither http nor https; it is not used: srt connects directly for plain HTTP$' \
    "with the key, the variable and what follows"
srt $CURL http://allowed.test/
is "$out" "hello from allowed.test" "no variable at all is direct"
like "$err" 'network\.parentProxy\.fromEnvironment: neither HTTP_PROXY nor HTTPS_PROXY is set; srt connects directly$' \
    "which is said"
HTTPS_PROXY=$UP srt true
unlike "$err" 'directly' "one of the two is enough"
settings net_more='"parentProxy": {}'
srt $CURL http://allowed.test/
is "$out" "hello from allowed.test" "so is a parentProxy that names none"
like "$err" 'network\.parentProxy: it names no proxy; srt connects directly$' \
    "and it is said"

# --- names are the parent's to look up, rules are srt's

settings 'net_allow="allowed.test", "internal.test", "only.test", "refused.test"'
srt $CURL -o /dev/null -w '%{http_code}' http://internal.test/
is "$out" 403 "a name of this machine is refused"
parent '"http": "http://203.0.113.12:3128"' \
    'net_allow="allowed.test", "internal.test", "only.test", "refused.test"'
srt $CURL http://only.test/
is "$out" "hello from only.test" "squid knows a name that srt does not"
srt $CURL -o /dev/null http://internal.test/
like "$(cat "$T/squid/access.log")" ' http://internal\.test/ ' "where a name leads is the parent's to say"
unlike "$err" 'deny ' "and no refusal of srt's"
srt $CURL -o /dev/null -w '%{http_code}' http://refused.test/
is "$out" 403 "the parent's own 403"
srt $CURL -v https://refused.test/
like "$err" '< HTTP/1\.1 502 the parent proxy answered 403 Forbidden' \
    "is a 502 where it was for a tunnel"
parent '"http": "http://203.0.113.12:3128"' 'net_allow="only.test"' \
    'net_deny="only.test"'
srt $CURL -o /dev/null -w '%{http_code}' http://only.test/
is "$out" 403 "the deny list holds all the same"

# --- parentProxy, by HTTPS

parent '"https": "https://proxy.test:3129", "http": "https://203.0.113.12:3129"'
SSL_CERT_FILE=$CA srt $CURL https://allowed.test/
is "$out:$st:$err" "hello from allowed.test:0:" "a tunnel within TLS (squid)"
SSL_CERT_FILE=$CA srt $CURL http://allowed.test/
is "$out:$st:$err" "hello from allowed.test:0:" \
    "plain HTTP within TLS, to an address"
SSL_CERT_FILE=$CA srt $CURL -T "$T/nginx/www/big" https://allowed.test/put/up2
check "a body goes up" cmp "$T/nginx/www/big" "$T/nginx/put/up2"
SSL_CERT_FILE=$CA srt $CURL -o "$W/down2" https://allowed.test/big
check "another comes down" cmp "$T/nginx/www/big" "$W/down2"
SSL_CERT_FILE=$CA srt sh -c "for i in 1 2 3 4 5 6 7 8; do
	$CURL --noproxy '*' -o down.\$i https://allowed.test/big & done; wait"
for i in 1 2 3 4 5 6 7 8; do
	cmp -s "$T/nginx/www/big" "$W/down.$i" || echo "$i"
done >"$T/differ"
is "$(cat "$T/differ")" "" "eight at once"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
	srt $CURL -v https://allowed.test/
	like "$err" '< HTTP/1\.1 502 TLS with the parent proxy: its certificate is not trusted' \
	    "the system's authorities do not know it"
else
	skip "the system's authorities" "there are none"
fi
parent '"http": "https://wrongname.test:3129"'
SSL_CERT_FILE=$CA srt $CURL -v https://allowed.test/
like "$err" '502 TLS with the parent proxy: .*(hostname|host name) mismatch' \
    "it must have the name"
parent '"http": "https://203.0.113.10:80"'
SSL_CERT_FILE=$CA srt $CURL -v https://allowed.test/
like "$err" '502 TLS with the parent proxy: ' "it must speak TLS"
SSL_CERT_FILE=$T/none srt true
is "$st" 125 "no file, no start"
like "$err" 'SSL_CERT_FILE .*/none: No such file' "which is said"
SSL_CERT_FILE=$T/etc/hosts srt sh -c 'sleep 5'
is "$st" 125 "nor without a certificate in it"
like "$err" 'holds no certificate to trust' "which is said"

# With few descriptors: more tunnels are given up than can be kept.
cat >"$W/tunnels.py" <<'EOT'
import socket, sys
PROXY = ("127.0.0.1", 3128)
other = socket.create_connection(PROXY, 20)
answers, conns = set(), []
for i in range(300):
    s = socket.create_connection(PROXY, 20)
    s.sendall(b"CONNECT allowed.test:443 HTTP/1.1\r\n\r\n")
    if sys.argv[1] == "answered":
        answers.add(s.recv(4096).split(b"\r\n")[0].decode())
    for turn in 1, 2, 3:    # of its loop, with something it can answer
        other.sendall(b"GET https://allowed.test/ HTTP/1.1\r\nHost: x\r\n\r\n")
        other.recv(4096)
    conns.append(s)
    if len(conns) > 20:
        s = conns.pop(0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     b"\1\0\0\0" + bytes(4))
        s.close()
print(len(answers - {"HTTP/1.1 200 Connection Established",
                     "HTTP/1.1 502 TLS with the parent proxy: "
                     "too many connections"}))
EOT
# few WHAT ARG ...: under srt, with that parent.
few() {
	_what=$1
	shift
	rm -f "$T/port"
	python3 "$E2E/routes.py" "$_what" "$T/port" "$@" >"$T/few.out" 2>&1 &
	few=$!
	wait_for 10 test -s "$T/port"
	parent "\"https\": \"https://127.0.0.1:$(cat "$T/port")\""
}
few silent
SSL_CERT_FILE=$CA run prlimit --nofile=200:200 "$SRT" \
    -s "$T/settings.json" python3 tunnels.py unanswered
is "$out:$st:$err" "0:0:" "N24: 300 tunnels, given up before TLS is spoken"
check "N24: most of which had come to the parent" \
    test "$(seen open "$T/few.out")" -gt 200
kill "$few"
wait "$few" 2>/dev/null
few patient "$T/etc/proxy.pem" "$T/etc/key.pem"
SSL_CERT_FILE=$CA run prlimit --nofile=200:200 "$SRT" \
    -s "$T/settings.json" python3 tunnels.py answered
is "$out:$st:$err" "0:0:" "N24: 300 tunnels, given up later"
kill "$few"
wait "$few" 2>/dev/null

# --- parents that are broken

broken() {
	rm -f "$T/port"
	python3 "$E2E/routes.py" bad "$T/port" "$1" >"$T/bad.out" &
	bad=$!
	wait_for 10 test -s "$T/port"
	parent "\"http\": \"http://127.0.0.1:$(cat "$T/port")\""
	srt $CURL -v https://allowed.test/
	like "$err" "< HTTP/1\\.1 502 $2" "$1: $2"
	kill "$bad"
	wait "$bad" 2>/dev/null
}
broken garbage 'the parent proxy sent a malformed answer'
broken http2 'the parent proxy sent a malformed answer'
broken huge 'the parent proxy sent an answer of more than 16384 bytes'
broken closed 'the parent proxy closed the connection'
broken refused 'the parent proxy answered 403 no such way'
srt $CURL -v https://allowed.test/
like "$err" '< HTTP/1\.1 502 the parent proxy cannot be reached: connection refused' \
    "nobody there"
parent '"http": "http://nowhere.invalid:80"'
srt $CURL -i http://allowed.test/
like "$out" '^Bad Gateway: the parent proxy cannot be reached: its name is not known' \
    "no such name"
rm -f "$T/port"
python3 "$E2E/routes.py" bad "$T/port" early >"$T/bad.out" &
bad=$!
wait_for 10 test -s "$T/port"
parent "\"http\": \"http://127.0.0.1:$(cat "$T/port")\""
srt python3 -c '
import socket
s = socket.create_connection(("allowed.test", 22))
print(s.makefile().readline().strip())'
is "$out" "first words of the server" "what comes with the answer is not lost"
kill "$bad"
for url in ftp://a.test:1 http://:80 http://a.test:99999 \
    http://u%zz@a.test; do
	parent "\"http\": \"$url\""
	srt true
	is "$st" 125 "no proxy: $url"
done

# --- mitmProxy

python3 "$E2E/routes.py" mitm "$T/mitm.sock" >"$T/mitm.out" 2>&1 &
mitm=$!
wait_for 10 test -S "$T/mitm.sock"
mitm_for() {
	echo "\"mitmProxy\": {\"socketPath\": \"$T/mitm.sock\",
	    \"domains\": [$1]}"
}
settings "net_more=$(mitm_for '"allowed.test"')" \
    'net_allow="allowed.test", "other.test"'
srt $CURL http://allowed.test/a?b
is "$out:$err" "seen http://allowed.test/a?b:" "mitmProxy: plain HTTP"
srt $CURL https://allowed.test/
is "$out:$err" "hello from allowed.test:" "a tunnel"
bare https://allowed.test/
is "$out" "hello from allowed.test" "a program that knows no proxy"
srt $CURL --proxy socks5h://127.0.0.1:1080 --noproxy '' https://allowed.test/
is "$out" "hello from allowed.test" "SOCKS"
is "$(seen '^CONNECT allowed.test:443 HTTP/1.1' "$T/mitm.out")" 3 \
    "all of them"
srt $CURL http://other.test/
is "$out" "hello from other.test" "not what it does not list"
settings "net_more=$(mitm_for '"allowed.test"')" 'net_allow="other.test"'
srt $CURL -o /dev/null -w '%{http_code}' http://allowed.test/
is "$out" 403 "to be listed there allows nothing"
settings "net_more=$(mitm_for '"allowed.test"'), \"parentProxy\": {\"http\": \"$UP\"}"
n=$(tiny)
srt $CURL http://allowed.test/
is "$out:$(($(tiny) - n))" "seen http://allowed.test/:0" \
    "it comes before the parent proxy"

# Live: by the control channel.
settings
printf '#!/bin/sh\nn=0\nwhile [ $n -lt 200 ]; do\n\tout=$(%s)\n' \
    "$CURL http://allowed.test/" >"$W/until.sh"
printf '\techo "$out"\n\tcase $out in seen*) exit 0 ;; esac\n' >>"$W/until.sh"
printf '\tsleep 0.05\n\tn=$((n + 1))\ndone\nexit 1\n' >>"$W/until.sh"
settings "net_more=$(mitm_for '"allowed.test"')"
tr -d '\n' <"$T/settings.json" >"$T/line"
settings
run "$SRT" -s "$T/settings.json" --control-fd 6 sh until.sh 6<"$T/line"
is "$st" 0 "the control channel can name it"

kill "$mitm"
wait "$mitm" 2>/dev/null
settings "net_more=$(mitm_for '"allowed.test"')"
srt $CURL -v https://allowed.test/
like "$err" '< HTTP/1\.1 502 network\.mitmProxy cannot be reached: Connection refused' \
    "it never falls back"
srt $CURL -i http://allowed.test/
like "$out" '^Bad Gateway: network\.mitmProxy cannot be reached' \
    "nor for plain HTTP"
rm -f "$T/mitm.sock"
srt $CURL -v https://allowed.test/
like "$err" '502 network\.mitmProxy cannot be reached: No such file' \
    "nor without a socket"

# --- httpProxyPort, socksProxyPort

port=$(python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
cat >"$T/tiny/local" <<EOT
Port $port
Listen 127.0.0.1
Timeout 60
LogFile "$T/tiny/local.log"
LogLevel Connect
EOT
tinyproxy -d -c "$T/tiny/local" >"$T/tiny/local.out" 2>&1 &
local=$!
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/"
settings "net_more=\"httpProxyPort\": $port" net_allow= \
    'net_deny="203.0.113.11", "*.allowed.test"'
srt $CURL http://allowed.test/
is "$out:$st" "hello from allowed.test:0" "httpProxyPort: it decides, not srt"
like "$err" "network\\.httpProxyPort: the proxy at 127\\.0\\.0\\.1:$port decides" \
    "which is said at the start"
srt $CURL https://allowed.test/
is "$out" "hello from allowed.test" "tunnels"
bare http://allowed.test/
is "$out" "hello from allowed.test" "programs that know no proxy"
like "$(cat "$T/tiny/local.log")" 'CONNECT allowed\.test:80 HTTP/1\.1' \
    "by CONNECT, with the name"
srt $CURL --proxy socks5h://127.0.0.1:1080 --noproxy '' http://other.test/
is "$out" "hello from other.test" "SOCKS likewise"
bare http://203.0.113.11/
is "$st" 7 "deniedDomains holds for these"
like "$err" 'deny network-outbound 203\.0\.113\.11:80' "and is reported"
bare http://sub.allowed.test/
is "$st" 6 "a denied name has no address"
bare "http://127.0.0.1:$port/"
is "$st" 7 "the host's loopback is not opened by it"
kill "$local"
wait "$local" 2>/dev/null
srt $CURL http://allowed.test/
refuse "without it nothing is reached" test "$st" -eq 0

rm -f "$T/port"
python3 "$E2E/routes.py" socks "$T/port" >"$T/socks.out" 2>&1 &
socks=$!
wait_for 10 test -s "$T/port"
settings "net_more=\"socksProxyPort\": $(cat "$T/port")" net_allow=
srt $CURL --proxy socks5h://127.0.0.1:1080 --noproxy '' https://allowed.test/
is "$out" "hello from allowed.test" "socksProxyPort"
bare https://allowed.test/
is "$out" "hello from allowed.test" "programs that know no proxy"
srt $CURL http://allowed.test/
is "$out" "hello from allowed.test" "srt's HTTP proxy goes there, too"
bare 'http://[2001:db8::10]/'
is "$out" "hello from [2001:db8::10]" "an address"
like "$(cat "$T/socks.out")" 'SOCKS 3 allowed\.test:443' "names as names"
like "$(cat "$T/socks.out")" 'SOCKS 4 2001:db8::10:80' "addresses as such"
bare http://203.0.113.10:9/
like "$st" '^(7|56)$' "its refusal is one"
kill "$socks"

done_testing
