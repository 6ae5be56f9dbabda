#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What README.md says, done: its transcript, its recipes, its table of keys,
# and the files, targets and programs that it names.

. "$(dirname "$0")/lib.sh"
rig net

README=$TOP/README.md
cd "$W" || exit 1
mkdir -p "$HOME/.ssh" "$T/bin"
echo secret >"$HOME/.ssh/id_ed25519"
ln -s "$SRT" "$T/bin/srt"
PATH=$T/bin:$PATH

# --- the transcript: what follows "## What it looks like", between fences

awk '/^## /{on = /What it looks like/} on && /^```/{n++; next} on && n == 1' \
    "$README" >"$T/transcript"

# The settings that it shows come first.
sed -n '/^{$/,/^}$/p' "$T/transcript" | sed '/^}$/q' >.srt.json

prompt='$ '
want=
cmd=
step() {
	[ -n "$cmd" ] || return 0
	got=$(timeout 30 sh -c "$cmd" 2>&1 </dev/null |
	    sed "s|$HOME|/home/user|g; s|$W|/home/user/project|g")
	is "$got" "$want" "README: $cmd"
}
while IFS= read -r line; do
	case $line in
	"$prompt"*)
		step
		cmd=${line#"$prompt"}
		want=
		;;
	*)
		want=$want${want:+"
"}$line
		;;
	esac
done <"$T/transcript"
step
[ "$tap_n" -ge 6 ] || not_ok "the transcript has its commands"

# --- the recipes: every block of JSON with filesystem rules loads

awk -v dir="$T" '/^```json$/{n++; on = 1; next} /^```/{on = 0}
    on {print >(dir "/recipe" n ".json")}' "$README"
for recipe in "$T"/recipe*.json; do
	check "README: $(basename "$recipe") is JSON" \
	    python3 -m json.tool "$recipe"
	grep -q '"filesystem"' "$recipe" || continue
	run "$SRT" -n -s "$recipe"
	is "$st:$err" "0:" "README: $(basename "$recipe") loads"
done

# "Read the workspace and the system, but nothing else of your home"
mkdir "$HOME/project"
echo mine >"$HOME/project/file"
echo private >"$HOME/diary"
for recipe in "$T"/recipe*.json; do
	grep -q allowRead "$recipe" || continue
	cd "$HOME/project" || exit 1
	run "$SRT" -s "$recipe" cat file
	is "$out" mine "README: the workspace can be read"
	run "$SRT" -s "$recipe" cat "$HOME/diary"
	is "$st" 1 "README: the rest of the home cannot"
	cd "$W" || exit 1
done

# --- the table of keys

sed -n 's/^| `\([A-Za-z.]*\)` |.*/\1/p' "$README" >"$T/keys"
while read -r key; do
	check "README: srt-settings.json(5) has $key" \
	    grep -q "${key##*.}" "$TOP/man/srt-settings.json.5"
done <"$T/keys"

# --- what else it names

for file in etc/setup.sh PRIVSEP.md; do
	check "README: $file is there" test -f "$TOP/$file"
done
for page in srt.1 srt-settings.json.5 srt-exec.8 srt-proxy.8 srt-monitor.8; do
	check "README: $page is there" test -f "$TOP/man/$page"
done
run "$SRT" --settings /nonexistent true
is "$st" 125 "README: 125 if srt itself failed"
run "$SRT" -c 'exit 7'
is "$st" 7 "README: the command's status"

# --- what stands between and after the table and the recipes

settings
mkdir -p old/deep/.git/hooks old/deep/.claude
srt sh -c 'echo x >old/deep/.git/hooks/post-commit; mkdir old/deep/.vscode
    echo x >old/deep/.claude/settings.json; mv old/deep/.git old/git'
is "$(cd old && find . -type f -o -name .vscode -o -name git)" "" \
    "README: protected at any depth, existing or not"
srt mkdir -p made/.vscode
is "$st" 0 "README: new directories are free of these names"
like "$err" "^look at $W/made/[.]vscode " "README: a line \"look at\" for each"
if have git; then
	git init -q --bare "$T/up"
	srt git clone -q "file://$T/up" clone
	is "$st" 0 "README: git clone works"
fi
settings more='"mandatoryDenySearchDepth": 1'
srt sh -c 'echo x >old/deep/.bashrc'
refuse "README: mandatoryDenySearchDepth has no effect" \
    test -e old/deep/.bashrc
settings fs_more='"allowGitConfig": true'
srt sh -c 'echo x >old/deep/.git/config'
check "README: allowGitConfig" test -e old/deep/.git/config
settings more='"noSuchKey": true'
srt true
is "$st" 125 "README: a key that srt does not know stops the start"
settings net_more='"parentProxy": {"http": "http://allowed.test:1"}'
srt true
is "$st" 125 "README: so does one that it cannot enforce yet"

# --- the limits are still true

settings
srt curl -sS --noproxy '*' http://allowed.test/
is "$out" "hello from allowed.test" "README: without a proxy"
srt curl -sS --noproxy '*' http://203.0.113.10/
is "$st" 7 "README: decided by name, not by address"
srt getent ahostsv4 allowed.test
like "$out" '^198\.1[89]\.' "README: names get addresses of 198.18.0.0/15"
srt getent hosts other.test
is "$st" 2 "README: no other names"
srt openssl s_client -connect allowed.test:443 -servername allowed.test
is "$st" 0 "README: TLS that says the allowed name"
srt openssl s_client -connect allowed.test:443 -servername other.test
refuse "README: the server name must be the allowed one" test "$st" -eq 0

# denyRead LIST MORE: what the command reads of two files, of which one
# comes to be while it runs.
denyRead() {
	settings deny_read="$1" fs_more="$2"
	rm -f go went later.pem
	echo early >early.pem
	(
		wait_for 5 test -e go
		echo later >later.pem
		: >went
	) &
	srt sh -c ': >go; n=0
	    until [ -e went ] || [ $n -ge 500 ]; do n=$((n + 1)); sleep 0.02
	    done; cat early.pem later.pem'
	wait "$!"
}
denyRead "\"$W/*.pem\"" ''
is "$out" later "README: what comes later can be read"
denyRead "\"$W/*.pem\"" '"strictReadGlobs": true'
is "$out" "" "README: unless strictReadGlobs is on"
rm -f ./*.pem

settings deny_write='"*.lock"'
srt sh -c 'echo x >a.lock'
refuse "README: patterns, for what does not exist" test -e a.lock

settings
srt sh -c 'echo x >Makefile; git init -q --bare bare; echo x >bare/hooks/x'
check "README: a Makefile is a file like others" test -s Makefile
srt sh -c 'mkdir -p bare/hooks; echo y >>bare/hooks/x'
check "README: so is what is in a bare repository" grep -q y bare/hooks/x

if have python3; then
	cat >sock.py <<'EOT'
import socket
import sys
s = socket.socket(socket.AF_UNIX)
if sys.argv[1] == "serve":
    s.bind(sys.argv[2])
    s.listen()
    while True:
        s.accept()
elif sys.argv[1] == "connect":
    s.connect(sys.argv[2])
else:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
EOT
	python3 sock.py serve "$T/host" &
	server=$!
	wait_for 5 test -S "$T/host"
	srt python3 sock.py connect "$T/host"
	is "$st" 1 "README: a socket that is not listed"
	srt python3 sock.py datagram
	is "$st" 1 "README: datagram sockets are refused"
	settings net_more="\"allowUnixSockets\": [\"$T/h*\"]"
	srt python3 sock.py connect "$T/host"
	is "$st" 0 "README: a socket that is"
	settings net_more='"allowAllUnixSockets": true'
	srt python3 sock.py connect "$T/host"
	is "$st" 0 "README: all of them"
	srt python3 sock.py datagram
	is "$st" 0 "README: and datagrams"
	kill "$server"
else
	skip "README: Unix sockets" "no python3"
fi

settings
srt "$SRT" -s "$T/settings.json" true
is "$st" 125 "README: srt does not run within srt"

done_testing
