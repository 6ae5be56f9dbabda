#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2317,SC3045
#
# Attacks on the policy: by the command inside, by another user of the machine
# and by a user against the administrator.  Each is made as its author would,
# and has to fail.

. "$(dirname "$0")/lib.sh"

[ -x "${SRT_HELPERS:-}/adminsrt" ] || skip_all "no adminsrt"
have python3 || skip_all "no python3"

rig_more() {
	mkdir -p "$T/prefix/bin" &&
	    cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt" &&
	    cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
	rig_internet_user python3 "$E2E/policy_attack.py" endless \
	    "$T/endless" 203.0.113.10 >"$T/endless.out" 2>&1 &
	wait_for 10 test -s "$T/endless"
}

rig net

SRT=$T/prefix/bin/srt
PY="python3 $E2E/policy_attack.py"
LOG=$T/asked
mkdir -p "$T/admin"
cp "$E2E/policy_attack.py" "$T/"
IN="python3 $T/policy_attack.py"
bare="env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY
    -u ALL_PROXY -u all_proxy"

# policy JSON: of the administrator.
policy() {
	printf '%s\n' "$1" >"$T/admin/policy.json"
	SRT_TEST_POLICY=$T/admin/policy.json
	export SRT_TEST_POLICY
}

no_policy() {
	unset SRT_TEST_POLICY
}

# reached URL ...: status 0 if any of them answers.
cat >"$T/reached.sh" <<'EOT'
for url; do
	if curl -s --max-time 5 -o out -w '%{http_code}' "$url" |
	    grep -q '^[1235]'; then
		grep -qs hello out && { echo "REACHED $url"; rm -f out; }
	fi
done
exit 0
EOT
unreached() {
	_name=$1
	shift
	srt sh "$T/reached.sh" "$@"
	is "$out" "" "$_name"
}

# refused NAME: the last run did not start.
refused() {
	is "$st" 125 "$1"
	refuse "... and nothing has run" test -e "$W/ran"
	rm -f "$W/ran"
}

# --- 1. the administrator's denials, in other spellings

settings net_allow='"allowed.test", "other.test", "203.0.113.11", "*.test.test", "203.0.113.0/24"'
policy '{ "network": { "deniedDomains": ["other.test", "203.0.113.11"] } }'
set -- http://other.test/ http://OTHER.test/ http://other.test./ \
    http://OtHeR.TEsT.:80/ http://other%2etest/ http://%6fther.test/ \
    'http://allowed.test@other.test/' http://203.0.113.11/ \
    http://0xcb00710b/ http://3405803787/ http://203.0.28939/ \
    http://0313.0.0161.013/ 'http://[::ffff:203.0.113.11]/' \
    'http://[::ffff:cb00:710b]/' 'http://[64:ff9b::cb00:710b]/' \
    http://other.test。/ http://203.0.113.11./
unreached "a denied host in other spellings" "$@"
no_policy
srt sh "$T/reached.sh" "$@"
check "(without the denial they lead there)" test \
    "$(printf '%s\n' "$out" | grep -c REACHED)" -gt 5
policy '{ "network": { "deniedDomains": ["other.test", "203.0.113.11"] } }'
unreached "by way of SOCKS and without a proxy" \
    http://allowed.test:99999/ http://other.test:80/
srt $bare sh "$T/reached.sh" http://other.test/ http://OTHER.TEST./ \
    http://203.0.113.11/ http://3405803787/ 'http://[::ffff:203.0.113.11]/'
is "$out" "" "and by connect(2)"
srt sh -c 'http_proxy=socks5h://127.0.0.1:1080 sh "$@"' sh "$T/reached.sh" \
    http://other.test./ http://OTHER.test/ 'http://[::ffff:203.0.113.11]/'
is "$out" "" "and by SOCKS"
srt $IN get 3128 'GET http://allowed.test/ HTTP/1.1' 'Host: other.test' \
    'Connection: close'
unlike "$out" 'hello from other' "the name in Host counts for nothing"
srt $IN get 3128 'GET http://other.test#@allowed.test/ HTTP/1.1' \
    'Host: allowed.test' 'Connection: close'
unlike "$out" 'hello' "nor a fragment"
srt sh "$T/reached.sh" http://allowed.test/
is "$out" "REACHED http://allowed.test/" "(the others are reached)"

policy '{ "network": { "deniedDomains": ["203.0.113.8/29:1-1023"] } }'
unreached "the last address of a network and the last port" \
    http://203.0.113.11/ http://other.test/ http://203.0.113.10/
policy '{ "network": { "deniedDomains": ["[::]/0"] } }'
unreached "[::]/0 holds IPv4 as well" http://203.0.113.11/ \
    http://other.test/ http://allowed.test/
policy '{ "network": { "deniedDomains": ["*:1-79", "*:81-65535"] } }'
unreached "every port but one" http://allowed.test:8080/

# --- a ceiling

