#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The administrator's policy above a user's settings: denials that are added,
# allowances that are a ceiling, keys that are locked.  That the files must be
# root's is tested by settings_admin_test; here srt is one that reads those of
# the test ($T/admin), and the real one does not.

. "$(dirname "$0")/lib.sh"

[ -x "${SRT_HELPERS:-}/adminsrt" ] || skip_all "no adminsrt"

# With the programs that belong to it beside it.
mkdir_prefix() {
	mkdir -p "$T/prefix/bin" &&
	    cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt" &&
	    cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
}

rig_more() {
	mkdir_prefix
}

rig net

real=$SRT
SRT=$T/prefix/bin/srt
url=http://allowed.test/
other=http://other.test/
mkdir -p "$T/admin"

# policy JSON: of the administrator.
policy() {
	printf '%s\n' "$1" >"$T/admin/policy.json"
	SRT_TEST_POLICY=$T/admin/policy.json
	export SRT_TEST_POLICY
}

get() {
	srt curl -sf -m 10 -o /dev/null "$@"
}

# --- hosts

settings net_allow='"allowed.test", "other.test"'
unset SRT_TEST_POLICY
get "$other"
is "$st" 0 "without a policy the user decides"
policy '{ "network": { "allowedDomains": ["allowed.test"] } }'
get "$url"
is "$st" 0 "beneath the ceiling: reached"
get "$other"
is "$st" 22 "above it: refused"
like "$err" "settings\.json:[0-9]+:[0-9]+: network\.allowedDomains\.1: .*administrator.*$T/admin/policy\.json:1" \
    "and a warning at the start names both files"
like "$err" '^deny network-outbound other\.test:80 ' "and the report the host"
like "$err" 'administrator' "and who does not allow it"
srt env -u http_proxy -u HTTP_PROXY curl -sf -m 10 -o /dev/null "$other"
check "above it without a proxy: refused, too" [ "$st" -ne 0 ]
srt env -u http_proxy -u HTTP_PROXY curl -sf -m 10 -o /dev/null "$url"
is "$st" 0 "beneath it without a proxy: reached"

policy '{ "network": { "allowedDomains": [] } }'
get "$url"
is "$st" 22 "an empty ceiling allows nothing"
policy '{ "network": { "deniedDomains": ["other.test"],
    "deniedDomainReasons": { "other.test": "ask us first" } } }'
get "$url"
is "$st" 0 "a denial leaves others"
get "$other"
is "$st" 22 "a denial is added"
like "$err" 'other\.test:80 \(ask us first\)' "with its reason"
policy '{ "network": { "deniedResolvedAddresses": ["203.0.113.11"] } }'
get "$url"
is "$st" 0 "a denied address leaves others"
get "$other"
is "$st" 22 "a denied address is added"

# Two files are one policy.
policy '{ "network": { "deniedDomains": ["allowed.test"] } }'
printf '%s\n' '{ "network": { "deniedDomains": ["other.test"] } }' \
    >"$T/admin/second.json"
SRT_TEST_POLICY=$SRT_TEST_POLICY:$T/admin/second.json
get "$url"
is "$st" 22 "of two files the one denies"
get "$other"
is "$st" 22 "and the other"

# --- live changes

policy '{ "network": { "allowedDomains": ["allowed.test"] },
    "locked": ["network.allowSniMismatch"] }'
settings net_allow=''
live() {
	printf '%s\n' "$1" >"$T/line"
	run "$SRT" -s "$T/settings.json" --control-fd 9 sh -c '
		n=0
		until curl -sf -m 10 -o /dev/null "$1"; do
			[ $((n += 1)) -lt 50 ] || break
			sleep 0.1
		done
		curl -sf -m 10 -o /dev/null "$1"; echo "$?"
		curl -sf -m 10 -o /dev/null "$2"; echo "$?"
	' sh "$url" "$other" 9<"$T/line"
}
fs='"filesystem": { "denyRead": [], "allowWrite": [], "denyWrite": [] }'
live '{ "network": { "allowedDomains": ["allowed.test", "other.test"], "deniedDomains": [] }, '"$fs"' }'
is "$out" "0
22" "an update cannot allow more than the policy"
live '{ "network": { "allowedDomains": ["allowed.test"], "deniedDomains": [], "allowSniMismatch": true }, '"$fs"' }'
is "$out" "22
22" "an update with a locked key is not taken"
like "$err" 'control fd' "and that is said"

