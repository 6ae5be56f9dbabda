#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The resolver inside: what it answers, and that nothing of it leaves the
# machine before something is dialled.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

# The workstation's own name server.
rig_more() {
	python3 "$E2E/dns.py" serve "$T/asked" 2>"$T/dns.log" &
	wait_for 5 test -s "$T/asked" || diag "$(cat "$T/dns.log")"
}

rig net

CURL="curl -sS --noproxy * --max-time 10"

# line NAME: what the last command printed of it.
line() {
	printf '%s\n' "$out" | sed -n "s/^$1: //p"
}

report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

asked() {
	tail -n +2 "$T/asked" | tr '\n' ';'
}

synth='198\.1[89]\.[0-9]+\.[0-9]+'
synth6='fd73:7274:6e65::c61[23]:[0-9a-f]+'
settings net_allow='"allowed.test", "*.wild.test", "dial.test", "port.test:443", "gone.test"' \
    net_deny='"secret.wild.test"'

# --- the resolver of the C library

srt getent ahostsv4 allowed.test
like "$out" "^$synth +STREAM allowed.test" "getent: an IPv4 address"
srt getent ahostsv6 allowed.test
like "$out" "^$synth6 +STREAM allowed.test" "getent: an IPv6 address"
srt getent hosts allowed.test
like "$out" 'allowed\.test$' "getent hosts"
srt sh -c 'getent hosts $(getent ahostsv4 allowed.test | sed "s/ .*//;q")'
like "$out" "^$synth +allowed.test$" "and back"
srt cat /etc/hosts
unlike "$out" 'test' "as the host's own table is not seen"
like "$out" '^127\.0\.0\.1 localhost$' "but one with what is here"
srt getent hosts other.test
is "$st" 2 "another name does not exist"
is "$(report 'deny dns-lookup other.test (host is not on the allow list)')" 1 \
    "and is reported, whatever was asked for"
srt getent hosts localhost
like "$out" '(::1|127\.0\.0\.1) +localhost' "localhost"
srt python3 -c '
import socket
print(sorted({a[0].name for a in socket.getaddrinfo("allowed.test", 80)}))
print(socket.gethostbyname("allowed.test").startswith("198.1"))'
is "$out" "['AF_INET', 'AF_INET6']
True" "python: getaddrinfo"
is "$err" "" "nothing is reported of that"

# --- message by message

srt python3 "$E2E/dns.py" ask
like "$(line A)" "^NOERROR allowed.test $synth$" "A"
like "$(line AAAA)" "^NOERROR allowed.test $synth6$" "AAAA"
for kind in TXT MX HTTPS SVCB SRV 65280; do
	is "$(line $kind)" "NOERROR allowed.test" "$kind is empty"
done
like "$(line ANY)" '^(NOTIMP|REFUSED)' "ANY is refused"
like "$(line AXFR)" '^(NOTIMP|REFUSED)' "AXFR is refused"
like "$(line case)" "^NOERROR AlLoWeD.tEsT $synth$" "the question comes back"
like "$(line edns)" "^NOERROR allowed.test $synth EDNS$" "EDNS"
like "$(line 'edns small')" "^NOERROR allowed.test $synth EDNS$" \
    "EDNS, a small buffer"
like "$(line class)" '^REFUSED' "another class"
like "$(line 'two questions')" '^FORMERR' "two questions"
like "$(line 'status query')" '^NOTIMP' "another kind of query"
is "$(line 'an answer')" silence "an answer is not answered"
is "$(line nothing)" silence "nor is what is too short"
is "$(line half)" FORMERR "half a query"
for at in 8.8.8.8 203.0.113.10 ::1 2001:db8::53; do
	like "$(line "at $at")" "^NOERROR allowed.test $synth$" \
	    "whichever server is asked: $at"
	like "$(line "tcp at $at")" "^NOERROR allowed.test $synth$" \
	    "by TCP: $at"
done
like "$(line tcp)" "^NOERROR allowed.test $synth$" "TCP"
like "$(line 'tcp in bytes')" "^NOERROR allowed.test $synth$" \
    "TCP, byte by byte"
is "$(line 'tcp three')" "NOERROR NXDOMAIN NOERROR" "TCP, three queries"
like "$(line back)" 'in-addr\.arpa allowed\.test$' "PTR"
like "$(line 'back inet6')" 'ip6\.arpa allowed\.test$' "PTR, IPv6"
like "$(line 'back other')" '^NXDOMAIN' "PTR of no address of ours"
like "$(line 'back none')" '^NXDOMAIN' "PTR of one that stands for nothing"
like "$(line below)" "^NOERROR sub.wild.test $synth$" "a wildcard"
like "$(line base)" '^NXDOMAIN' "not its base"
like "$(line denied)" '^NXDOMAIN' "a denied name"
like "$(line port)" "^NOERROR port.test $synth$" "a name allowed on one port"
is "$(line localhost)" "NOERROR localhost 127.0.0.1" "localhost"
is "$(line 'localhost inet6')" "NOERROR x.localhost ::1" "x.localhost"
for name in other secret long bad; do
	like "$(line $name)" '^NXDOMAIN' "N26: no name of ours: $name"
