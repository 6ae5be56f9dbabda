#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The name that TLS asks for must be the name that was allowed.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

# TLS on another port, by another program.
rig_more() {
	rig_internet_user openssl s_server -accept 203.0.113.10:4433 -www -tlsextdebug \
	    -cert "$T/etc/cert.pem" -key "$T/etc/key.pem" \
	    >"$T/s_server" 2>&1 &
	# Of all that clients offer it takes what they do not guess at first.
	rig_internet_user openssl s_server -accept 203.0.113.10:4434 -www \
	    -tlsextdebug -groups P-384 \
	    -cert "$T/etc/cert.pem" -key "$T/etc/key.pem" \
	    >"$T/s_retry" 2>&1 &
	rig_internet_user python3 "$E2E/sni.py" lax 203.0.113.10 4435 4433 \
	    >"$T/s_lax" 2>&1 &
	wait_for 5 grep -q ACCEPT "$T/s_server"
	wait_for 5 grep -q ACCEPT "$T/s_retry"
	wait_for 5 grep -q ACCEPT "$T/s_lax"
}

rig net

CURL="curl -sS --max-time 20 --cacert $CA"

# tls HOW HOST OPTION ...
tls() {
	srt env -u http_proxy -u HTTP_PROXY -u ALL_PROXY -u all_proxy \
	    CA="$CA" python3 "$E2E/sni.py" "$@"
}

report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

good="hello from sni.test"
settings net_allow='"allowed.test", "*.allowed.test"'

# --- curl

srt $CURL https://allowed.test/
is "$out" "hello from allowed.test" "curl: CONNECT"
srt $CURL --noproxy '*' https://allowed.test/
is "$out" "hello from allowed.test" "curl: a direct connection"
srt $CURL --socks5-hostname localhost:1080 https://allowed.test/
is "$out" "hello from allowed.test" "curl: SOCKS"
# One name for the connection, another for TLS.
for how in "" "--noproxy *" "--socks5-hostname localhost:1080"; do
	set -f
	# shellcheck disable=SC2086
	srt $CURL $how --connect-to other.test:443:allowed.test:443 \
	    https://other.test/
	set +f
	is "$out" "" "N6: curl: another name in TLS is cut (${how:-CONNECT})"
	is "$(report 'deny network-outbound allowed.test:443 (TLS server name is other.test)')" \
	    1 "N6: and reported"
done

# --- every way, every trick

for how in direct connect socks; do
	tls $how allowed.test
	is "$out" "$good" "$how: the name that was allowed"
	tls $how sub.allowed.test
	is "$out" "$good" "$how: below a wildcard"
	tls $how allowed.test name=ALLOWED.test
	is "$out" "$good" "$how: in capitals"
	tls $how allowed.test pieces=1
	is "$out" "$good" "$how: byte by byte"
	tls $how allowed.test records=1 pieces=7 then=1
	is "$out" "$good" "$how: in records of one byte"
	is "$err" "" "$how: nothing to report"
	tls $how allowed.test name=other.test
	is "$out" cut "N6: $how: another name"
	is "$(report 'deny network-outbound allowed.test:443 (TLS server name is other.test)')" \
	    1 "N6: $how: reported"
	tls $how allowed.test name=sub.allowed.test
	is "$out" cut "N6: $how: another allowed name"
	tls $how allowed.test name=other.test pieces=1 then=1
	is "$out" cut "N6: $how: another name byte by byte"
	tls $how allowed.test name=other.test records=1
	is "$out" cut "N6: $how: another name in records of one byte"
	tls $how allowed.test name=other.test records=1 pieces=1
	is "$out" cut "N6: $how: both"
	tls $how allowed.test name=-
	is "$out" cut "N6: $how: no name"
	is "$(report 'deny network-outbound allowed.test:443 (TLS without a server name)')" \
	    1 "N6: $how: reported"
	tls $how allowed.test port=80 plain=1
	is "$out" "$good" "$how: what is no TLS passes"
	tls $how allowed.test port=4433
	like "$out" '</HTML>' "$how: TLS on another port"
	tls $how allowed.test port=4433 name=other.test
	is "$out" cut "N6: $how: another name there"
done

# --- a version that there is not, which many servers do not look at

# In the first record: of the hello, of a warning, an empty one, others.
odd='major=4 major=0 major=2 major=255 major=22 major=4_records=3
    major=4_before=15030100020170 major=4_before=1603010000
    major=2_before=150301000407700100'
settings net_allow='"allowed.test"' net_more='"allowSniMismatch": true'
for how in $odd; do
	# shellcheck disable=SC2046
	tls connect allowed.test port=4435 name=other.test $(echo "$how" | tr _ ' ')
	like "$out" '</HTML>|served' "N6: (nobody looks: it takes $how)"
done
settings net_allow='"allowed.test", "*.allowed.test"'
before=$(wc -l <"$T/s_lax")
seen=$(grep -c 'other\.te' "$T/s_server")
for how in direct connect socks; do
	for more in $odd; do
		# shellcheck disable=SC2046
		tls $how allowed.test port=4435 name=other.test \
		    $(echo "$more" | tr _ ' ')
		is "$out" cut "N6: $how: another name under another version ($more)"
		is "$(report 'deny network-outbound allowed.test:4435 (malformed TLS hello)')" \
		    1 "N6: $how: which is reported"
	done
