#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Audit records to syslog: what is in them, that the command can neither
# reach, forge nor drown them, and what happens when there is no daemon, a
# slow one or a new one.  Records in a file are root's: audit_root.t.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

rig_more() {
	mkdir -p "$T/prefix/bin" &&
	    cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt" &&
	    cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/" &&
	    rig_dev
}

[ -x "${SRT_HELPERS:-}/adminsrt" ] || skip_all "no adminsrt"
rig net

log=$T/syslog/log
rec=$T/records
py="python3 $E2E/audit.py"

daemon=
daemon_start() {
	$py serve "$log" "$rec" &
	daemon=$!
	wait_for 5 test -S "$log"
}

daemon_stop() {
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	rm -f "$log"
}

# audit EXPRESSION WANT NAME: of the records of the last run.
audit() {
	is "$($py records "$rec" "$1" 2>&1)" "$2" "$3"
}

fresh() {
	: >"$rec"
}

syslog='"audit": { "to": "syslog" }'
must="$syslog, \"requireAudit\": true"
: >"$rec"
daemon_start

# --- what is recorded

# Each run by itself: the daemon may be behind.
srt() {
	fresh
	run "$SRT" -s "$T/settings.json" "$@"
}

settings
srt true
is "$st:$(wc -c <"$rec")" "0:0" "without a word in the settings: no record"

settings more="$syslog" net_more='"allowUnixSockets": ["/tmp/host.sock"]' \
    net_allow='"allowed.test", "*.allowed.test"'
srt sh -c 'exit 3' 'a "b"' ''
is "$st" 3 "the command's status"
audit 'gapless and [x["event"] for x in r]' "['start', 'end']" \
    "a run has a beginning and an end"
audit 'r[0]["uid"], r[0]["euid"], r[0]["cwd"], r[0]["settings"]' \
    "($(id -u), $(id -u), '$W', '$T/settings.json')" "who ran it, where"
audit 'r[0]["argv"]' "['sh', '-c', 'exit 3', 'a \"b\"', '']" "what"
audit 'r[0]["version"]' "$("$SRT" --version | sed 's/.* //')" \
    "with which srt"
sum=$("$SRT" -s "$T/settings.json" -nn 2>/dev/null | sha256sum | cut -d' ' -f1)
audit 'r[0]["sha256"]' "$sum" "under which settings"
audit 'r[1]["status"], r[1]["lost"], r[1]["connections"], r[1]["refusals"]' \
    "(3, 0, 0, 0)" "and what came of it"
fresh
cp "$T/settings.json" "$W/own.json"
run "$SRT" -s ./own.json true
audit 'r[0]["settings"]' "$W/own.json" "a relative name is of that directory"
rm "$W/own.json"
$py raw "$rec" 'r[0][:4], r[0].split(b"srt[")[1].split(b"]")[0].isdigit()' \
    >"$T/out"
is "$(cat "$T/out")" "(b'<86>', True)" "as syslog(3) writes it: authpriv"
old=$(sed -n 's/.*"run":"\([0-9a-f]*\)".*/\1/p' "$rec" | head -n 1)
srt sh -c 'kill -KILL $$'
audit 'r[-1]["status"], r[0]["run"] != "'"$old"'"' "(137, True)" \
    "another run has another name"
srt nosuchcommand
audit '[x.get("status") for x in r]' "[None, 127]" \
    "a command that is not there"

fresh
srt curl -sf -m 10 -o /dev/null http://allowed.test/big
audit '[(x["way"], x["host"], x["port"], x["result"], x["requests"],
    x["received"] > 5000000, 0 < x["sent"] < 1000) for x in event("connection")]' \
    "[('http', 'allowed.test', 80, 'connected', 1, True, True)]" \
    "a request to the proxy"
audit 'event("connection")[0]["rule"], event("connection")[0]["where"]' \
    "('network.allowedDomains[0] \"allowed.test\"', '$T/settings.json:3')" \
    "the rule that allowed it, and where it stands"
srt curl -sf -m 10 --cacert "$CA" -o /dev/null https://sub.allowed.test/big
audit '[(x["way"], x["host"], x["port"], x["rule"][-17:], x["received"] > 5000000)
    for x in event("connection")]' \
    "[('http', 'sub.allowed.test', 443, ' \"*.allowed.test\"', True)]" \
    "a tunnel"
srt curl -sf -m 10 -x socks5h://127.0.0.1:1080 -o /dev/null \
    http://allowed.test/
