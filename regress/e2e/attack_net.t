#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# Attacks by the command on the network: by relays, in the middle of a
# change of the rules, by the proxy's own address, by other protocols over
# it.  Where a rule or the sandbox is not there, each of them gets through.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

# Servers at the proxy's ports, of other hosts.
rig_more() {
	for _port in 3128 1080; do
		rig_internet_user python3 "$E2E/attack_net.py" hear \
		    "$T/other.$_port" 203.0.113.11 $_port \
		    >"$T/heard.$_port" 2>&1 &
		wait_for 10 test -s "$T/other.$_port" || return 1
	done
}

rig net

cp "$E2E/attack_net.py" "$T/"
IN="python3 $T/attack_net.py"

# hear ADDRESS: a server of the host's; $tcp and $udp are its ports.
hear() {
	rm -f "$T/heard.port"
	$IN hear "$T/heard.port" "$1" >"$T/heard" 2>&1 &
	hearer=$!
	wait_for 10 test -s "$T/heard.port"
	read -r tcp udp <"$T/heard.port"
}

# --- N9: who asks does not matter

settings
srt sh -c "$IN relay 9999 & n=0
    until [ -e relaying ] || [ \$n -gt 200 ]; do sleep 0.05; n=\$((n+1)); done
    for h in allowed.test other.test internal.test; do
	curl -s -m 10 -x http://127.0.0.1:9999 -o out -w '%{http_code} ' http://\$h/
	curl -s -m 10 -p -x http://127.0.0.1:9999 -o out -w '%{http_connect} ' \
	    http://\$h/
    done; kill \$!"
is "$out" "200 200 403 403 403 403 " \
    "N9: a relay inside reaches what the command does, and no more"
settings net_allow='"other.test"'
rm -f "$W/relaying"
srt sh -c "$IN relay 9999 & n=0
    until [ -e relaying ] || [ \$n -gt 200 ]; do sleep 0.05; n=\$((n+1)); done
    curl -s -m 10 -x http://127.0.0.1:9999 -o out -w '%{http_code}' \
	http://other.test/; kill \$!"
is "$out" 200 "N9: where the rule allows it, the relay does"
rm -f "$W/relaying" "$W/out"

# --- N10: two sets of rules, either of which denies one host and allows the
# other; half of one with half of the other would not.

many=$(awk 'BEGIN { for (i = 0; i < 2000; i++) printf "\"h%d.test\", ", i }')
settings net_allow="$many \"*.allowed.test\"" \
    net_deny="$many \"secret.allowed.test\""
cp "$T/settings.json" "$T/first.json"
settings net_allow="$many \"sub.allowed.test\"" net_deny='"none.test"'
cp "$T/settings.json" "$T/second.json"
settings net_allow='"*.allowed.test"'
cp "$T/settings.json" "$T/third.json"

# storm FILE: 100 at a time, while the first set and that one take turns.
storm() {
	rm -f "$W/enough" "$W/storming" "$T/control"
	mkfifo "$T/control"
	"$SRT" -q -s "$T/first.json" --control-fd 6 $IN storm 100 \
	    6<>"$T/control" >"$T/run.out" 2>"$T/run.err" &
	_run=$!
	if ! wait_for 20 test -e "$W/storming"; then
		kill "$_run"
		wait "$_run"
		err=$(cat "$T/run.err")
		return
	fi
	$IN lines "$T/first.json" "$1" "$W/enough" >"$T/control" 2>"$T/lines"
	wait "$_run"
	out=$(cat "$T/run.out")
	err=$(cat "$T/run.err")
}
storm "$T/third.json"
like "$out" "^secret.allowed.test .*'200'" \
    "N10: a set of rules that allows a host is seen in the storm"
storm "$T/second.json"
like "$out" "^secret.allowed.test \['403'\] [0-9]{2,}$" \
    "N10: none is judged by half of a policy: denied in both, never allowed"
like "$out" "^sub.allowed.test \['200'\] [0-9]{2,}$" \
    "N10: allowed in both, never denied"
check "N10: the rules were changed all the while ($(cat "$T/lines"))" \
    test "$(cat "$T/lines")" -ge 30
rm -f "$W/enough" "$W/storming"

# --- N13

settings net_more='"allowLocalBinding": true'
hear 203.0.113.1
run $IN local 203.0.113.1 "$tcp" "$udp"
check "N13: outside the sandbox it arrives" wait_for 5 \
    grep -q datagram "$T/heard"
