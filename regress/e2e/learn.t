#!/bin/sh
# SPDX-License-Identifier: ISC
#
# --learn: what a command needs is found out, written into settings, and is
# enough; what is denied stays refused meanwhile.

. "$(dirname "$0")/lib.sh"

have git || skip_all "no git"
have python3 || skip_all "no python3"

rig_more() {
	printf '203.0.113.10 %s.many.test\n' a b c d e >>"$T/etc/hosts"
	mkdir -p "$T/git"
	rig_user git init -q --bare "$T/git/project.git" || return 1
	rig_internet_user python3 "$E2E/cgi.py" 203.0.113.12 80 "$T/git" \
	    >"$T/git/log" 2>&1 &
	wait_for 10 curl -sf -o /dev/null \
	    'http://203.0.113.12/project.git/info/refs?service=git-upload-pack'
}

rig net

cat >"$HOME/.gitconfig" <<'EOT'
[user]
	name = Tester
	email = tester@allowed.test
EOT

L=$T/conf/learned.json
mkdir "$T/conf"
DIRECT="env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY \
-u ALL_PROXY -u all_proxy"

# nothing: settings that allow nothing.
nothing() {
	rm -f "$L"
	settings net_allow='' allow_write='' "$@"
}

# learned: what has been added to these, a line each.
learned() {
	python3 - "$T/settings.json" "$L" <<'EOT'
import json, sys
old, new = (json.load(open(f)) for f in sys.argv[1:])
for part in "network", "filesystem":
    for key, value in sorted(new[part].items()):
        before = old[part].get(key, [])
        if isinstance(value, list):
            for entry in value:
                if entry not in before:
                    print(key, entry)
        elif value != before:
            print("changed", key)
EOT
}

# again NAME COMMAND ...: it runs under what was learned without a refusal.
again() {
	_name=$1
	shift
	run "$SRT" -s "$L" "$@"
	is "$st" 0 "again, under these settings: $_name"
	unlike "$err" '^deny ' "and nothing is refused"
}

# server ADDRESS-OR-PATH: one that says hello to each who connects.
cat >"$T/server.py" <<'EOT'
import socket, sys
where = sys.argv[1]
if where.startswith("/"):
    s = socket.socket(socket.AF_UNIX)
    s.bind(where)
else:
    s = socket.socket()
    s.bind((where, 0))
s.listen(64)
if not where.startswith("/"):
    print(s.getsockname()[1], flush=True)
while True:
    c = s.accept()[0]
    c.sendall(b"hello\n")
    c.close()
EOT
# client WHERE ...: prints what they say.
cat >"$T/client.py" <<'EOT'
import errno, socket, sys
for where in sys.argv[1:]:
    try:
        if where.startswith("/"):
            s = socket.socket(socket.AF_UNIX)
            s.connect(where)
        else:
            host, port = where.rsplit(":", 1)
            s = socket.create_connection((host, int(port)), 10)
        print(where.rsplit("/", 1)[-1], s.recv(100).decode().strip())
    except OSError as e:
        print(errno.errorcode.get(e.errno, e))
EOT

# --- git

CLONE='git clone -q http://git.test/project.git p 2>/dev/null && cd p &&
    echo text >file && git add file && git commit -q -m first &&
    git log --format=%s'
nothing
srt --learn "$L" -- sh -c "$CLONE"
is "$out:$st" "first:0" "git clone and commit, while srt learns"
like "$err" '^srt: --learn: the command is not confined to the settings' \
    "the warning comes first"
is "$(learned)" "allowedDomains git.test:80
allowWrite $W" "what it needs"
like "$err" "^srt: --learn: added to $L:$" "the difference is shown"
like "$err" "^  network.allowedDomains$" "by key"
like "$err" "^\+   \"git.test:80\"$" "and entry"
rm -rf p
again "git" sh -c "$CLONE"

# --- http and a database

mkdir "$T/data" "$T/other"
cat >"$T/app.py" <<'EOT'
import sqlite3, sys, urllib.request
text = urllib.request.urlopen("http://allowed.test:8080/").read().decode()
db = sqlite3.connect(sys.argv[1])
db.execute("create table if not exists t (x text)")
db.execute("insert into t values (?)", (text,))
db.commit()
print(db.execute("select count(*) from t").fetchone()[0])
EOT
nothing
srt --learn "$L" -- python3 "$T/app.py" "$T/data/x.db"
is "$out:$st" "1:0" "a program with a database"
is "$(learned)" "allowedDomains allowed.test:8080
allowWrite $T/data" "what it needs"
rm "$T/data/x.db"
again "python" python3 "$T/app.py" "$T/data/x.db"

# --- a build

mkdir "$T/src"
for n in 1 2 3 4 5; do
	echo "$n" >"$T/src/$n.c"