done
is "$(wc -l <"$T/s_lax")" "$before" "N6: nothing of these reached the server"
tls direct allowed.test port=4435
like "$out" '</HTML>' "such a server with what is right"

# --- the name in the hello that a server asks for once more

settings net_allow='"allowed.test"' net_more='"allowSniMismatch": true'
tls direct allowed.test port=4434 second=another.test
is "$out" served "N6: (nobody looks: a second hello can have another name)"
tls direct allowed.test port=4434 second=another.test eager=1
is "$out" served "N6: (and can come before it is asked for)"
check "N6: (which the server sees)" grep -q 'another\.te' "$T/s_retry"
before=$(grep -c 'another\.te' "$T/s_retry")
settings net_allow='"allowed.test"'
for how in direct connect socks; do
	tls $how allowed.test port=4434
	like "$out" '</HTML>' "$how: a second hello"
	tls $how allowed.test port=4434 pieces=1 records=1
	like "$out" '</HTML>' "$how: after one byte by byte"
	tls $how allowed.test port=4434 second=ALLOWED.test cut=9
	is "$out" served "$how: the same name in capitals, cut"
	is "$err" "" "$how: nothing to report"
	for more in "" cut=1 cut=40 eager=1 "eager=1 coalesced=1"; do
		# shellcheck disable=SC2086
		tls $how allowed.test port=4434 second=another.test $more
		is "$out" cut "N6: $how: another name in the second hello ($more)"
	done
	is "$(report 'deny network-outbound allowed.test:4434 (malformed TLS hello)')" \
	    1 "N6: $how: two hellos in one record are reported"
	tls $how allowed.test port=4434 second=another.test
	is "$(report 'deny network-outbound allowed.test:4434 (TLS server name is another.test)')" \
	    1 "N6: $how: and so is the other name"
	tls $how allowed.test port=4434 second=-
	is "$out" cut "N6: $how: no name in the second hello"
done
is "$(grep -c 'another\.te' "$T/s_retry")" "$before" \
    "N6: the server has seen none of these names"
settings net_allow='"allowed.test", "*.allowed.test"'

# --- OpenSSL's own client

# client PORT OPTION ...: asks for a page.
client() {
	srt sh -c 'port=$1; shift
	    printf "GET / HTTP/1.0\r\nHost: sni.test\r\n\r\n" |
	    openssl s_client -quiet -CAfile "$0" -verify_return_error \
	    -connect "allowed.test:$port" "$@"' "$CA" "$@"
}

for port in 443 4433; do
	case $port in
	443)	want=$good ;;
	*)	want='Ciphers supported' ;;
	esac
	client $port -servername allowed.test
	like "$out" "$want" "s_client: the allowed name, port $port"
	client $port
	like "$out" "$want" "s_client: its default is the host's name"
	client $port -servername allowed.test -tls1_2
	like "$out" "$want" "s_client: TLS 1.2"
	client $port -servername other.test
	is "$out" "" "N6: s_client: another name"
	is "$(report "deny network-outbound allowed.test:$port (TLS server name is other.test)")" \
	    1 "N6: s_client: reported"
	client $port -noservername
	is "$out" "" "N6: s_client: no name"
	is "$(report "deny network-outbound allowed.test:$port (TLS without a server name)")" \
	    1 "N6: s_client: reported"
	client $port -servername other.test -tls1_2
	is "$out" "" "N6: s_client: another name in TLS 1.2"
	client $port -servername other.test -split_send_frag 512 \
	    -max_send_frag 512
	is "$out" "" "N6: s_client: another name in small records"
done

# --- nothing of it reached the server

# Its output has the extension in hexadecimal and, fifteen bytes of it, in text.
check "the server has seen the allowed name" grep -q 'allowed\.te' "$T/s_server"
is "$(grep -c 'other\.te' "$T/s_server")" "$seen" "N6: and not the other"

# --- addresses, and the switch

settings net_allow='"203.0.113.10"'
srt $CURL --resolve allowed.test:443:203.0.113.10 --noproxy '*' \
    https://allowed.test/
is "$out" "hello from allowed.test" "an address has no name to compare"
settings net_more='"allowSniMismatch": true'
for how in direct connect socks; do
	tls $how allowed.test name=other.test
	is "$out" "$good" "allowSniMismatch: $how: another name"
	tls $how allowed.test name=-
	is "$out" "$good" "allowSniMismatch: $how: no name"
	is "$err" "" "allowSniMismatch: $how: nothing to report"
done

# --- what the report says

settings
run "$SRT" -s "$T/settings.json" --violations "$T/v.json" -q \
    $CURL --connect-to other.test:443:allowed.test:443 https://other.test/
like "$(cat "$T/v.json")" '"rule":"network.allowSniMismatch"' \
    "the report names the setting"
like "$(cat "$T/v.json")" '"cure":"[^,]*allowSniMismatch[^,]*true' \
    "and the cure"

done_testing