# --- files

settings allow_read="\"$T/closed/mine\""
mkdir -p "$T/closed/mine" "$W/in" "$W/out" "$W/d"
echo secret >"$T/closed/mine/file"
policy "{ \"filesystem\": { \"denyRead\": [\"$T/closed\"] } }"
srt cat "$T/closed/mine/file"
check "what is denied is not allowed again" [ "$st" -ne 0 ]
is "$out" "" "and not shown"
like "$err" "filesystem\.allowRead\.0.*administrator.*policy\.json:1" \
    "and the entry is said to be without effect"
settings allow_write="\"$T/closed/mine\""
srt cat "$T/closed/mine/file"
is "$out" "" "nor by an entry of allowWrite"
srt sh -c "echo x >$T/closed/mine/new"
refuse "which does not open it for writing either" \
    test -e "$T/closed/mine/new"
settings deny_read="\"$T/closed\"" allow_read="\"$T/closed/mine\""
policy '{ "filesystem": { "allowRead": [] } }'
srt cat "$T/closed/mine/file"
is "$out" "" "an empty allowRead lets nothing be allowed again"
policy "{ \"filesystem\": { \"allowRead\": [\"$T/closed/mine\"] } }"
srt cat "$T/closed/mine/file"
is "$out" "secret" "what it names may be"

settings
policy "{ \"filesystem\": { \"denyWrite\": [\"$W/out\"] } }"
srt sh -c 'echo x >in/a; echo x >out/a'
check "denyWrite leaves others" test -e "$W/in/a"
refuse "denyWrite is added" test -e "$W/out/a"

policy "{ \"filesystem\": { \"allowWrite\": [\"$W/in\", \"$W/*/log\"] } }"
srt sh -c 'echo x >in/b; echo x >out/b; mkdir d/log && echo x >d/log/b
    echo x >b; mkdir in/deep && echo x >in/deep/b; mv in/b out/b
    ln in/b out/c; mv in/deep deep'
check "beneath the ceiling: written" test -e "$W/in/b"
check "a pattern of it holds for later files" test -e "$W/d/log/b"
for f in b out/b out/c deep; do
	refuse "above it: not written ($f)" test -e "$W/$f"
done
policy '{ "filesystem": { "allowWrite": ["/srv/nowhere"] } }'
srt sh -c 'echo x >in/c'
refuse "beside it: not written" test -e "$W/in/c"
like "$err" "settings\.json:[0-9]+: filesystem\.allowWrite\.0.*administrator.*policy\.json:1" \
    "and a warning names both files"
policy "{ \"filesystem\": { \"allowWrite\": [\"$W/in\"] } }"
srt sh -c 'echo x >in/d; echo x >out/d'
check "a ceiling of paths: beneath it" test -e "$W/in/d"
refuse "a ceiling of paths: above it" test -e "$W/out/d"

# The user's HOME is not what "~" of the policy is.
policy '{ "filesystem": { "allowWrite": ["~"] } }'
run env HOME="$W" "$SRT" -s "$T/settings.json" sh -c 'echo x >out/e'
refuse "HOME does not lift the ceiling" test -e "$W/out/e"

# --- switches

settings fs_more='"disabled": true'
policy "{ \"filesystem\": { \"denyRead\": [\"$T/closed\"] } }"
srt cat "$T/closed/mine/file"
is "$out" "" "filesystem.disabled does not lift a denial"
like "$err" 'filesystem\.disabled: .*administrator' "and that is said"
policy "{ \"filesystem\": { \"denyRead\": [\"$T/closed\"],
    \"disabled\": true } }"
srt cat "$T/closed/mine/file"
is "$out" "secret" "unless the policy says that it may"