settings net_allow='"allowed.test", "other.test", "*.allowed.test", "203.0.113.0/24", "allowed.test:1-65535", "ALLOWED.test"'
policy '{ "network": { "allowedDomains": ["allowed.test:80-80", "203.0.113.12/32"] } }'
unreached "wider than the ceiling: subdomains, ports, networks" \
    http://sub.allowed.test/ http://allowed.test:8080/ http://other.test/ \
    http://203.0.113.11/ http://203.0.113.10/ 'http://[2001:db8::10]/' \
    'http://[::ffff:203.0.113.11]/'
srt $bare sh "$T/reached.sh" http://sub.allowed.test/ http://other.test/ \
    http://allowed.test:8080/ http://203.0.113.11/
is "$out" "" "nor by connect(2)"

# A denied name of this machine, by its address.
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$T/nginx/www" \
    >"$T/http.out" 2>&1 &
http=$!
wait_for 10 grep -q 'port [0-9]' "$T/http.out"
local=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$T/http.out")
echo hello >"$T/nginx/www/index.html"
settings net_allow="\"localhost\", \"127.0.0.1\", \"127.0.0.0/8\""
no_policy
srt sh "$T/reached.sh" "http://127.0.0.1:$local/"
is "$out" "REACHED http://127.0.0.1:$local/" "(this machine is reached)"
for deny in '"localhost"' '"127.0.0.0/8"'; do
	policy "{ \"network\": { \"deniedDomains\": [$deny] } }"
	unreached "$deny denied: by the proxies" \
	    "http://localhost:$local/" "http://127.0.0.1:$local/" \
	    "http://127.1:$local/" "http://[::ffff:127.0.0.1]:$local/" \
	    "http://x.localhost:$local/"
	srt $bare sh "$T/reached.sh" "http://127.0.0.1:$local/" \
	    "http://localhost:$local/"
	is "$out" "" "$deny denied: by connect(2)"
done

# --- switches and keys

settings fs_more='"disabled": true' allow_write='"/"'
policy "{ \"filesystem\": { \"allowWrite\": [\"$W\"] } }"
srt sh -c "echo x >$T/above"
refuse "filesystem.disabled does not lift a ceiling" test -e "$T/above"
settings net_more='"parentProxy": { "http": "http://127.0.0.1:1" }'
policy '{ "locked": ["network.parentProxy", "network.mitmProxy"] }'
srt touch ran
refused "a locked parentProxy"
settings more='"commands": { "touch": { "network": { "mitmProxy": { "socketPath": "/x", "domains": ["allowed.test"] } } } }, "extendable": ["network.mitmProxy.socketPath", "network.mitmProxy.domains"]'
srt touch ran
refused "a locked mitmProxy of a command's"
for key in network.socksProxyPort network.httpProxyPort; do
	settings net_more="\"${key#*.}\": 9"
	policy '{ "network": { "strictAllowlist": true } }'
	srt touch ran
	refused "$key beneath a policy of hosts"
	settings more="\"commands\": { \"touch\": { \"network\": { \"${key#*.}\": 9 } } }, \"extendable\": [\"$key\"]"
	srt touch ran
	refused "likewise in a command's settings"
done
settings more='"locked": []'
srt touch ran
refused "a user's own \"locked\""
settings more='"requireAudit": false, "audit": { "to": "none" }'
policy '{ "requireAudit": true }'
srt touch ran
refused "requireAudit switched off, and no daemon"

# A lock is none if what the key allows can be had otherwise.
for locked in '"network.allowedDomains", "filesystem.allowWrite"' \
    '"network", "filesystem"'; do
	settings net_allow='' allow_write=''
	policy "{ \"locked\": [$locked] }"
	run $PY ask yes "$LOG" "$SRT" -s "$T/settings.json" --ask-fd 6 \
	    curl -s -m 5 -o /dev/null -w '%{http_code}' http://other.test/
	is "$out:$(wc -c <"$LOG")" "403:0" "--ask gets round a lock: $locked"
	rm -f "$T/learned.json"
	run "$SRT" -s "$T/settings.json" --learn "$T/learned.json" sh -c "
	    echo x >$T/above; : >ran; curl -s -m 5 http://other.test/"
	unlike "$out" '^hello' "--learn does: $locked"
	refuse "... and writes" test -e "$T/above" -o -e "$W/ran"
	settings net_allow='' allow_write='' fs_more='"disabled": true'
	srt sh -c "echo x >$T/above"
	refuse "filesystem.disabled does: $locked" test -e "$T/above"
	settings net_allow='' allow_write='' net_more='"httpProxyPort": 9'
	srt touch ran
	refused "httpProxyPort does: $locked"
done
rm -f "$T/learned.json"

# What one layer says twice, or not in text.
no_policy
for text in '"locked": ["env"], "locked": []' \
    '"network": { "deniedDomains": ["other.test"] }, "network": {}'; do
	settings net_allow='"other.test"'
	policy "{ $text }"
	srt sh "$T/reached.sh" http://other.test/
	like "$st:$out:$err" '^(125:|0::|0:[^R])|duplicate|twice' \
	    "a key twice in the policy: $(echo "$text" | cut -c1-20)"
