#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# network.cutWithdrawn: what new settings do not allow any more ends.

. "$(dirname "$0")/lib.sh"

rig_more() {
	have python3 || return 0
	rig_internet_user python3 "$E2E/routes.py" echo "$T/echo" \
	    203.0.113.10 >"$T/echo.out" 2>&1 &
	wait_for 10 test -s "$T/echo"
}

rig net
have python3 || skip_all "no python3"
port=$(cat "$T/echo")
cp "$E2E/cut.py" "$T/cut.py"

now() {
	date +%s%3N
}

line() {
	tr -d '\n' <"$T/settings.json" >&6
	echo >&6
}

# Runs cut.py with the present settings and the channel on descriptor 6.
begin() {
	rm -f "$W/ready" "$W"/cut.* "$W/stop" "$W/end" "$T/control"
	mkfifo "$T/control"
	"$SRT" -s "$T/settings.json" --control-fd 6 \
	    --violations "$T/violations" python3 "$T/cut.py" "$1" "$port" \
	    "$W" 6<>"$T/control" >"$T/run.out" 2>"$T/run.err" &
	pid=$!
	exec 6>"$T/control"
	check "$2: the connections are open" wait_for 20 test -e "$W/ready"
}

finish() {
	: >"$W/stop"
	exec 6>&-
	wait "$pid"
	err=$(cat "$T/run.err")
}

all_cut() {
	test -e "$W/cut.connect" -a -e "$W/cut.socks" -a -e "$W/cut.plain"
}

none_cut() {
	! ls "$W"/cut.* >/dev/null 2>&1
}

# cut NAME: within a second.  A machine that stalls may be late once.
slow=0
cut_all() {
	start=$(now)
	line
	check "$1" wait_for 10 all_cut
	took=$(($(now) - start))
	[ "$took" -lt 1000 ] || slow=$((slow + 1))
	check "within a second ($took ms)" test "$took" -lt 1000 -o "$slow" -le 1
	ls "$W"/cut.* >"$T/check.out" 2>&1
}

settings 'net_allow="allowed.test", "other.test"'
begin allowed.test "a rule withdrawn"
settings 'net_allow="other.test", "allowed.test"'
line
settings 'net_allow="*.example.org", "allowed.test:1-65535"'
line
wait_for 1 all_cut
check "what another rule allows goes on" none_cut
settings 'net_allow="other.test"'
cut_all "N23: CONNECT, SOCKS and the one without a proxy are cut"
finish
is "$(printf '%s\n' "$err" | grep -c "^deny network-outbound allowed.test:$port (open connection cut: host is not on the allow list)")" \
    1 "which is reported"
check "also in the record" grep -q 'open connection cut' "$T/violations"

settings
begin allowed.test "a host denied"
settings 'net_deny="*.example.org", "allowed.test"'
cut_all "all are cut"
finish
like "$err" 'open connection cut: host is on the deny list' "with the reason"

settings
begin allowed.test "an address denied"
settings 'net_more="deniedResolvedAddresses": ["203.0.113.0/24"]'
cut_all "all are cut"
finish
like "$err" 'open connection cut: resolved to a listed address' \
    "with the reason"

settings 'net_allow="203.0.113.0/24"'
begin 203.0.113.10 "a network withdrawn"
settings 'net_allow="203.0.113.128/25"'
cut_all "all are cut"
finish

settings "net_allow=\"allowed.test:$port-$port\""
begin allowed.test "a port withdrawn"
settings "net_allow=\"allowed.test:1-$((port - 1))\", \"allowed.test:$((port + 1))-65535\""
cut_all "all are cut"
finish

settings 'net_more="cutWithdrawn": false'
begin allowed.test "cutWithdrawn false"
settings net_allow= 'net_more="cutWithdrawn": false'
line
wait_for 1 all_cut
check "nothing is cut" none_cut
settings net_allow=
cut_all "until it is not false any more: it is live"
finish

# What was closed, was closed outside as well.
check "the server sees them end" wait_for 10 sh -c \
    'test "$(grep -c open "$1")" = "$(grep -c -e closed -e error "$1")"' - \
    "$T/echo.out"

done_testing