audit '[(x["way"], x["host"]) for x in event("connection")]' \
    "[('socks', 'allowed.test')]" "SOCKS"
srt curl -sf -m 10 --noproxy '*' -o /dev/null http://allowed.test/big
audit '[(x["way"], x["host"], x["program"], x["pid"] > 1, x["received"] > 5000000)
    for x in event("connection")]' \
    "[('connect', 'allowed.test', 'curl', True, True)]" \
    "a program that knows of no proxy: also who"
head -c 3000000 /dev/zero >zero
srt curl -sf -m 10 -T zero http://allowed.test/put/zero
audit '[x["sent"] > 3000000 for x in event("connection")]' "[True]" \
    "bytes that go out"
srt curl -sf -m 10 -o /dev/null http://allowed.test/ -o /dev/null \
    http://allowed.test/headers -o /dev/null http://sub.allowed.test/
audit '[(x["host"], x["requests"]) for x in event("connection")]' \
    "[('allowed.test', 2), ('sub.allowed.test', 1)]" \
    "one record for each connection to a server"
srt curl -s -m 10 -o /dev/null http://allowed.test:81/
audit '[(x["port"], x["result"], x["sent"]) for x in event("connection")]' \
    "[(81, 'refused by the server', 0)]" "allowed, but nobody there"
srt sh -c 'curl -s -m 20 -N http://allowed.test/big --limit-rate 1000 \
    -o file & until [ -s file ]; do sleep 0.05; done'
audit '[(x["host"], x["result"]) for x in event("connection")], r[-1]["event"]' \
    "([('allowed.test', 'connected')], 'end')" \
    "what is still open when the command ends"

fresh
srt sh -c 'curl -sf -m 10 http://other.test/; true >/etc/x; true >"$1/.bashrc"' \
    sh "$W"
audit 'sorted((x["operation"], x["target"], x["count"]) for x in event("refusal"))' \
    "[('file-write-create', '/etc/x', 1), ('file-write-create', '$W/.bashrc', 1), ('network-outbound', 'other.test:80', 1)]" \
    "every refusal"
audit 'r[-1]["refusals"], r[-1]["connections"], gapless' "(3, 0, True)" \
    "and how many"
settings more="$syslog, \"ignoreViolations\": { \"*\": [\"/etc/x\"] }"
srt sh -c 'true >/etc/x; true >/etc/y'
audit '[(x["target"], x["ignored"]) for x in event("refusal")]' \
    "[('/etc/x', True), ('/etc/y', False)]" \
    "also those that the report leaves out"
unlike "$err" '^deny .*/etc/x' "which it does"

fresh
settings more="$syslog"
run python3 "$E2E/ask.py" allow "$W/asked" "$SRT" -s "$T/settings.json" \
    --ask-fd 6 curl -sf -m 10 -o /dev/null http://other.test/
audit '[(x["host"], x["verdict"], x["rule"], x["result"])
    for x in event("connection")]' \
    "[('other.test', 'allow', 'the answer that was given', 'connected')]" \
    "what an answer has allowed"
fresh
run python3 "$E2E/ask.py" silent "$W/asked" "$SRT" -s "$T/settings.json" \
    --ask-fd 6 $py unanswered asked
is "$out:$(wc -l <"$W/asked")" "done:5" "five questions without an answer"
audit '[(x["host"], x["port"], x["requests"], x["result"])
    for x in event("connection")]' "[('allowed.test', 80, 1, 'connected')]" \
    "are nothing that was allowed"
audit 'r[-1]["connections"]' 1 "nor counted as that"

settings more="$syslog" net_more='"allowUnixSockets": ["/tmp/host.sock"]'
python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("/tmp/host.sock")
s.listen()
time.sleep(1000)' &
host=$!
wait_for 5 test -S /tmp/host.sock
srt $py unix /tmp/host.sock
is "$st" 0 "a socket of the host's is reached"
audit '[(x["event"], x["verdict"], x["path"], x["rule"], x["pid"] > 1)
    for x in r[1:-1]]' \
    "[('unix', 'allow', '/tmp/host.sock', 'network.allowUnixSockets', True)]" \
    "which is recorded, and not what is among the sandbox's processes"
is "$err" "" "and no violation"

fresh
settings more="$syslog" net_more='"publishPorts": ["127.0.0.1:8899:3000"]'
rm -f up
"$SRT" -s "$T/settings.json" sh -c 'echo page >index.html
    python3 -m http.server 3000 --bind 127.0.0.1 >/dev/null 2>&1 &
    until curl -s --noproxy "*" -o /dev/null http://127.0.0.1:3000/; do
	sleep 0.1
    done
    : >up; until [ -e seen ]; do sleep 0.05; done; kill $!' 2>/dev/null &