done
policy '{ "network": { "deniedDomains": ["other.test\u0000.x.test"] } }'
srt touch ran
refused "a NUL in the policy"
policy '{ "network": { "deniedDomains": ["other.test "] } }'
srt touch ran
refused "an entry of the policy that can never match"
no_policy
python3 -c 'print("[" * 200000)' >"$T/deep.json"
run "$SRT" -s "$T/deep.json" touch ran
refused "very deep settings"
python3 -c 'print("{" + ",".join("\"a%d\":1" % i for i in range(300000)) + "}")' \
    >"$T/wide.json"
run "$SRT" -s "$T/wide.json" touch ran
refused "very wide settings"
head -c 40000000 /dev/zero >"$T/zero.json"
run "$SRT" -s "$T/zero.json" touch ran
refused "settings of zeros"
rm -f "$T/zero.json" "$T/wide.json" "$T/deep.json"
run "$SRT" -s /dev/null touch ran
refused "settings from a device"
run timeout 10 sh -c 'cat "$1" | "$2" -s /dev/stdin cat /etc/hostname' sh \
    "$T/settings.json" "$SRT"
is "$st" 0 "(settings from a pipe)"
settings more='"limits": { "memory": "9223372036854775807T" }'
srt touch ran
refused "a limit that overflows"

# --- overlays

settings net_allow='' net_deny='"other.test"' \
    more='"commands": { "sh": { "network": { "allowedDomains": ["other.test"] } } }'
srt touch ran
refused "a command's settings that allow more"
for more in '"filesystem": { "disabled": true }' \
    '"network": { "strictAllowlist": false }' \
    '"env": { "set": { "A": "b" } }' '"git": { "safeDirectories": ["*"] }' \
    '"limits": { "pids": 10000 }' '"audit": { "to": "none" }' \
    '"commands": {}' '"extendable": ["network.allowedDomains"]' \
    '"network": { "publishPorts": [1] }' '"env": { "clear": false }' \
    '"network": { "cutWithdrawn": false }' '"allowNestedUserNamespaces": true'
do
	settings net_more='"strictAllowlist": true' \
	    more="\"limits\": { \"pids\": 999 }, \"env\": { \"clear\": true, \"keep\": [\"PATH\"] }, \"commands\": { \"touch\": { $more } }"
	srt touch ran
	refused "by a command's settings: $(echo "$more" | cut -c1-40)"
done
settings more='"commands": { "sh": { "env": { "set": { "WIDER": "1" } } } }, "extendable": ["env.set"]'
for how in /bin/sh ./sh 'env sh' 'sh ' ' sh' Sh; do
	ln -sf /bin/sh "$W/sh"
	srt $how -c 'echo "${WIDER-no}"'
	case $how in
	'sh '|' sh')	is "$out" 1 "(words as they are typed)" ;;
	*)	unlike "$out" '^1$' "it is for \"sh\", not for \"$how\"" ;;
	esac
done
run "$SRT" -s "$T/settings.json" -c 'sh -c "echo \${WIDER-no}"'
is "$out" no "nor for what a shell runs"
rm -f "$W/sh"

# --- the environment

settings more='"env": { "set": { "SECRET_TOKEN": "mine", "LD_PRELOAD": "/x.so" }, "keep": ["*"] }'
policy '{ "env": { "unset": ["*_TOKEN", "LD_*", "BASH_ENV", "?DD"] } }'
run env A_TOKEN=1 SECRET_TOKEN=2 LD_PRELOAD= BASH_ENV=x ODD=y _TOKEN=z \
    "$SRT" -s "$T/settings.json" /usr/bin/env
unlike "$out" '^(A_TOKEN|SECRET_TOKEN|LD_PRELOAD|BASH_ENV|ODD|_TOKEN)=' \
    "what the administrator unsets no user sets"
settings more='"env": { "set": { "MORE": "x" }, "keep": ["*", "L*", "?ANG", "SECRET"] }'
policy '{ "env": { "clear": true, "keep": ["LANG", "PATH"], "unset": ["LANG"] } }'
run env SECRET=1 LANG=C LOGNAME=me "$SRT" -s "$T/settings.json" /usr/bin/env
unlike "$out" '^(SECRET|LANG|LOGNAME)=' "patterns do not get round a ceiling"
no_policy
settings more='"env": { "unset": ["*_KEY", "GIT_CONFIG_*", "CLAUDE_*"] }'
run env A_KEY=1 _KEY=2 'B
C_KEY=3' GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=a GIT_CONFIG_VALUE_0=secret \
    CLAUDE_TMPDIR="$W" "$SRT" -s "$T/settings.json" \
    /usr/bin/env -0
unlike "$(tr '\0' '\n' <"$T/run.out")" \
    '^(A_KEY|_KEY|C_KEY|GIT_CONFIG_VALUE_0|CLAUDE_TMPDIR)=' \
    "what is unset does not survive"

