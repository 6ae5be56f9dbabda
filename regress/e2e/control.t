#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# --control-fd: changed settings while the command runs.

. "$(dirname "$0")/lib.sh"
rig net

# Says in "now" what the host answers, again whenever "again" is made.
cat >"$W/ask.sh" <<'EOT'
while :; do
	curl -s -o /dev/null -w '%{http_code}\n' --max-time 10 \
	    http://other.test/ >now.new && mv now.new now
	[ ! -e end ] || exit 0
	sleep 0.05
done
EOT

answers() {
	[ "$(cat "$W/now" 2>/dev/null)" = "$1" ]
}

line() {
	tr -d '\n' <"$T/settings.json" >&6
	printf '%b' "${1:-\\n}" >&6
}

settings
mkfifo "$T/control"
rm -f "$W/end"
"$SRT" -s "$T/settings.json" --control-fd 6 -q sh ask.sh 6<>"$T/control" \
    >"$T/run.out" 2>"$T/run.err" &
pid=$!
exec 6>"$T/control"
check "the first settings hold" wait_for 10 answers 403
settings net_allow='"other.test"'
line
check "a line opens a host" wait_for 10 answers 200
settings net_allow=''
line '\r\n'
check "another closes it" wait_for 10 answers 403
settings net_allow='"other.test"'
printf '\n\n' >&6
line
check "blank lines are nothing" wait_for 10 answers 200
printf '{ "network": 7 }\n' >&6
printf 'no json\n' >&6
check "a bad line is said" wait_for 10 grep -q \
    'Invalid config on control fd 6: ignored, previous config still in force' \
    "$T/run.err"
check "and changes nothing" answers 200
# Those before it: one, one with a carriage return, two blank ones, one.
check "with the line of the channel, blank ones counted" wait_for 10 \
    grep -q '^control fd:6:[0-9]*: network: Expected object' "$T/run.err"
check "as is one that is no JSON" wait_for 10 \
    grep -q '^Error: control fd is not valid JSON: .*(line 7, column ' \
    "$T/run.err"
settings net_allow='"other.test"' net_deny='"other.test"'
line
check "a denied host stays one" wait_for 10 answers 403
exec 6>&-
settings
check "the end of the channel is none of the command's" kill -0 "$pid"
: >"$W/end"
wait "$pid"
is "$?" 0 "which ends as ever"
is "$(grep -c 'Invalid config' "$T/run.err")" 2 "each bad line was said once"

"$SRT" -s "$T/settings.json" --control-fd 6 sh -c 'echo x >&6' \
    6<>"$T/control" >"$T/run.out" 2>"$T/run.err"
refuse "K17: the command does not have the channel" test "$?" -eq 0

# --- what the channel may be

# Ends when the settings of the channel open the host.
cat >"$W/until.sh" <<'EOT'
n=0
until curl -sf -o /dev/null --max-time 5 http://other.test/; do
	n=$((n + 1))
	[ "$n" -lt 200 ] || exit 1
	sleep 0.05
done
ls -l /proc/self/fd
EOT

# until_open: with the channel on descriptor 6.
until_open() {
	run "$SRT" -s "$T/settings.json" --control-fd 6 -q sh until.sh
}

settings net_allow='"other.test"'
tr -d '\n' <"$T/settings.json" >"$T/line"
{ cat "$T/line"; echo; } >"$T/lines"
settings
until_open 6<"$T/lines"
is "$st:$err" "0:" "a file"
unlike "$out" "$T/lines" "the command sees nothing of it"
until_open 6<"$T/line"
is "$st:$err" "0:" "a file whose last line lacks its end"
rm -f "$T/pipe"
mkfifo "$T/pipe"
cat "$T/lines" >"$T/pipe" &
until_open 6<"$T/pipe"
is "$st:$err" "0:" "a pipe"
unlike "$out" "$T/pipe" "the command sees nothing of it"
if have python3; then
	run python3 -c '