like "$out" REACHED "N13: and is answered"
kill "$hearer"
hear 203.0.113.1
srt $IN local 203.0.113.1 "$tcp" "$udp"
is "$(printf '%s\n' "$out" | grep -c '^bound')" 4 \
    "N13: with allowLocalBinding the command binds"
is "$(printf '%s\n' "$out" | grep -c -e '^not bound' -e REACHED)" 0 \
    "N13: but reaches neither its network nor the host"
settings
srt $IN local 203.0.113.1 "$tcp" "$udp"
is "$(printf '%s\n' "$out" | grep -c '^bound')" 4 \
    "N13: without it as well: the loopback is its own"
unlike "$out" REACHED "N13: and reaches as little"
is "$(cat "$T/heard")" "" "N13: nothing of it arrived"

# --- N7, N15, N17: what there is no rule for

settings
run $IN port 203.0.113.11
is "$(printf '%s\n' "$out" | grep -c REACHED)" 2 \
    "N15: outside the proxy's ports of another host are reached"
srt $IN port 203.0.113.11 other.test
is "$out" "done" "N15: inside they are ports like others"
is "$(cat "$T/heard.3128" "$T/heard.1080" | grep -c connection)" 2 \
    "N15: nobody came there"
for pass in '' x srt:srt root:root "$(printf '%0300d:x' 0)"; do
	srt curl -s -m 10 -p -x http://127.0.0.1:3128 --proxy-user "$pass:" \
	    -o out -w '%{http_connect} ' http://other.test/
	_other=$out
	srt curl -s -m 10 -p -x http://127.0.0.1:3128 --proxy-user "$pass:" \
	    -o out -w '%{http_connect}' http://allowed.test/
	is "$_other$out" "403 200" \
	    "N17: a password makes no difference ($(printf '%.9s' "$pass"))"
done
rm -f "$W/out"
srt curl -s -m 10 --cacert "$CA" -H 'Host: other.test' https://allowed.test/
is "$out" "hello from other.test" \
    "N7: what is said within TLS nobody looks at, as documented"
srt curl -s -m 10 -H 'Host: other.test' http://allowed.test/
is "$out" "hello from allowed.test" "N7: outside of it srt says it anew"

# --- N27: the proxy's own address, and this machine in other words

settings net_allow='"allowed.test", "localhost", "127.0.0.1"'
kill "$hearer"
hear 127.0.0.1
srt $IN spellings "$tcp"
like "$out" "REACHED CONNECT 'localhost'" \
    "N27: where the rules list this machine, it is reached"
settings net_allow='"allowed.test", "*.allowed.test", "own.test"'
: >"$T/heard"
srt $IN spellings "$tcp"
is "$out" "done" "N27: in no spelling where they do not"
is "$(cat "$T/heard")" "" "N27: nobody came"
srt $IN itself
is "$out" "done" "N27: the proxy is no server of its own"
settings net_allow='"allowed.test", "localhost", "127.0.0.1", "[::1]"'
srt $IN itself
is "$out" "done" "N27: not even where this machine is listed"
kill "$hearer"

# --- N28, N29

settings
srt $IN socks
is "$(printf '%s\n' "$out" | grep -c held)" 7 \
    "N28: SOCKS connects, by version 5 and without a method, and that is all"
srt $IN upgraded
is "$(printf '%s\n' "$out" | grep -c ' held')" 4 \
    "N29: no upgrade takes the next request past the rules"
settings net_allow='"allowed.test", "other.test"'
srt $IN upgraded
like "$out" REACHED "N29: where the rules allow it, it goes through"

# --- N6: an encrypted hello

settings
for where in first last; do
	srt $IN ech allowed.test other.test $where
	is "$out" cut "N6: ECH ($where): another outer name is cut"
	like "$err" 'TLS server name is other.test' "N6: and reported"
	srt $IN ech allowed.test - $where
	is "$out" cut "N6: ECH ($where): no outer name is cut"
	# As documented: what is within it nobody between can read, and
	# browsers send such an extension where there is nothing in it.
	srt $IN ech allowed.test allowed.test $where
	is "$out" answered "N6: ECH ($where): the outer name counts"
done
settings net_more='"allowSniMismatch": true'
srt $IN ech allowed.test other.test first
is "$out" answered "N6: ECH: where the settings say so, any name goes"

done_testing