# git's directories: nine within the ceiling are not all that there are.
list=
for i in 1 2 3 4 5 6 7 8 9; do
	list="$list${list:+, }\"/srv/$i\""
done
settings more="\"git\": { \"safeDirectories\": [$list, \"/srv/../etc\", \"*\"] }"
policy '{ "git": { "safeDirectories": ["/srv/*"] } }'
srt /usr/bin/env
unlike "$out" '^GIT_CONFIG_VALUE_[0-9]*=(\*|/srv/\.\..*)$' \
    "many directories beneath a ceiling do not become all"

# --- files and links against a ceiling of patterns

rm -rf "$W/d" "$W/out"
mkdir -p "$W/d/log" "$W/out"
echo old >"$W/out/f"
chmod 600 "$W/out/f"
settings
policy "{ \"filesystem\": { \"allowWrite\": [\"$W/*/log\"] } }"
cat >"$T/links.py" <<'EOT'
import os
tries = [
    lambda: os.link("out/f", "d/log/f"),
    lambda: os.rename("out/f", "d/log/g"),
    lambda: os.symlink("../../out/f", "d/log/l"),
    lambda: open("d/log/l", "w").write("x"),
    lambda: os.open("/proc/self/fd/%d" % os.open("out/f", os.O_RDONLY),
                    os.O_WRONLY | os.O_TRUNC),
    lambda: os.fchmod(os.open("out/f", os.O_RDONLY), 0o666),
    lambda: os.chmod("out/f", 0o666),
    lambda: os.truncate("out/f", 0),
    lambda: os.utime("out/f", (1, 1)),
    lambda: os.setxattr("out/f", "user.x", b"y"),
    lambda: os.mkdir("out/log/../../out/new"),
    lambda: os.rename("d", "e"),
    lambda: os.rename("out", "d/log/out"),
    lambda: open("d/log/../../out/h", "w"),
    lambda: os.mknod("out/fifo"),
    lambda: os.unlink("out/f"),
]
for n, t in enumerate(tries):
    try:
        t()
    except OSError:
        pass
open("d/log/mine", "w")
EOT
srt python3 "$T/links.py"
check "(beneath the ceiling it can write)" test -e "$W/d/log/mine"
is "$(cat "$W/out/f"):$(stat -c %a "$W/out/f"):$(find "$W/out" | sort | xargs)" \
    "old:600:$W/out $W/out/f" "by links, names and descriptors: nothing above it"
if [ -e "$W/d/log/f" ]; then
	not_ok "no other name of it"
else
	ok "no other name of it"
fi
rm -rf "$W/d" "$W/out"

# HOME and the directories that srt lets be written by itself.
mkdir -p "$T/home2/.npm/_logs" "$T/home2/.claude/debug"
policy "{ \"filesystem\": { \"denyRead\": [\"$T/home2\"], \"allowWrite\": [\"$W\"] } }"
echo secret >"$T/home2/.npm/_logs/s"
run env HOME="$T/home2" "$SRT" -s "$T/settings.json" sh -c \
    'cat ~/.npm/_logs/s; echo x >~/.npm/_logs/x; echo x >~/.claude/debug/x'
is "$out" "" "HOME does not open what is denied"
refuse "nor lets it be written" test -e "$T/home2/.npm/_logs/x" -o \
    -e "$T/home2/.claude/debug/x"

# --- --learn is no way around it

mkdir -p "$W/in" "$W/out" "$T/shut"
echo secret >"$T/shut/s"
settings
policy "{ \"network\": { \"allowedDomains\": [\"allowed.test\"] },
    \"filesystem\": { \"allowWrite\": [\"$W/in\"], \"denyRead\": [\"$T/shut\"] } }"
run "$SRT" -s "$T/settings.json" --learn "$T/learned.json" sh -c "
    sh $T/reached.sh http://other.test/
    cat $T/shut/s; echo x >out/x; echo x >in/x; echo x >$T/shut/x
    ln -s ../out in/l; echo x >in/l/y"
unlike "$out" 'REACHED|secret' "--learn: hosts and reading"
check "(beneath the ceiling it can write)" test -e "$W/in/x"
refuse "--learn: writing" test -e "$W/out/x" -o -e "$W/out/y" -o \
    -e "$T/shut/x"
rm -rf "$W/in" "$W/out" "$T/learned.json"

# --- 2. asking

no_policy
settings
asked() {
	_mode=$1
	shift
	run $PY ask "$_mode" "$LOG" "$SRT" -s "$T/settings.json" --ask-fd 6 "$@"
}
for how in other fraction text case scope nul long early; do
	settings net_more='"askTimeoutSeconds": 1'
	asked "$how" sh "$T/reached.sh" http://other.test/
	is "$out" "" "an answer that is none: $how"
done
settings
asked yes curl -s -m 10 -o /dev/null http://other.test/ -o /dev/null \
    http://other.test/headers