pid=$!
wait_for 10 test -e up
curl -s -m 10 --noproxy '*' -o /dev/null http://127.0.0.1:8899/
: >seen
wait "$pid"
audit '[(x["way"], x["port"], x["rule"], x["sent"] > 0, x["received"] > 0)
    for x in event("connection")]' \
    "[('publish', 3000, 'network.publishPorts', True, True)]" \
    "a connection to a published port"

settings more="$syslog"
printf '%s\n' '{ "network": { "allowedDomains": ["other.test"], "deniedDomains": [] }, "filesystem": { "denyRead": [], "allowWrite": [], "denyWrite": [] } }' >"$T/line"
fresh
run "$SRT" -s "$T/settings.json" --control-fd 9 sh -c '
	n=0
	until curl -sf -m 10 -o /dev/null http://other.test/; do
		[ $((n += 1)) -lt 50 ] || break
		sleep 0.1
	done' 9<"$T/line"
audit 'len(event("settings")), len(event("settings")[0]["sha256"]),
    event("settings")[0]["sha256"] != r[0]["sha256"]' "(1, 64, True)" \
    "new settings for a run"

# --- the command against its record

settings more="$must"
fresh
srt $py reach "$log" "$rec"
is "$out" "done" "no way to the daemon, nor to what it writes, nor a descriptor"
audit 'gapless, any(b"forged" in x for x in lines(path))' "(True, False)" \
    "and nothing forged"
fresh
srt $py odd
is "$st" 0 "strange names"
audit 'gapless, len({x["run"] for x in every}), len(event("refusal")) >= 15' \
    "(True, 1, True)" "are records of one line each, and no more of them"
audit 'sorted({x["program"] for x in event("refusal")})[-1][:2]' 'py' \
    "programs are named"
audit '[x["program"] for x in event("refusal") if x["target"] == "/etc/program"]' \
    "['e\"\\n\\ufffd{}']" "a program's strange name, too"
srt sh -c : "$(printf 'x\n"},\\\033\377')" "$(head -c 20000 /dev/zero | tr '\0' '"')"
audit 'r[0]["argv"][3], r[0]["cut"]' "('x\\n\"},\\\\\\x1b\\ufffd', True)" \
    "words of the command: cut where they are too long"

settings more="$syslog"
fresh
srt $py flood 10000
is "$st:$out" "0:done" "10000 refusals do not hold the command up"
audit 'r[-1]["event"], r[-1]["refusals"] + r[-1]["lost"]' "('end', 10000)" \
    "and are counted"
audit 'sum(x["count"] for x in event("refusal")) == r[-1]["refusals"]' True \
    "those that are recorded add up"
settings more="$must"
srt $py flood 10000
is "$st:$out" "0:done" "nor do they end a run that needs its record"
audit 'gapless, r[-1]["refusals"] + r[-1]["lost"]' "(True, 10000)" \
    "of which none is missing"
srt $py connections 2000
is "$st:$out" "0:done" "nor do 2000 connections"
audit 'gapless, r[-1]["connections"], r[-1]["lost"]' "(True, 2000, 0)" \
    "each with its record"

# --- the daemon

settings more="$syslog"
kill -STOP "$daemon"
fresh
srt $py flood 10000
is "$st:$out" "0:done" "a daemon that does nothing holds nobody up"
like "$err" 'audit record is not complete' "and that is said"
kill -CONT "$daemon"
settings more="$must"
kill -STOP "$daemon"
srt sh -c 'exec 2>/dev/null; i=0; while :; do true >/etc/x$((i += 1)); done'
is "$st" 125 "but a run that needs it ends"
like "$err" 'requireAudit: .*(takes no records|too slow)' "and says why"
kill -CONT "$daemon"

for how in "$syslog" "$must"; do
	settings more="$how"
	daemon_stop
	daemon_start
	fresh
	rm -f up on
	"$SRT" -s "$T/settings.json" sh -c 'true >/etc/before; : >up
	    until [ -e on ]; do sleep 0.05; done; true >/etc/after
	    exit 0' 2>/dev/null &
	pid=$!
	wait_for 5 test -e up
	wait_for 10 grep -q /etc/before "$rec"
	daemon_stop
	daemon_start
	: >on
	wait "$pid"
	is "$?" 0 "the daemon is started anew during the run"
	audit 'gapless, [x["target"] for x in event("refusal")], r[-1]["event"]' \
	    "(True, ['/etc/before', '/etc/after'], 'end')" \
	    "which goes on where it was"