done
BUILD='for f in "$1"/*.c; do cp "$f" "${f%.c}.o"; done; cat "$1"/*.o >"$2"'
echo old >"$T/other/result"
nothing
srt --learn "$L" -- sh -c "$BUILD" sh "$T/src" "$T/other/result"
is "$st" 0 "a build"
is "$(learned)" "allowWrite $T/other/result
allowWrite $T/src/*.o" "a file that is there, and a pattern for those that are not"
rm "$T/src"/*.o
again "build" sh -c "$BUILD" sh "$T/src" "$T/other/result"
refuse "another name there is refused" "$SRT" -s "$L" sh -c \
    "echo x >$T/src/6.c"

# --- sockets and services of the host

rm -rf "$T/run"
mkdir "$T/run"
python3 "$T/server.py" "$T/run/sock" &
servers=$!
python3 "$T/server.py" 127.0.0.1 >"$T/port" &
servers="$servers $!"
trap 'kill $servers' EXIT
wait_for 10 test -S "$T/run/sock" -a -s "$T/port"
port=$(cat "$T/port")
closed=$(python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
nothing
srt --learn "$L" -- $DIRECT python3 "$T/client.py" "$T/run/sock" \
    "127.0.0.1:$port" "localhost:$closed"
is "$out" "sock hello
127.0.0.1:$port hello
ECONNREFUSED" "sockets and services of the host"
is "$(learned)" "allowUnixSockets $T/run/sock
allowedDomains localhost:$port" "those that are there"
again "sockets" $DIRECT python3 "$T/client.py" "$T/run/sock" \
    "127.0.0.1:$port" "localhost:$closed"
is "$out" "sock hello
127.0.0.1:$port hello
ECONNREFUSED" "and they are reached"

# What leads there is written as what it is, and that is enough.
nothing
srt --learn "$L" -- $DIRECT python3 "$T/client.py" "0.0.0.0:$port"
is "$out" "0.0.0.0:$port hello" "0.0.0.0 is this machine"
is "$(learned)" "allowedDomains localhost:$port" "by its name"
again "0.0.0.0" $DIRECT python3 "$T/client.py" "0.0.0.0:$port"
is "$out" "0.0.0.0:$port hello" "and is reached"
nothing net_deny='"localhost"'
srt --learn "$L" -- $DIRECT python3 "$T/client.py" "0.0.0.0:$port"
unlike "$out" hello "N21: localhost denied is 0.0.0.0 denied, while srt learns"
is "$(learned)" "" "and nothing of it is learned"

# --- many hosts

GET='for h; do curl -s --max-time 10 -o /dev/null "http://$h/" || exit; done'
nothing
srt --learn "$L" -- sh -c "$GET" sh a.many.test b.many.test c.many.test \
    allowed.test
is "$(learned)" "allowedDomains a.many.test:80
allowedDomains allowed.test:80
allowedDomains b.many.test:80
allowedDomains c.many.test:80" "few hosts are entries"
nothing
srt --learn "$L" -- sh -c "$GET" sh a.many.test b.many.test c.many.test \
    d.many.test 203.0.113.11
is "$(learned)" "allowedDomains *.many.test:80
allowedDomains 203.0.113.11:80" "many of one domain are one"
again "another of the domain" sh -c "$GET" sh e.many.test

# --- by connect(2), and names alone

nothing
srt --learn "$L" -- $DIRECT sh -c "$GET; getent hosts other.test >/dev/null" \
    sh allowed.test
is "$(learned)" "allowedDomains allowed.test:80" "without a proxy"
like "$err" '^srt: --learn: looked up, but not connected to' \
    "a name that was only looked up is named"
like "$err" '^    other\.test$' "and is no entry"

nothing
srt --learn "$L" -- $DIRECT curl -s --max-time 10 -o /dev/null \
    --socks5 localhost:1080 http://allowed.test:8080/ http://198.18.200.200/
is "$(learned)" "allowedDomains allowed.test:8080" \
    "by SOCKS with an address of srt's, which is no entry"
again "SOCKS" $DIRECT curl -s --max-time 10 -o /dev/null \
    --socks5 localhost:1080 http://allowed.test:8080/

# --- what stays refused

echo secret >"$T/other/secret"
echo plan >"$T/other/plan"
nothing net_deny='"other.test"' deny_read="\"$T/other/secret\"" \
    deny_write="\"$T/other/plan\""
srt --learn "$L" -- sh -c "
	curl -s -o /dev/null -w '%{http_code}\n' http://other.test/
	cat $T/other/secret
	echo no >$T/other/plan
	echo no >$HOME/.bashrc
	echo no >$L
	echo yes >$T/other/yes
	exit 3"
is "$out:$st" "403:3" "the status is the command's; denied is denied"
is "$(cat "$T/other/plan"):$(ls "$HOME/.bashrc" 2>/dev/null)" "plan:" \
    "denyWrite and mandatory names hold"
like "$err" '^    network-outbound other.test:80 \(host is on the deny list\)' \
    "the summary names the host"
like "$err" "^    file-write-[a-z]* $T/other/plan " "the file"
like "$err" "^    file-write-[a-z]* $HOME/.bashrc " "the mandatory name"
is "$(learned)" "allowWrite $T/other" "nothing of that is learned"
check "the new settings are valid" "$SRT" -n -s "$L"
nothing
srt --learn "$L" -- mv "$T/conf" "$T/moved"
is "$st" 125 "a file whose directory is moved away is not written"
like "$err" 'was not written: its directory is not where it was' "and why"
is "$(ls "$T/moved")" "" "nor where that is now"
mv "$T/moved" "$T/conf"

# --- what must not be opened as a whole

nothing
srt --learn "$L" -- sh -c "echo x >$HOME/out.txt
    mkdir $HOME/made && echo x >$HOME/made/x
    echo x >>/etc/passwd
    for n in 1 2 3 4; do echo \$n >$T/conf/\$n.tmp; done
    rm $T/conf/*.tmp" 2>/dev/null
is "$(learned)" "allowWrite $T/conf/*.tmp
allowWrite $HOME/mad[e]
allowWrite $HOME/out.tx[t]" \
    "the home directory and that of the settings stay shut"
again "the home directory" sh -c "echo y >$HOME/out.txt && \
    echo y >$HOME/made/x && rm $HOME/out.txt && echo y >$HOME/out.txt"
refuse "another name there is refused" "$SRT" -s "$L" sh -c \
    "echo x >$HOME/other.txt"

# --- once more

nothing net_allow='"allowed.test"'
srt --learn "$L" -- sh -c "$GET" sh allowed.test other.test
is "$(learned)" "allowedDomains other.test:80" \
    "what is allowed is not learned, and stays"
cp "$L" "$T/before"
run "$SRT" --learn "$L" -- sh -c "$GET" sh allowed.test other.test
is "$st" 0 "learning once more, on what was learned"
like "$err" "^srt: --learn: nothing had to be added to $L$" "adds nothing"
check "and changes nothing" cmp "$L" "$T/before"
run "$SRT" --learn "$L" -- sh -c "$GET" sh git.test
is "$(learned)" "allowedDomains git.test:80
allowedDomains other.test:80" "it adds what is new"
srt --learn "$L" -- true
is "$st" 125 "other settings are refused then"
like "$err" 'run srt without -s' "with the cure"
cd "$T/conf" || exit 1
rm -f learned.json
run "$SRT" -s ../settings.json --learn learned.json -- true
is "$st:$(learned)" "0:" "where nothing is needed the file is what there was"
cd "$W" || exit 1

# --- without allowing

nothing
srt --learn-deny "$L" -- sh -c "
	curl -s -o /dev/null -w '%{http_code}\n' http://allowed.test/
	$DIRECT curl -s -o /dev/null http://other.test/ || echo direct
	echo x >$T/other/result || echo file
	echo x >$T/other/fresh || echo new
	echo x >$HOME/.bashrc || echo mandatory" 2>/dev/null
is "$out" "403
direct
file
new
mandatory" "with --learn-deny all is refused"
is "$(learned)" "allowedDomains allowed.test:80
allowedDomains other.test:80
allowWrite $T/other" "and is learned, but for what is mandatory"
unlike "$err" 'not confined' "there is no such warning"
like "$err" "^    file-write-[a-z]* $HOME/.bashrc " "the summary has that alone"
unlike "$err" "^    file-write-[a-z]* $T/other" "and no more"
check "nothing was written" test ! -e "$T/other/fresh"

# --- what is lost

cat >"$T/ports.py" <<'EOT'
import socket, sys
for port in range(20000, 24200):
    s = socket.socket()
    s.connect_ex(("203.0.113.10", port))
    s.close()
sys.exit(int(sys.argv[1]))
EOT
nothing
# shellcheck disable=SC2086
srt --learn "$L" -- $DIRECT python3 "$T/ports.py" 0
is "$st" 125 "a record that is not complete shows in the status"
like "$err" 'events were lost: the settings may be incomplete' "and is said"

# --- with other options

for opts in -n -nn --ask '--ask-fd 5' '--control-fd 5' \
    "--learn-deny $T/x.json" '--explain /x' --check; do
	# shellcheck disable=SC2086
	srt $opts --learn "$L" -- true 5<>/dev/null
	is "$st" 125 "--learn with $opts"
	like "$err" '^srt: --learn.*(does not go with|one of the two)' \
	    "is refused"
done
srt --learn "$T/none/x.json" -- true
is "$st" 125 "a file that cannot be made"
like "$err" "^Error: $T/none/x.json: " "is named"
srt --violations "$T/events" --learn "$T/conf/y.json" -- \
    sh -c "$GET" sh allowed.test
like "$(cat "$T/events")" \
    '"operation":"learn-connect","target":"allowed.test:80"' \
    "--violations gets the events as well"

# --- the administrator

if [ ! -x "${SRT_HELPERS:-}/adminsrt" ]; then
	skip "the administrator's policy" "no adminsrt"
	done_testing
fi
mkdir -p "$T/prefix/bin" "$T/admin"
cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt"
cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
SRT=$T/prefix/bin/srt
SRT_TEST_POLICY=$T/admin/policy.json
export SRT_TEST_POLICY
BOUNDED="curl -s -o /dev/null -w '%{http_code}\n' http://allowed.test/
    curl -s -o /dev/null -w '%{http_code}\n' http://other.test/
    python3 $T/client.py $T/run/sock
    echo x 2>/dev/null >$W/bounded || echo work
    echo x 2>/dev/null >$T/other/bounded || echo other"
cat >"$SRT_TEST_POLICY" <<EOT
{ "network": { "allowedDomains": ["allowed.test"],
    "allowUnixSockets": ["/run/none"] },
  "filesystem": { "allowWrite": ["$W"] } }
EOT
nothing
srt --learn "$L" -- sh -c "$BOUNDED"
is "$out" "200
403
EACCES
other" "what the administrator does not allow is refused while srt learns"
is "$(learned)" "allowedDomains allowed.test:80
allowWrite $W" "and not learned"
like "$err" "^    file-write-[a-z]* $T/other/bounded " "and named"
rm -f "$W/bounded"
cat >"$SRT_TEST_POLICY" <<EOT
{ "network": { "allowedDomains": [], "allowUnixSockets": [] },
  "filesystem": { "allowWrite": [] } }
EOT
nothing
srt --learn "$L" -- sh -c "$BOUNDED"
is "$out:$(learned)" "403
403
EACCES
work
other:" "so it is if nothing is allowed"

unset SRT_TEST_POLICY

# --- the file: where it comes from, and what becomes of it

nothing
run sh -c 'cat "$1" | "$2" -s /dev/stdin --learn "$3" sh -c "echo >made"' sh \
    "$T/settings.json" "$SRT" "$L"
is "$st:$(learned)" "0:allowWrite $W" "settings that come by a pipe"

# Two runs at a time that add to one file: each adds its own.
lost=
for n in 1 2 3 4 5 6 7 8 9 10; do
	nothing
	cp "$T/settings.json" "$L"
	mkdir -p "$T/a" "$T/long$L"
	echo >"$T/a/x"
	echo >"$T/long$L/y"
	"$SRT" -q --learn "$L" sh -c "echo 2 >$T/a/x" 2>/dev/null &
	one=$!
	"$SRT" -q --learn "$L" sh -c "echo 2 >$T/long$L/y" 2>/dev/null
	wait "$one"
	[ "$(learned 2>&1 | sort)" = "allowWrite $T/a/x
allowWrite $T/long$L/y" ] || lost="$lost $n: $(learned 2>&1)"
done
is "$lost" "" "two runs that learn into one file both do"

# Somebody else has it locked all the time, as the command could have.
nothing
cp "$T/settings.json" "$L"
mkfifo "$T/hold"
python3 -c 'import fcntl, sys
f = open(sys.argv[1])
fcntl.flock(f, fcntl.LOCK_EX)
open(sys.argv[2], "w")
sys.stdin.read()' "$L" "$T/locked" <"$T/hold" &
holder=$!
exec 9>"$T/hold"
wait_for 10 test -e "$T/locked"
run "$SRT" --learn "$L" sh -c 'echo >made'
like "$err" 'another program has locked the settings file' \
    "what is locked is not written"
is "$(learned)" "" "and stays as it was"
exec 9>&-
wait "$holder"

# There is no room for all of it.
nothing
cp "$T/settings.json" "$L"
python3 - "$L" <<'EOT'
import sys
with open(sys.argv[1], "r+") as f:
    text = f.read().rstrip()
    f.seek(0)
    f.write(text[:-1] + " " * (4096 - len(text)) + text[-1])
EOT
cp "$L" "$T/before"
run sh -c 'ulimit -f 8; exec "$@"' sh "$SRT" --learn "$L" \
    sh -c "echo >$W/made"
like "$err" 'File too large' "no room for what was learned"
run cmp "$L" "$T/before"
is "$st" 0 "and the settings are as they were"

done_testing