import os, socket, sys
a, b = socket.socketpair()
a.send(open(sys.argv[1], "rb").read())
os.dup2(b.fileno(), 6)
os.execv(sys.argv[2], sys.argv[2:])' "$T/lines" "$SRT" \
	    -s "$T/settings.json" --control-fd 6 -q sh until.sh
	is "$st:$err" "0:" "a socket"
	# The channel breaks before it brought anything.
	run python3 -c '
import os, socket, struct, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
c = socket.create_connection(s.getsockname())
a = s.accept()[0]
os.dup2(c.fileno(), 6)
if os.fork() == 0:
    c.close()
    os.close(6)
    a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack("ii", 1, 0))
    a.close()
    os._exit(0)
a.close()
os.wait()
os.execv(sys.argv[1], sys.argv[1:])' "$SRT" \
	    -s "$T/settings.json" --control-fd 6 -q sleep 20
	is "$st" 125 "a channel that breaks before it brought anything"
	like "$err" '^Error: (control fd 6 failed before delivering an update|--control-fd 6 is not usable): ' \
	    "which is said"
else
	skip "a socket" "no python3"
fi

# --- --control-ack

settings net_allow='"other.test"'
tr -d '\n' <"$T/settings.json" >"$T/line"
{
	cat "$T/line"
	echo
	printf '{ "network": 7 }\n\nno json\n'
	sed 's/"other.test"/"a b.test", "*.test"/' "$T/line"
} >"$T/lines.ack"
settings
run "$SRT" -s "$T/settings.json" --control-fd 6 --control-ack 7 -q \
    sh until.sh 6<"$T/lines.ack" 7>"$T/acks"
is "$st" 0 "a channel with answers"
unlike "$out" "$T/acks" "the command sees nothing of them"
is "$(wc -l <"$T/acks" | tr -d ' ')" 4 "one answer a line, none for a blank one"
is "$(head -n 1 "$T/acks")" '{"applied":true}' "a valid one is applied"
like "$(sed -n 2p "$T/acks")" \
    '^[{]"applied":false,"errors":\[[{]"key":"network","message":"Expected' \
    "a wrong key is named"
like "$(sed -n 3p "$T/acks")" '^[{]"applied":false,"errors":\[[{]"key":"' \
    "so is a line that is no JSON"
like "$(sed -n 4p "$T/acks")" \
    '"key":"network.allowedDomains.0".*"key":"network.allowedDomains.1"' \
    "all that is wrong is named"
run "$SRT" -s "$T/settings.json" --control-fd 6 --control-ack 7 -q \
    sh until.sh 6<"$T/lines.ack" 7<"$T/lines.ack"
is "$st" 125 "one that cannot be written to"
like "$err" '^Error: --control-ack 7 is not usable: ' "which is said"
run "$SRT" -s "$T/settings.json" --control-ack 7 true 7>"$T/acks"
is "$st" 125 "answers without a channel"
run "$SRT" -s "$T/settings.json" --control-fd 6 --control-ack 7 -q \
    sh until.sh 6<"$T/lines.ack" 7>/dev/full
is "$st" 0 "answers that nobody takes stop nothing"
like "$err" '^Error writing --control-ack 7: ' "and that is said"
settings

# More lines at once than srt puts on their way before the first is in force.
settings net_allow='"other.test"'
tr -d '\n' <"$T/settings.json" >"$T/line"
n=0
while [ "$n" -lt 500 ]; do
	cat "$T/line"
	echo
	n=$((n + 1))
done >"$T/many"
settings
run "$SRT" -s "$T/settings.json" --control-fd 6 --control-ack 7 -q \
    sh -c 'sh until.sh; until [ -e enough ]; do sleep 0.05; done' \
    6<"$T/many" 7>"$T/acks" &