done

rm -f up on
run sh -c '
	"$1" -s "$2/settings.json" sh -c "
	    : >up; until [ -e on ]; do sleep 0.05; done; true >/etc/after
	    sleep 20; : >late" &
	until [ -e up ]; do sleep 0.05; done
	kill "$3"; rm -f "$4"; : >on
	wait "$!"' sh "$SRT" "$T" "$daemon" "$log"
wait "$daemon" 2>/dev/null
is "$st" 125 "it does not come back: the run ends"
like "$err" 'requireAudit: .*the command was killed' "and says why"
refuse "and the command with it" test -e late
srt touch ran
is "$st" 125 "there is none: the run does not begin"
like "$err" 'requireAudit: no record can be written: /dev/log' "and says why"
refuse "nothing has run" test -e ran
settings more="$syslog"
srt sh -c 'echo here'
is "$st:$out" "0:here" "unless it need not have a record"
like "$err" 'no audit record of this run: /dev/log' "which is said"
daemon_start

# --- srt itself

fresh
rm -f up
settings more="$syslog"
"$SRT" -s "$T/settings.json" sh -c 'true >/etc/x; : >up; sleep 20' 2>/dev/null &
pid=$!
wait_for 5 test -e up
# Its record has begun, and has the refusal.
wait_for 10 grep -q '"target":"/etc/x"' "$rec"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
wait_for 5 grep -q '"event":"end"' "$rec"
audit 'gapless, r[-1]["event"], r[-1]["status"], r[-1]["refusals"]' \
    "(True, 'end', None, 1)" "srt is killed: the record has an end"

# --- who decides

settings more="\"audit\": { \"to\": \"file\", \"file\": \"$T/mine\" }"
srt touch ran
is "$st" 125 "a file is for root"
like "$err" 'audit\.file' "and the key is named"
refuse "nothing has run" test -e ran
SRT=$T/prefix/bin/srt
SRT_TEST_POLICY=$T/policy.json
export SRT_TEST_POLICY
echo '{ "network": { "deniedDomains": ["x.test"] } }' >"$T/policy.json"
settings
fresh
srt true
audit '[x["event"] for x in r]' "['start', 'end']" \
    "with an administrator's policy there is a record"
settings more='"audit": { "to": "none" }'
fresh
srt true
audit '[x["event"] for x in r]' "['start', 'end']" \
    "which a user cannot do without"
like "$err" 'audit\.to: .*it goes to syslog' "which is said"
echo '{ "audit": { "to": "none" } }' >"$T/policy.json"
settings
fresh
srt true
is "$st:$(wc -c <"$rec")" "0:0" "but the administrator can"
echo '{ "requireAudit": true }' >"$T/policy.json"
srt true
audit 'r[0]["required"]' True "the policy can require it"
daemon_stop
srt touch ran
is "$st" 125 "and then nothing runs without"
unset SRT_TEST_POLICY
SRT=$T/prefix/bin/srt

# --- a real daemon

if [ -x /usr/sbin/rsyslogd ] || have rsyslogd; then
	cat >"$T/rsyslog.conf" <<EOT
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$log")
template(name="message" type="string" string="%syslogfacility-text% %programname%%msg%\n")
*.* action(type="omfile" file="$T/messages" template="message")
EOT
	PATH=$PATH:/usr/sbin rsyslogd -n -i NONE -f "$T/rsyslog.conf" \
	    >"$T/rsyslog.out" 2>&1 &
	daemon=$!
	wait_for 5 test -S "$log"
	settings more="$must"
	srt sh -c 'true >"/etc/a\"b"; exit 5'
	is "$st" 5 "rsyslogd: the run"
	wait_for 5 grep -q '"event":"end"' "$T/messages"
	is "$(grep -c '^authpriv srt {"schema":1,"run":"[0-9a-f]*","seq":[123],' \
	    "$T/messages")" 3 "rsyslogd has every record"
	sed -n 's/^authpriv srt //p' "$T/messages" >"$rec"
	audit 'gapless, r[1]["target"], r[2]["status"]' \
	    "(True, '/etc/a\"b', 5)" "and they are what was sent"
else
	skip "rsyslogd" "not installed"
fi
kill "$daemon" "$host" 2>/dev/null
wait "$daemon" "$host" 2>/dev/null

done_testing