is "$(wc -l <"$LOG" | tr -d ' ')" 2 \
    "once is one request, on one connection as on two"
policy '{ "network": { "allowedDomains": ["allowed.test"] } }'
asked yes sh "$T/reached.sh" http://other.test/
is "$out:$(wc -c <"$LOG")" ":0" "nobody is asked about what is above the ceiling"
policy '{ "network": { "strictAllowlist": true } }'
asked yes sh "$T/reached.sh" http://other.test/
is "$out:$(wc -c <"$LOG")" ":0" "nor where the administrator is strict"
policy '{ "network": { "deniedDomains": ["localhost"] } }'
asked yes $bare sh "$T/reached.sh" "http://127.0.0.1:$local/" \
    "http://localhost:$local/"
is "$out:$(wc -c <"$LOG")" ":0" "nor about this machine by its address"
no_policy
asked yes sh -c 'cp /usr/bin/curl "$(printf "x\"},\\n\\033[8m")" 2>/dev/null
    for f in x*; do $1 "./$f" -s -m 5 -o /dev/null http://other.test/; done' \
    sh env
python3 - "$LOG" <<'EOT' >"$T/out" 2>&1
import json, sys
for line in open(sys.argv[1], "rb"):
    q = json.loads(line.decode("utf-8", "strict"))
    assert set(q) == {"id", "type", "host", "port", "pid", "program"}, q
    assert q["host"] == "other.test"
print("well")
EOT
is "$(cat "$T/out")" well "a program's name stays within its quotes"
rm -f "$W"/x*
cat >"$T/name.py" <<'EOT'
import ctypes, socket
ctypes.CDLL(None).prctl(15, b'\xff\x9b\x1b[8m"}\n', 0, 0, 0)
try:
    s = socket.create_connection(("other.test", 80), 5)
    print("connected")
except OSError as e:
    print("no")
EOT
asked other $bare timeout 5 python3 "$T/name.py"
python3 - "$LOG" <<'EOT' >"$T/out" 2>&1
import json, sys
print(len([json.loads(x.decode()) for x in open(sys.argv[1], "rb")]))
EOT
is "$(cat "$T/out")" 1 "nor do bytes that are no text break the line"
settings net_more='"askTimeoutSeconds": 2'
cat >"$T/flood.py" <<'EOT'
import socket, threading
def one(i):
    s = socket.create_connection(("127.0.0.1", 3128))
    s.sendall(b"CONNECT h%d.other.test:443 HTTP/1.1\r\n\r\n" % i)
    d = s.recv(100)
    if b" 200 " in d.split(b"\r\n")[0]:
        print("REACHED", i)
ts = [threading.Thread(target=one, args=(i,)) for i in range(400)]
[t.start() for t in ts]
[t.join() for t in ts]
EOT
asked silent python3 "$T/flood.py"
is "$out:$st" ":0" "400 questions at once are no answer"
settings net_more='"askTimeoutSeconds": 1'
asked other $IN descriptors
is "$out" "" "the command has nothing of srt's"

# Denied while the question stands; what is open is not cut.
settings net_more='"cutWithdrawn": false'
cat >"$T/meanwhile.py" <<'EOT'
import json, os, socket, sys
ours, theirs = socket.socketpair()
cr, cw = os.pipe()
ar, aw = os.pipe()
pid = os.fork()
if pid == 0:
    ours.close()
    os.dup2(theirs.fileno(), 30)
    os.dup2(cr, 31)
    os.dup2(aw, 32)
    os.execv(sys.argv[2], sys.argv[2:])
theirs.close()
q = json.loads(ours.makefile().readline())
os.write(cw, open(sys.argv[1]).read().replace("\n", "").encode() + b"\n")
assert b"true" in os.read(ar, 100)
ours.sendall(b'{"id":%d,"answer":"allow"}\n' % q["id"])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOT
cp "$T/settings.json" "$T/first.json"
settings net_deny='"other.test"' net_more='"cutWithdrawn": false'
mv "$T/settings.json" "$T/second.json"
run python3 "$T/meanwhile.py" "$T/second.json" "$SRT" -s "$T/first.json" \
    --ask-fd 30 --control-fd 31 --control-ack 32 \
    sh "$T/reached.sh" http://other.test/
is "$out" "" "denied while the question stands: a yes comes too late"

# At a terminal.
settings
on_tty() {
	_keys=$1
	shift
	run $PY tty "$_keys" "$LOG" "$SRT" -s "$T/settings.json" --ask "$@"
}
go="sh $T/reached.sh http://other.test/"
for keys in 'y other.test:80\n' 's other.test:80\n' 'r other.test:80\n'; do
	settings
	on_tty "$keys" sh -c 'sleep 0.5; exec "$@"' sh timeout 5 $go
	refuse "typed before the question is there: $keys" \
	    grep -q REACHED "$LOG"
	refuse "... nor is it saved" grep -q other.test "$T/settings.json"