many=$!
all_applied() {
	[ "$(grep -c '^{"applied":true}$' "$T/acks")" -eq 500 ]
}
check "500 lines at once are all put in force" wait_for 30 all_applied
: >"$W/enough"
wait "$many"

# A terminal, from which the command reads as well.
if have python3; then
	run python3 -c '
import fcntl, os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.dup2(0, 6)
    os.execv(sys.argv[2], sys.argv[2:])
os.write(fd, b"\n".join(open(sys.argv[1], "rb").read().split(b"\n")))
seen = b""
end = time.monotonic() + 30
while time.monotonic() < end:
    if select.select([fd], [], [], 1)[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' "$T/lines" \
	    "$SRT" -s "$T/settings.json" --control-fd 6 -q sh -c '
	    perl -e "use Fcntl; printf qq(flags %o\\n),
	    fcntl(STDIN, F_GETFL, 0) & O_NONBLOCK" && sh until.sh'
	is "$st" 0 "a terminal"
	like "$out" '^flags 0' "which stays as it is for the command"
else
	skip "a terminal" "no python3"
fi

# A long line in many pieces, and one that is too long.
settings net_allow='"other.test"' \
    more="\"\$schema\": \"$(head -c 300000 /dev/zero | tr '\0' x)\""
tr -d '\n' <"$T/settings.json" >"$T/long"
echo >>"$T/long"
settings
until_open 6<"$T/long"
is "$st:$err" "0:" "a line of 300,000 bytes"
{
	head -c 17000000 /dev/zero | tr '\0' ' '
	echo
	cat "$T/lines"
} >"$T/toolong"
until_open 6<"$T/toolong"
is "$st" 0 "a line that is too long is none, the next one counts"
is "$(printf '%s\n' "$err" | grep -c 'Invalid config')" 1 "and is said once"
like "$err" 'the line is longer than .* \(line 1, ' "with its number"

for no in / "$T"; do
	run "$SRT" -s "$T/settings.json" --control-fd 6 true 6<"$no"
	is "$st" 125 "a directory cannot be a channel"
done
run "$SRT" -s "$T/settings.json" --control-fd 6 true 6>"$T/out"
is "$st" 125 "nor what cannot be read"
like "$err" '^Error: --control-fd 6 is not usable: Bad file descriptor\. Refusing to run the command without the control channel it asks for\.$' \
    "which is said"
run "$SRT" -s "$T/settings.json" --control-fd 66 touch "$W/ran"
is "$st" 125 "nor what is not open"
refuse "the command has not run" test -e "$W/ran"
run "$SRT" -s "$T/settings.json" --control-fd 6 true 6</dev/null
is "$st:$err" "0:" "one that is at its end at once"

# What the roles could not take must not end them.
settings net_allow='"other.test"' net_deny='"long.test"' \
    net_more="\"deniedDomainReasons\": {\"long.test\":
    \"$(head -c 20000 /dev/zero | tr '\0' x)\"}"
{ tr -d '\n' <"$T/settings.json"; echo; } >"$T/lines"
settings
until_open 6<"$T/lines"
is "$st:$err" "0:" "a reason of 20,000 bytes"

# --- ignoreViolations

rm -f "$W/asked"
"$SRT" -s "$T/settings.json" --control-fd 6 sh -c '
    curl -s -o /dev/null http://first.test/; touch asked
    sh until.sh; curl -s -o /dev/null http://second.test/' 6<>"$T/control" \
    >"$T/run.out" 2>"$T/run.err" &
pid=$!
exec 6>"$T/control"
wait_for 10 test -e "$W/asked"
settings net_allow='"other.test"' \
    more='"ignoreViolations": { "*": ["second.test"] }'
line
exec 6>&-
wait "$pid"
like "$(cat "$T/run.err")" 'deny network-outbound first.test:80' \
    "a refusal before the change is reported"
unlike "$(cat "$T/run.err")" 'deny network-outbound second.test' \
    "and not one that is ignored from then on"

done_testing