done
is "$(line 'at once')" True "and that at once"
is "$(report 'deny dns-lookup secret.wild.test (')" 1 "the denied is reported"
is "$(report 'deny dns-lookup c2VjcmV0.other.test (')" 1 "N26: reported"
is "$(tr -d '\n' <"$T/run.err" | tr -d '\40-\176' | wc -c)" 0 \
    "K21: with nothing that a terminal acts on"
is "$(asked)" "" "N26: nothing of all that left the machine"

srt python3 "$E2E/dns.py" many 1000
is "$out" "1000 0 True" "a thousand names, an address each"
srt python3 "$E2E/dns.py" bound 16500
is "$out" "different: True
forgotten: NXDOMAIN
kept: n16499.wild.test
again: True" "N26: more than are kept: the oldest is forgotten"
srt --violations "$T/v.json" python3 "$E2E/dns.py" flood 1000
is "$out" asked "a thousand that do not exist"
check "are reported until they are too many" \
    test "$(wc -l <"$T/v.json")" -ge 100 -a "$(wc -l <"$T/v.json")" -le 600
like "$(cat "$T/v.json")" '"dns-lookup","target":"\(more names\)"' \
    "and then counted"
is "$(asked)" "" "N26: nothing of that either"

# --- dialling asks

srt getent hosts dial.test
is "$(asked)" "" "a lookup does not ask"
srt $CURL http://dial.test/
is "$out" "hello from dial.test" "a connection"
like "$(asked)" 'dial\.test 1;' "does"
unlike "$(asked | sed 's/dial\.test [0-9]*;//g')" . "for that name alone"
srt env -u http_proxy -u HTTP_PROXY -u ALL_PROXY -u all_proxy \
    curl -sS --max-time 10 http://gone.test/
is "$st" 56 "a name that turns out not to exist"
like "$(asked)" 'gone\.test 1;' "was asked for then"

# --- /etc/resolv.conf

srt cat /etc/resolv.conf
like "$out" '^nameserver 127\.0\.0\.1$' "/etc/resolv.conf is the sandbox's"
srt sh -c 'echo nameserver 8.8.8.8 >/etc/resolv.conf'
refuse "and stays so" test "$st" -eq 0

# A machine whose /etc is another: the copy, with the rig's files.
mkdir "$T/other"
cp -a /etc "$T/other/" 2>/dev/null
chmod -R u+rwX "$T/other/etc"
# etc_run COMMAND ...: there, as run.
etc_run() {
	run unshare -U -r -m sh -c '
		etc=$1 uid=$2 gid=$3
		shift 3
		mount -n --rbind "$etc" /etc &&
		exec unshare -U --map-user="$uid" --map-group="$gid" "$@"' \
	    etc "$T/other/etc" "$(id -u)" "$(id -g)" "$@"
}
for kind in file link relative dangling deep loop none; do
	rm -f "$T/other/etc/resolv.conf"
	case $kind in
	file)	echo nameserver 203.0.113.1 ;;
	*)	: ;;
	esac >"$T/other/stub"
	case $kind in
	file)	cp "$T/other/stub" "$T/other/etc/resolv.conf" ;;
	link)	ln -s "$T/other/stub" "$T/other/etc/resolv.conf" ;;
	relative) echo >"$T/other/etc/stub.conf"
		ln -s ./stub.conf "$T/other/etc/resolv.conf" ;;
	dangling) ln -s ../run/none/stub.conf "$T/other/etc/resolv.conf" ;;
	deep)	ln -s alternatives/none/stub.conf \
		    "$T/other/etc/resolv.conf" ;;
	loop)	ln -s resolv.conf "$T/other/etc/resolv.conf" ;;
	esac
	etc_run "$SRT" -s "$T/settings.json" sh -c \
	    'getent ahostsv4 allowed.test | sed "s/ .*//;q"
	     grep -c "^nameserver 127.0.0.1$" /etc/resolv.conf'
	# With nothing to mount on, libraries ask 127.0.0.1 of themselves.
	case $kind in
	none)	want= ;;
	*)	want=1 ;;
	esac
	like "$(printf '%s\n' "$out" | head -n 1)" "^$synth\$" \
	    "resolv.conf: $kind"
	[ -z "$want" ] || is "$(printf '%s\n' "$out" | tail -n 1)" 1 \
	    "resolv.conf: $kind: ours is read"
done

done_testing