done
for keys in 'yarn install\n' 'sudo ls\n' 'rm x\n' '\x1b[1;1Ry\n' \
    ' y\n' 'Y es\n' 'y\x04' '\n' 'yy\n' 'ys\n' 'y\n' \
    ' y other.test:80\n' 'y other.test:80\x04' 'y other.test:80 \n' \
    '\x1b[1;1Ry other.test:80\n' 'y other.test\n'; do
	settings
	on_tty "answer:$keys" $go
	refuse "no answer: $keys" grep -q REACHED "$LOG"
	refuse "... nor saved" grep -q other.test "$T/settings.json"
done
settings
on_tty 'answer:\x03' sh -c 'for i in 1 2 3 4 5; do
	curl -s -o out http://other.test/ & done; wait
	for i in 1 2 3 4 5; do curl -s -o out http://other.test:$i/ & done; wait
	echo over'
is "$(grep -c 'wants to reach' "$LOG"):$(grep -c '^over' "$LOG")" 1:1 \
    "^C ends a flood of questions, and is a no to all"
on_tty 'answer:y other.test:80\n' $go
check "(an answer)" grep -q REACHED "$LOG"
settings net_more='"askTimeoutSeconds": 2'
on_tty none sh -c "$IN steal & $go; : >answered; wait"
refuse "the command answers for the person" grep -q REACHED "$LOG"
rm -f "$W/answered"
settings net_more='"askTimeoutSeconds": 6'
on_tty none $bare python3 -c 'import ctypes
ctypes.CDLL(None).prctl(15, b"\x1b[8m\x9b2J\ny", 0, 0, 0)
import socket
try: socket.create_connection(("other.test", 80), 5).recv(1)
except OSError: pass'
check "(it is asked)" grep -q 'wants to reach other.test' "$LOG"
is "$(grep 'wants to reach' "$LOG" | tr -d '[:print:]\n' | wc -c)" 0 \
    "a program's name sends nothing to the terminal"

# --- 3. what is saved goes nowhere else

settings
mkdir -p "$W/conf"
cp "$T/settings.json" "$W/conf/s.json"
cat >"$T/move.sh" <<'EOT'
mv conf conf.old; mkdir -p conf; ln -s /etc/passwd conf/s.json
rm -f conf/s.json; ln -sf ../victim conf/s.json; ln conf/s.json conf/hard
mkfifo conf/fifo; mv conf/fifo conf/s.json
echo '{}' >conf/s.json
curl -s -m 10 -o /dev/null http://other.test/
for i in 1 2 3 4 5; do ln -sf ../victim "conf/.srt-settings.$i"; done
curl -s -m 10 -o /dev/null http://other.test:8080/
EOT
echo untouched >"$W/victim"
run python3 "$E2E/ask.py" allow-save "$LOG" "$SRT" -s "$W/conf/s.json" \
    --ask-fd 6 sh "$T/move.sh"
is "$(cat "$W/victim")" untouched "settings in a writable directory: no link is followed"
check "and they are where they were" grep -q '"other.test:80"' \
    "$W/conf/s.json"
is "$(stat -c '%F %h' "$W/conf/s.json")" "regular file 1" "and what they were"
rm -rf "$W/conf" "$W/victim"

# --- 4. published ports

port=$(python3 "$E2E/publish.py" port)
for entry in '"127.0.0.1:9000:3128"' '"127.0.0.1:9000:1080"' '1080' \
    '"127.0.0.1:9000:53"' '"localhost:9000:80"' '"127.1:9000:80"' \
    '"::1:9000:80"' '"*:9000:80"' '"9000:03128"' '"127.0.0.1:9000:+3128"' \
    '0' '65536' '"9000:80:3128"' '"[::1%lo]:9000:80"' '3128.0' '"0xc38"'; do
	settings net_more="\"publishPorts\": [$entry]"
	srt touch ran
	refused "to publish $entry"
done
settings net_more="\"publishPorts\": [\"0.0.0.0:$port:80\", \"[::]:$port:80\", \"127.0.0.2:$port:80\"]"
policy "{ \"network\": { \"publishPorts\": [$port] } }"
"$SRT" -s "$T/settings.json" sh -c ': >up; sleep 20' >/dev/null 2>&1 &
run=$!
wait_for 10 test -e "$W/up"
for a in 127.0.0.1 127.0.0.2 203.0.113.1; do
	refuse "published above the ceiling: $a" \
	    python3 "$E2E/publish.py" listening "$a" "$port"
done
kill "$run"
wait "$run"
no_policy
rm -f "$W/up" "$W/serving"