settings net_more='"allowAllUnixSockets": true'
policy '{ "locked": ["network.allowAllUnixSockets"] }'
srt touch "$W/ran"
is "$st" 125 "a locked key: refused"
like "$err" "settings\.json:[0-9]+:[0-9]+: network\.allowAllUnixSockets: .*$T/admin/policy\.json:1" \
    "key and files are named"
refuse "nothing has run" test -e "$W/ran"
settings more='"commands": { "x": { "env": { "clear": true } } }'
policy '{ "locked": ["env"] }'
srt true
is "$st" 125 "a locked key in a command's settings: refused"
settings net_more='"httpProxyPort": 9'
policy '{ "network": { "deniedDomains": ["other.test"] } }'
srt true
is "$st" 125 "a proxy that would decide in place of the policy: refused"
like "$err" 'network\.httpProxyPort' "and named"
settings
policy '{ "network": { "allowedDomain": [] } }'
srt true
is "$st" 125 "a policy with a mistake: refused"
like "$err" "policy\.json:1:.*did you mean 'allowedDomains'" "and shown"
policy ''
srt true
is "$st" 125 "an empty policy: refused"

# --- sockets

if have python3; then
	cat >"$T/echo.py" <<'EOT'
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
while True:
    c, _ = s.accept()
    c.sendall(b"hello")
    c.close()
EOT
	cat >"$T/dial.py" <<'EOT'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.recv(9).decode())
EOT
	mkdir "$T/run"
	for s in one two; do
		python3 "$T/echo.py" "$T/run/$s" &
		wait_for 5 test -S "$T/run/$s"
	done
	settings net_more="\"allowUnixSockets\": [\"$T/run/*\", \"$T/run/two\"]"
	policy "{ \"network\": { \"allowUnixSockets\": [\"$T/run/one\"] } }"
	srt python3 "$T/dial.py" "$T/run/one"
	is "$out" hello "a socket beneath the ceiling"
	srt python3 "$T/dial.py" "$T/run/two"
	check "a socket above it" [ "$st" -ne 0 ]
	settings net_more="\"allowUnixSockets\": [\"$T/run/*\"],
	    \"allowAllUnixSockets\": true"
	srt python3 "$T/dial.py" "$T/run/two"
	check "allowAllUnixSockets does not lift it" [ "$st" -ne 0 ]
	policy '{ "network": { "allowUnixSockets": [] } }'
	srt python3 "$T/dial.py" "$T/run/one"
	check "an empty ceiling allows none" [ "$st" -ne 0 ]
else
	skip "sockets" "no python3"
fi

# --- the environment

settings more='"env": { "keep": ["LANG", "SECRET"] }'
policy '{ "env": { "clear": true, "keep": ["LANG", "PATH"] } }'
run env SECRET=x "$SRT" -s "$T/settings.json" /usr/bin/env
like "$out" '^LANG=' "what the policy lets be kept is"
unlike "$out" '^SECRET=' "and nothing else"

# --- what is said

settings
policy '{ "network": { "deniedDomains": ["other.test"], "strictAllowlist": true } }'
srt -nn
is "$st" 0 "-nn"
like "$err" "^network\.deniedDomains  \"other\.test\"  $T/admin/policy\.json:1\$" \
    "-nn names the policy's file"
like "$err" "^network\.allowedDomains  \"allowed\.test\"  $T/settings\.json:[0-9]+\$" \
    "and the user's"
like "$err" '^network\.cutWithdrawn  true  built in$' "and what is built in"

# --- the real one

policy '{ "network": { "allowedDomains": [] } }'
SRT=$real
SRT_POLICY=$SRT_TEST_POLICY SRT_SYSCONFDIR=$T/admin SYSCONFDIR=$T/admin
export SRT_POLICY SRT_SYSCONFDIR SYSCONFDIR
if [ -e /etc/srt ]; then
	skip "no variable names a policy" "there is one on this machine"
else
	get "$url"
	is "$st" 0 "no variable names a policy"
fi
for opt in policy admin sysconfdir config-dir; do
	run "$SRT" --$opt "$T/admin" -n -s "$T/settings.json"
	is "$st" 125 "nor does an option --$opt"
done

done_testing
