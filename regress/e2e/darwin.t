#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# srt as it is on macOS, whole, run here over what stands in for that system
# (helper/darwin_*.c): its ports and their token, its reports out of the
# system's log, its checks and refusals.  What a profile holds is not tried
# here: there is no Seatbelt (see seatbelt_test.c).

. "$(dirname "$0")/lib.sh"
: "${SRT_HELPERS:=$O/regress}"
SRT=$SRT_HELPERS/darwin/bin/srt
rig net

CURL="curl -sS --max-time 20 --cacert $CA"

# --- through the proxy, and not past it

srt $CURL http://allowed.test/
is "$out:$st:$err" 'hello from allowed.test:0:' 'an allowed host answers (http)'
srt $CURL https://allowed.test/
is "$out:$st" 'hello from allowed.test:0' 'an allowed host answers (https)'
srt $CURL -o /dev/null -w '%{http_code}' http://other.test/
is "$out" 403 'another one is refused'
is "$err" '<sandbox_violations>
deny network-outbound other.test:80 (host is not on the allow list)
</sandbox_violations>' 'and told of'
# shellcheck disable=SC2016
srt sh -c "$CURL"' --proxy "$FTP_PROXY" http://allowed.test/'
is "$out" 'hello from allowed.test' 'SOCKS5 with the password'
# shellcheck disable=SC2016
srt sh -c "$CURL"' --proxy "$FTP_PROXY" http://other.test/'
is "$st" 97 'to another host it is refused'

# --- the token: without it a port of this machine is of no use to others