# Whoever reaches the port must not take the proxy from the command.
settings net_more="\"publishPorts\": [\"127.0.0.1:$port:8000\"]"
rm -f "$W/stop" "$W/held" "$W/go"
(prlimit --nofile=300 "$SRT" -s "$T/settings.json" sh -c "
    $IN serve 8000 & until [ -e go ]; do sleep 0.05; done
    sh $T/reached.sh http://allowed.test/; kill %1 2>/dev/null; kill \$!") \
    >"$T/run.out" 2>"$T/run.err" &
run=$!
check "(a server inside)" wait_for 10 test -e "$W/serving"
$PY hoard "$port" 400 "$T" &
hoard=$!
wait_for 30 test -e "$T/held"
: >"$W/go"
check "connections from outside leave room for the command's" \
    wait_for 15 grep -q REACHED "$T/run.out"
: >"$T/stop"
wait "$hoard"
kill "$run" 2>/dev/null
wait "$run"
rm -f "$T/stop" "$T/held" "$W/go"

# --- 5. proxies on the way

$PY parent "$T/parent.port" >>"$T/parent.log" 2>&1 &
parent=$!
wait_for 10 test -s "$T/parent.port"
pp=$(cat "$T/parent.port")
settings net_more="\"parentProxy\": { \"http\": \"http://me:p%40ss%0d%0aX-Evil:%201@127.0.0.1:$pp\" }"
srt curl -s -m 10 http://allowed.test/
is "$out" seen "(a parent with a password)"
refuse "no line of the parent's comes out of its password" \
    grep -qi '|X-Evil' "$T/parent.log"
for method in TRACE Trace trace; do
	srt $IN get 3128 "$method http://allowed.test/ HTTP/1.1" \
	    'Host: allowed.test' 'Max-Forwards: 0' 'Connection: close'
	unlike "$out" 'Basic bWU6' "$method shows the parent's password"
done
: >"$T/parent.log"
srt $IN get 3128 "GET http://allowed.test/ HTTP/1.1" \
    'Host: allowed.test' 'Proxy-Authorization: Basic bWluZQ==' \
    'Connection: close, proxy-authorization, x-a' 'X-A: b'
is "$(grep -o 'Proxy-Authorization: Basic [^|]*' "$T/parent.log" | wc -l)" 1 \
    "the command's password does not go with srt's"
srt $IN get 3128 "GET http://allowed.test/ HTTP/1.1 " 'Host: allowed.test'
srt sh -c 'printf "GET http://allowed.test/a%sb HTTP/1.1\r\nHost: x\r\n\r\n" "$(printf "\r\nX-Evil: 1\r\n")" | timeout 5 nc 127.0.0.1 3128'
refuse "nor do lines in a target" grep -qi '|X-Evil' "$T/parent.log"
settings net_more="\"parentProxy\": { \"http\": \"http://me:pass@127.0.0.1:$pp\" }" \
    net_deny='"other.test"'
: >"$T/parent.log"
unreached "the parent is not asked for what is denied" \
    http://other.test/ http://internal.test/
is "$(cat "$T/parent.log")" "" "nor sees it"
srt curl -s -m 10 -x '' "http://127.0.0.1:$pp/"
check "nor can the command reach the parent itself" test "$st" -ne 0
srt sh -c 'env; cat /proc/*/cmdline /proc/*/environ 2>/dev/null | tr "\0" "\n"'
unlike "$out" "me:pass|bWU6cGFzcw|127.0.0.1:$pp" "nor learn of it"

# The way changes between a question and its answer.
$PY pair "$T/mitm.sock" >"$T/mitm.log" 2>&1 &
pair=$!
wait_for 10 test -S "$T/mitm.sock"
settings net_more="\"parentProxy\": { \"http\": \"http://me:pass@127.0.0.1:$pp\" }"
cp "$T/settings.json" "$T/first.json"
settings net_more="\"parentProxy\": { \"http\": \"http://me:pass@127.0.0.1:$pp\" }, \"mitmProxy\": { \"socketPath\": \"$T/mitm.sock\", \"domains\": [\"other.test\"] }"
mv "$T/settings.json" "$T/second.json"
run python3 "$T/meanwhile.py" "$T/second.json" "$SRT" -s "$T/first.json" \
    --ask-fd 30 --control-fd 31 --control-ack 32 \
    curl -s -m 10 http://other.test/
refuse "a password goes to the one proxy that it is for" \
    grep -q 'Basic bWU6' "$T/mitm.log"
kill "$pair" "$parent"

# --- 6. connections that never end, when their rule is withdrawn

$PY unending "$T/unending.sock" >"$T/unending.log" 2>&1 &
pair=$!
wait_for 10 test -S "$T/unending.sock"
mitm="\"mitmProxy\": { \"socketPath\": \"$T/unending.sock\", \"domains\": [\"other.test\"] }"
settings net_allow='"allowed.test", "other.test"' net_more="$mitm"
rm -f "$W/ready" "$W"/cut.* "$T/control"
mkfifo "$T/control"
"$SRT" -s "$T/settings.json" --control-fd 6 $IN held allowed.test \
    "$(cat "$T/endless")" other.test "$W" 6<>"$T/control" \
    >"$T/run.out" 2>"$T/run.err" &
run=$!
exec 6>"$T/control"
check "(connections of seven kinds)" wait_for 20 test -e "$W/ready"
refuse "(none of them ends)" ls "$W"/cut.*
settings net_allow='' net_more="$mitm"
start=$(date +%s%3N)
tr -d '\n' <"$T/settings.json" >&6
echo >&6
seven() {
	[ "$(find "$W" -name 'cut.*' | wc -l)" -eq 7 ]
}
check "all are cut" wait_for 10 seven
ls "$W" >"$T/check.out" 2>&1
took=$(($(date +%s%3N) - start))
check "... soon ($took ms)" test "$took" -lt 6000
exec 6>&-
wait "$run"
rm -f "$W/ready" "$W"/cut.*
kill "$pair"

# --- 7. limits

settings more='"limits": { "wallSeconds": 1 }'
rm -f "$W/alive"
start=$(date +%s)
srt $IN lock 25
is "$st" 124 "wallSeconds: stopped, and deaf to SIGTERM"
check "... in time" test $(($(date +%s) - start)) -lt 15
rm -f "$W/alive"
sleep 0.3
refuse "... and nothing of a session of its own lives on" \
    test -e "$W/alive"
policy '{ "limits": { "wallSeconds": 3, "openFiles": 30, "fileSize": 1000 } }'
settings more='"limits": { "wallSeconds": 1000, "openFiles": "30", "fileSize": "1T" }'
srt touch ran
refused "a limit of the wrong kind"
settings more='"limits": { "wallSeconds": 1000, "openFiles": 1000, "fileSize": "1T" }'
srt sh -c 'ulimit -Hn; ulimit -Hn 40 2>/dev/null; ulimit -n 40 2>/dev/null
    ulimit -Hn; sleep 20'
is "$st:$out" "124:30
30" "the lower of two limits, which cannot be raised"
srt sh -c 'trap "" XFSZ; head -c 5000 /dev/zero >big'
is "$(stat -c %s "$W/big")" 1000 "also of a file"
no_policy

# --- 10. a start that is refused leaves nothing

port=$(python3 "$E2E/publish.py" port)
settings net_more="\"publishPorts\": [$port]" \
    more='"audit": { "to": "file", "file": "/nowhere/log" }'
run python3 "$E2E/ask.py" allow "$LOG" "$SRT" -s "$T/settings.json" \
    --ask-fd 6 touch ran
refused "a record that cannot be written"
refuse "... and no port is open" python3 "$E2E/publish.py" listening \
    127.0.0.1 "$port"
is "$(pids_of "$SRT")" "" "... and nothing runs"

# --- 11. the stricter key, the other mode: nothing is open by them

# replaced OUTSIDE-COMMAND FILE: $out is what is read before and after.
replaced() {
	rm -f "$W/go" "$W/went"
	(
		wait_for 25 test -e "$W/go"
		sh -c "$1"
		: >"$W/went"
	) &
	srt sh -c "cat $2; : >go; n=0; while [ ! -e went ] && [ \$n -lt 1500 ]
	    do n=\$((n + 1)); sleep 0.02; done; cat $2"
	wait $!
}
mkdir -p "$T/vault" "$T/links" "$T/led"
for mode in namespaces landlock; do
	for deny in "$T/vault" "$T/vaul*"; do
		echo old >"$T/vault/key"
		settings deny_read="\"$deny\"" \
		    allow_write="\"$W\", \"$T/vault\"" \
		    fs_more='"strictReadGlobs": true' \
		    more="\"mode\": \"$mode\""
		replaced "echo new >$T/vault/next
		    mv $T/vault/next $T/vault/key" "$T/vault/key"
		is "$out" "" "P5: denied and a write root is denied: $mode, $deny"
	done
	echo old >"$T/led/file"
	ln -sf ../led/file "$T/links/link"
	settings deny_read="\"$T/links/*\"" fs_more='"strictReadGlobs": true' \
	    more="\"mode\": \"$mode\""
	replaced "echo new >$T/led/next; mv $T/led/next $T/led/file" \
	    "$T/led/file"
	is "$out" "" "P5: what a link leads to that a pattern matches: $mode"
	mkdir "$W/empty"
	settings allow_write="\"$W\", \"$W/empty\"" \
	    more="\"mode\": \"$mode\""
	cd "$W/empty" || exit 1
	settings allow_write="\"$W/empty\"" more="\"mode\": \"$mode\""
	srt sh -c 'mkdir -p .vscode .claude; echo x >.vscode/tasks.json
	    echo x >.claude/settings.json; echo x >.mcp.json; echo x >plain'
	is "$(cd "$W/empty" && find . -type f)" ./plain \
	    "F1: an empty write root is not new: $mode"
	"$SRT" -s "$T/settings.json" --explain "write:$W/empty/.mcp.json" \
	    >"$T/explained"
	like "$(cat "$T/explained")" '^deny' "... and --explain says so"
	cd "$W" && rm -rf "$W/empty"
done

# --- 12. the report is made where no link of the command's leads

settings
ln -s "$T/made" report
srt --violations report true
refused "a report behind a link of the command's"
refuse "F3: nothing is made where it leads" test -e "$T/made"
rm report

kill "$http"
done_testing
