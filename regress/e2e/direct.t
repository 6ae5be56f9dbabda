#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Programs that know of no proxy, with none in their environment: they reach
# what the policy allows, are told of what it refuses, and there is no other
# way out.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"
PG=$(for d in /usr/lib/postgresql/*/bin /usr/libexec/postgresql* \
    /usr/bin; do [ ! -x "$d/initdb" ] || echo "$d"; done | tail -n 1)

rig_more() {
	echo '127.0.0.1 app.localhost' >>"$T/etc/hosts"
	have git && {
		mkdir -p "$T/git"
		rig_user git init -q --bare "$T/git/project.git"
		rig_internet_user git daemon --listen=203.0.113.12 \
		    --export-all --base-path="$T/git" >"$T/git/log" 2>&1 &
	}
	rig_sshd 203.0.113.10 22
	! have redis-server || rig_internet_user redis-server --port 6379 \
	    --bind 203.0.113.10 --protected-mode no --save '' --dir "$T" \
	    >"$T/redis.log" 2>&1 &
	[ -z "$PG" ] || {
		rig_user "$PG/initdb" -N -A trust -U tester -D "$T/pg" \
		    --no-instructions >"$T/pg.log" 2>&1 &&
		    echo 'host all all 203.0.113.0/24 trust' \
		    >>"$T/pg/pg_hba.conf"
		rig_internet_user "$PG/postgres" -D "$T/pg" -F -k "$T" \
		    -h 203.0.113.10 >>"$T/pg.log" 2>&1 &
	}
	rig_internet_user python3 "$E2E/direct.py" upgrade 203.0.113.10 8081 &
	rig_internet_user python3 "$E2E/direct.py" count :: 5353 "$T/udp" &
}

rig net

# direct COMMAND ...: with nothing of srt's in the environment.
direct() {
	srt env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 "$@"
}

# line NAME: what the last command printed of it.
line() {
	printf '%s\n' "$out" | sed -n "s/^$1: //p"
}

report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

not_listed='host is not on the allow list'

# --- curl and wget

settings
CURL="curl -sS --max-time 20 --cacert $CA"
direct $CURL http://allowed.test/
is "$out:$st" "hello from allowed.test:0" "curl (http)"
is "$err" "" "and nothing is reported"
direct $CURL https://allowed.test/
is "$out:$st" "hello from allowed.test:0" "curl (https)"
direct $CURL http://allowed.test:8080/
is "$out" "hello from allowed.test" "curl, another port"
direct $CURL -o "$W/got" https://allowed.test/big
check "five megabytes down" cmp "$W/got" "$T/nginx/www/big"
direct $CURL -T "$W/got" http://allowed.test/put/up
check "five megabytes up" cmp "$W/got" "$T/nginx/put/up"
direct $CURL http://other.test/
is "$st" 6 "curl: another name does not exist"
is "$(report "deny dns-lookup other.test ($not_listed)")" 1 "and is reported"
direct $CURL http://203.0.113.11/
is "$st" 7 "curl: another address is refused"
is "$(report "deny network-outbound 203.0.113.11:80 ($not_listed)")" 1 \
    "and is reported"
direct $CURL --http2-prior-knowledge http://localhost:9/
is "$st" 7 "curl: the sandbox's own loopback"
unlike "$err" 'deny|sandbox_violations' \
    "is nobody's to report"
if have wget; then
	direct wget -q -O - --ca-certificate="$CA" https://allowed.test/
	is "$out" "hello from allowed.test" "wget"
	direct wget -q -O - http://other.test/
	is "$st" 4 "wget is refused"
else
	skip wget "no wget"
fi

# --- sockets

settings net_allow='"allowed.test", "v6.test", "silent.test", "lost.test"'
direct python3 "$E2E/direct.py" work
is "$(line blocking)" ok "a blocking socket"
is "$(line inet6)" ok "IPv6"
is "$(line 'inet6 of a name with IPv4')" ok \
    "IPv6 in here, whatever it is out there"
is "$(line mapped)" ok "an IPv4 address in an IPv6 socket"
is "$(line addresses)" EISCONN "getpeername and a second connect"
is "$(line epoll)" ok "registered with epoll before it is connected"
is "$(line asyncio)" ok "asyncio"
is "$(line threads)" "16 of 16" "sixteen threads"
like "$(line parallel)" '^0 of [0-9]+ fail$' \
    "thousands at the same time: $(line parallel)"
is "$(line 'other port')" ok "by the address that stands for the name"
is "$err" "" "nothing is reported of that"

direct python3 "$E2E/direct.py" refused
is "$(line name)" EAI_NONAME "another name: at once"
is "$(line address)" EACCES "another address: EACCES"
is "$(line 'address nonblocking')" EACCES "at once for who does not wait"
is "$(line 'address of an allowed name')" EACCES \
    "a name does not allow its address"
is "$(line 'inet6 address')" EACCES "another IPv6 address"
is "$(line 'mapped address')" EACCES "another address, mapped"
is "$(line 'address for no name')" EHOSTUNREACH \
    "an address that stands for nothing"
is "$(line closed)" ECONNREFUSED "the error of the real connection"
is "$(line 'closed nonblocking')" ECONNRESET "a reset for who does not wait"
is "$(line 'closed inside')" ECONNREFUSED "127.0.0.1 is the sandbox's own"
is "$(line 'closed inside inet6')" ECONNREFUSED "::1, too"
is "$(line timeout)" EINPROGRESS "SO_SNDTIMEO"
is "$(line unreachable)" EHOSTUNREACH "a host that is not there"
is "$(line lost)" ETIMEDOUT "a host that never answers"
is "$(report "deny network-outbound 203.0.113.11:80 ($not_listed)")" 1 \
    "addresses are reported, equal ones once"
is "$(report "deny network-outbound [2001:db8::10]:80 ($not_listed)")" 1 \
    "IPv6 ones, too"
is "$(report 'allowed.test')" 0 "what merely failed is not"

# --- no other way

direct python3 "$E2E/direct.py" ways
while read -r what want; do
	is "$(line "$(printf %s "$what" | tr _ ' ')")" "$want" \
	    "N14: $(printf %s "$what" | tr _ ' ')"
done <<'EOW'
fast_open_sendto ENOTSUP
fast_open_sendmsg ENOTSUP
fast_open_connect ENOTSUP
mptcp EPROTONOSUPPORT
sctp EPROTONOSUPPORT
sctp_seqpacket ESOCKTNOSUPPORT
udplite EPROTONOSUPPORT
dccp ESOCKTNOSUPPORT
icmp EACCES
icmp6 EACCES
raw EPERM
raw6 EPERM
packet EAFNOSUPPORT
vsock EAFNOSUPPORT
bluetooth EAFNOSUPPORT
alg EAFNOSUPPORT
xdp EAFNOSUPPORT
netlink_of_netfilter EPROTONOSUPPORT
route EPERM
link EPERM
iouring ENOSYS
udp sent
EOW
refuse "N14: nothing of it arrived" grep -q escaped "$T/nginx/access.log"
is "$(cat "$T/udp")" ready "N14: not a datagram"

# --- the host's loopback

python3 "$E2E/direct.py" serve 127.0.0.1 0 >"$T/port" &
wait_for 5 test -s "$T/port"
port=$(cat "$T/port")
settings
direct python3 "$E2E/direct.py" local "$port"
is "$(line 'by address')" ECONNREFUSED \
    "without a rule the host's loopback is not there"
settings net_allow="\"localhost:$port\""
direct python3 "$E2E/direct.py" local "$port"
for how in 'by name' 'by address' 'by mapped address' 'by no address'; do
	is "$(line "$how")" ok "localhost:PORT: $how"
done
is "$(line 'other port')" ECONNREFUSED "and no other port"
is "$(line own)" ok "what listens inside is nearer"
settings net_allow="\"127.0.0.1:$port\""
direct python3 "$E2E/direct.py" local "$port"
is "$(line 'by address')" ok "127.0.0.1:PORT"
# Some take *.localhost for the loopback themselves, and no proxy for it.
settings net_allow="\"app.localhost:$port\""
direct python3 "$E2E/direct.py" local "$port"
for how in 'by name' 'by address' 'by mapped address'; do
	is "$(line "$how")" ok "app.localhost:PORT: $how"
done
is "$(line 'other port')" ECONNREFUSED "and no other port"
is "$(line own)" ok "what listens inside is nearer"
srt curl -s --max-time 10 --http0.9 "http://app.localhost:$port/"
is "$out" "hello from direct.test" "curl: app.localhost:PORT"
for deny in app.localhost localhost 127.0.0.0/8; do
	settings net_allow="\"app.localhost:$port\"" net_deny="\"$deny\""
	direct python3 "$E2E/direct.py" local "$port"
	is "$(line 'by address')" EACCES "unless $deny is denied"
done
settings net_allow="\"0.0.0.0:$port\""
direct python3 "$E2E/direct.py" local "$port"
is "$(line 'by no address')" ok "0.0.0.0:PORT"
for deny in localhost 127.0.0.1 127.0.0.0/8; do
	settings net_allow="\"0.0.0.0:$port\", \"[::]:$port\"" \
	    net_deny="\"$deny\""
	direct python3 "$E2E/direct.py" local "$port"
	unlike "$out" '^by .*: ok' "N21: $deny denied is 0.0.0.0 denied"
	srt curl -s --noproxy '' -o /dev/null -w '%{http_code}' \
	    "http://0.0.0.0:$port/"
	is "$out" 403 "N21: by the proxy, too"
done
srt curl -s --noproxy '' -o /dev/null -w '%{http_code}' "http://[::]:$port/"
is "$out" 502 "([::] leads to another address than these)"
settings net_allow="\"0.0.0.0:$port\", \"[::]:$port\"" net_deny='"localhost"'
srt curl -s --noproxy '' -o /dev/null -w '%{http_code}' "http://[::]:$port/"
is "$out" 403 "N21: localhost denied is [::] denied"

# --- programs

settings net_allow='"allowed.test", "git.test"'
if have node; then
	direct node "$E2E/direct.js"
	is "$(printf '%s\n' "$out" | grep -v ^websocket)" \
	    "http: hello from allowed.test
net: hello from node.test
fetch: hello from allowed.test
upgrade: hello
name: ENOTFOUND
fetch name: ENOTFOUND
address: EACCES
closed: ECONNRESET" "node: http, net, fetch, an upgrade"
	if node -e 'process.exit(globalThis.WebSocket ? 0 : 1)'; then
		is "$(line websocket)" hello "node: WebSocket"
	else
		skip "node: WebSocket" "this node has none"
	fi
else
	skip node "no node"
fi

if have go; then
	mkdir "$T/go"
	(cd "$T/go" && env HOME="$T/go" GOCACHE="$T/go/cache" GO111MODULE=off \
	    CGO_ENABLED=0 GOFLAGS= GOTOOLCHAIN=local \
	    go build -o "$W/get" "$E2E/direct.go") >"$T/go/log" 2>&1 ||
	    diag "$(cat "$T/go/log")"
	direct "$W/get" allowed.test:80 other.test:80 203.0.113.11:80 \
	    allowed.test:9
	like "$out" '^allowed.test:80 ok$' "a static Go program"
	like "$out" '^other.test:80 error: .*no such host' "Go: another name"
	like "$out" '^203.0.113.11:80 error: .*permission denied' \
	    "Go: another address"
	like "$out" '^allowed.test:9 error: .*(refused|reset)' \
	    "Go: a closed port"
	like "$out" '^parallel 50$' "Go: fifty at the same time"
else
	skip Go "no go"
fi

if have keytool; then
	direct keytool -printcert -sslserver allowed.test:443
	like "$out" 'Owner: CN=allowed.test' "Java (its keytool)"
	direct keytool -printcert -sslserver other.test:443
	refuse "Java is refused" test "$st" -eq 0
else
	skip "Java's keytool" "no keytool"
fi
if have java && java --list-modules 2>/dev/null | grep -q jdk.compiler; then
	direct java "$E2E/Direct.java"
	is "$out" "socket: hello from java.test
channel: hello from java.test
client: hello from allowed.test
name: UnknownHostException
address: BindException" "Java: sockets, channels, its HTTP client"
else
	skip "Java's sockets and channels" "no java that compiles"
fi

if have perl; then
	direct perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new("allowed.test:80") or die "$@";
		print $s "GET / HTTP/1.0\r\nHost: perl.test\r\n\r\n";
		@l = <$s>; print $l[-1];
		IO::Socket::INET->new("203.0.113.11:80") or print "$!\n";
		IO::Socket::INET->new("other.test:80") or print "$@\n"'
	like "$out" '^hello from perl.test$' "perl"
	like "$out" '^Permission denied$' "perl: another address"
	like "$out" 'Bad hostname' "perl: another name"
else
	skip perl "no perl"
fi

direct python3 -c '
import urllib.request
print(urllib.request.urlopen("http://allowed.test/").read().decode(), end="")'
is "$out" "hello from allowed.test" "python: urllib"

if have git; then
	wait_for 5 git ls-remote git://git.test/project.git
	direct git clone -q git://git.test/project.git "$W/p"
	is "$st" 0 "git://"
	direct git clone -q git://other.test/project.git "$W/q"
	is "$st" 128 "git:// is refused"
else
	skip git "no git"
fi

if have sshd || [ -x /usr/sbin/sshd ]; then
	wait_for 5 rig_ssh allowed.test true || diag "$(cat "$T/ssh/log")"
	direct ssh -F "$T/ssh/config" allowed.test 'echo over there; cat' \
	    </dev/null
	is "$out:$st" "over there:0" "ssh"
	direct ssh -F "$T/ssh/config" other.test true
	is "$st" 255 "ssh is refused"
	direct sh -c "head -c 1000000 /dev/zero |
	    ssh -F $T/ssh/config allowed.test wc -c"
	is "$out" 1000000 "ssh: a megabyte"
	direct sh -c "cd $W && head -c 1000000 /dev/urandom >up &&
	    scp -q -F $T/ssh/config up allowed.test:$T/up &&
	    scp -q -F $T/ssh/config allowed.test:$T/up down && cmp up down"
	is "$st" 0 "scp, up and down"
	direct sh -c "cd $W && S='ssh -F $T/ssh/config -S ctl' &&
	    \$S -M -f -N allowed.test && \$S allowed.test echo shared &&
	    \$S -O exit allowed.test"
	is "$out:$st" "shared:0" "ssh: a shared connection"
else
	skip ssh "no sshd"
fi

if [ -n "$PG" ] && have psql; then
	PSQL="psql -X -U tester -d postgres -At"
	wait_for 10 $PSQL -h allowed.test -c 'select 1' ||
	    diag "$(tail -n 5 "$T/pg.log")"
	direct $PSQL -h allowed.test -c 'select 40 + 2'
	is "$out:$st" "42:0" "psql"
	direct $PSQL -h allowed.test -c \
	    'select sum(length(repeat(i::text, 100))) from generate_series(1, 9999) i'
	is "$out" 3888900 "psql: more work"
	direct $PSQL -h other.test -c 'select 1'
	is "$st" 2 "psql is refused"
else
	skip psql "no postgresql"
fi

if have redis-server && have redis-cli; then
	wait_for 5 redis-cli -h allowed.test ping
	direct redis-cli -h allowed.test set key value
	is "$out" OK "redis-cli"
	direct redis-cli -h allowed.test get key
	is "$out" value "redis-cli: what was set"
	direct redis-cli -h other.test ping
	refuse "redis-cli is refused" test "$out" = PONG
else
	skip redis-cli "no redis"
fi

done_testing