# Another command of the user's, outside, while one runs inside.
cat >"$T/inside" <<'EOT'
env >"$1/env.new" && mv "$1/env.new" "$1/env"
while [ ! -e "$1/go" ]; do sleep 0.02; done
EOT
"$SRT" -s "$T/settings.json" sh "$T/inside" "$W" >"$T/first.out" 2>&1 &
first=$!
check 'a command runs' wait_for 10 test -e "$W/env"
http=$(sed -n 's/^http_proxy=//p' "$W/env")
socks=$(sed -n 's/^FTP_PROXY=//p' "$W/env")
token=${http#*:*:}
token=${token%@*}
like "$http" '^http://srt:[0-9a-f]{32}@localhost:[0-9]+$' 'the HTTP proxy'
like "$socks" '^socks5h://srt:[0-9a-f]{32}@localhost:[0-9]+$' 'the SOCKS one'
is "$(sed -n 's/^TMPDIR=//p' "$W/env")" /tmp/claude 'TMPDIR'
is "$(stat -c '%a %u' /tmp/claude)" "700 $(id -u)" 'which is made'
ask() {
	run $CURL -o /dev/null -w '%{http_code}' "$@" http://allowed.test/
}
ask --proxy "$http"
is "$out" 200 'with the token anybody may ask'
port=${http##*:}
ask --proxy "http://localhost:$port"
is "$out" 407 'without it nobody'
ask --proxy "http://srt:$(echo "$token" | tr 0-9a-f 1-9a-f0)@localhost:$port"
is "$out" 407 'nor with another'
ask --proxy "http://srt:${token%?}@localhost:$port"
is "$out" 407 'nor with a part of it'
ask --proxy "http://localhost:$port" --proxy-header \
    "Proxy-Authorization: Bearer $token"
is "$out" 407 'nor by another scheme'
run $CURL --proxy "http://localhost:$port" https://allowed.test/
is "$st" 56 'nor by CONNECT'
ask --proxy "socks5h://localhost:${socks##*:}"
is "$st" 97 'nor by SOCKS5'
ask --proxy "socks5h://srt:x@localhost:${socks##*:}"
is "$st" 97 'nor there with another'
ask --proxy "socks4a://srt@localhost:${socks##*:}"
is "$st" 97 'nor by SOCKS4, which knows none'
settings
cat /proc/[0-9]*/cmdline 2>/dev/null | tr -d '\0' >"$T/words"
refuse 'it is in no argument' grep -q "$token" "$T/words"
for pid in $first $(pids_of srt-); do
	tr -d '\0' <"/proc/$pid/environ"
done >"$T/words" 2>/dev/null
refuse 'and in no environment of ours' grep -q "$token" "$T/words"
check 'which were looked at' grep -q PATH= "$T/words"
ask --proxy "$http"
is "$out" 200 'but still the token of that run'
srt sh -c 'echo "$http_proxy"'
unlike "$out" "$token" 'another run has another'
touch "$W/go"
wait "$first"
is "$?:$(cat "$T/first.out")" 0: 'the first run ends'
run $CURL --proxy "$http" http://allowed.test/
is "$st" 7 'and with it its ports'

# --- who is killed leaves no port

rm -f "$W/env" "$W/go"
"$SRT" -s "$T/settings.json" sh "$T/inside" "$W" >"$T/first.out" 2>&1 &
first=$!
check 'a command runs' wait_for 10 test -e "$W/env"
http=$(sed -n 's/^http_proxy=//p' "$W/env")
kill -KILL "$first"
wait "$first" 2>/dev/null
port_gone() {
	$CURL -o /dev/null --proxy "$http" http://allowed.test/
	[ $? -eq 7 ]
}
check 'srt killed: the ports are closed' wait_for 10 port_gone
command_gone() {
	[ -z "$(pids_of "sh $T/inside")" ]
}
check 'and the command is gone' wait_for 10 command_gone

# --- what the system logs

DENIED=/Users/a/.ssh/id_rsa PROFILE=$W/profile srt true
is "$st:$err" '0:<sandbox_violations>
deny file-read-data /Users/a/.ssh/id_rsa
</sandbox_violations>' 'a refusal in the log is reported'
DENIED=/a srt --violations "$T/v.json" -q true
like "$(cat "$T/v.json")" '"operation":"file-read-data","target":"/a"' \
    'and recorded'
settings more='"ignoreViolations": {"*": ["/a"]}'
DENIED=/a srt true
is "$err" '' 'unless it is ignored'
settings

# --- the policy, as the system takes it

settings deny_read='"/System/Volumes/Data/Users/a/.ssh"' \
    deny_write='"/System/Volumes/Data/b"'
PROFILE=$W/profile srt true
check 'what is on the data volume is named without it, too' \
    grep -q '"/Users/a/.ssh"' "$W/profile"
check 'and with it' \
    grep -q '"/System/Volumes/Data/Users/a/.ssh"' "$W/profile"
settings

# --- temporary files

PROFILE=$W/profile srt true
check 'TMPDIR may be written' grep -q '(subpath "/tmp/claude")' "$W/profile"
mkdir -m 700 "$T/own"
# shellcheck disable=SC2016
TMPDIR=$T/own/ PROFILE=$W/profile srt sh -c 'echo "$TMPDIR"; mktemp'
like "$out" "^$T/own/claude\$" 'it is in a private one of the caller'
like "$out" "^$T/own/claude/tmp[.]" 'where temporary files are made'
check 'and may be written' grep -qF "(subpath \"$T/own/claude\")" "$W/profile"
rmdir /tmp/claude
mkdir -m 755 "$T/others"
ln -s "$T/others" /tmp/claude
PROFILE=$W/profile srt true
like "$err" 'claude is not yours alone' "F16: a link in its place is told of"
refuse 'F16: and not followed' grep -q "$T/others" "$W/profile"
rm /tmp/claude

# --- what cannot be enforced is refused

refused() {
	settings "$1"
	srt touch "$W/ran"
	is "$st" 125 "$2: refused"
	like "$err" "^Error: $2: " "$2: by name"
	refuse "$2: nothing ran" test -e "$W/ran"
}
refused 'more="mode": "landlock"' mode
refused 'more="limits": {"memory": "64M"}' limits.memory
refused 'more="limits": {"pids": 10}' limits.pids
refused 'net_more="publishPorts": ["8080"]' network.publishPorts
settings
srt --learn "$T/learned.json" touch "$W/ran"
is "$st" 125 '--learn: refused'
refuse '--learn: nothing was written' test -e "$T/learned.json"

# --- statuses, and what srt says of itself

srt sh -c 'exit 9'
is "$st" 9 "the command's status"
srt sh -c 'kill -TERM $$'
is "$st" 143 'its signal'
srt no-such-command
is "$st" 127 'no such command'
srt --check
# Root, who owns "/", may be nobody that is known in the rig's namespace.
is "$(printf '%s\n' "$out" | grep '^missing' |
    grep -v -e ' belongs to another user' -e '^missing  log  ')" '' '--check'
like "$out" '^ok  seatbelt  ' '--check: Seatbelt'
like "$out" '^ok  run  ' '--check: a run'
like "$out" '^missing  log  .*these settings do not need' '--check: the log'
srt --check --json
if have python3; then
	printf '%s\n' "$out" >"$T/check.json"
	check '--check --json' python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)
' "$T/check.json"
fi
done_testing
