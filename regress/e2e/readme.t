#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What README.md says, done: its transcripts, its recipes, its table of keys,
# and the files, targets and programs that it names.

. "$(dirname "$0")/lib.sh"
rig net

have python3 || skip_all "no python3"

README=$TOP/README.md
cd "$W" || exit 1
mkdir -p "$HOME/.ssh" "$T/bin"
echo secret >"$HOME/.ssh/id_ed25519"
ln -s "$SRT" "$T/bin/srt"
PATH=$T/bin:$PATH

# --- the transcripts: what stands between fences and begins with a prompt

awk '/^```/{on = !on; first = 1; shown = 0; next}
    on && first {shown = /^\$ /; first = 0}
    on && shown' "$README" >"$T/transcript"

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
[ "$tap_n" -ge 9 ] || not_ok "the transcripts have their commands"

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

# recipe WORD: the file of the one that holds it.
recipe() {
	grep -l "$1" "$T"/recipe*.json
}

# "A development server ..."
cat >dev.py <<'EOT'
import http.server, os, resource, socket
db = socket.create_connection(("127.0.0.1", 5432), 10).recv(100)
here = sorted(v for v in os.environ if v in ("A_TOKEN", "AWS_KEY", "KEPT"))
page = "%s %s %d" % (db.decode(), " ".join(here),
    resource.getrlimit(resource.RLIMIT_NOFILE)[0])
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(page.encode())
http.server.HTTPServer(("127.0.0.1", 3000), Page).serve_forever()
EOT
cat >"$T/db.py" <<'EOT'
import socket
s = socket.create_server(("127.0.0.1", 5432))
while True:
    s.accept()[0].sendall(b"database")
EOT
python3 "$T/db.py" &
db=$!
wait_for 10 python3 -c 'import socket
socket.create_connection(("127.0.0.1", 5432))'
A_TOKEN=1 AWS_KEY=2 KEPT=3 "$SRT" -s "$(recipe publishPorts)" \
    python3 dev.py >"$T/dev.out" 2>&1 </dev/null &
dev=$!
check "README: http://localhost:3000/" \
    wait_for 15 curl -sf -o "$T/page" http://localhost:3000/
like "$(cat "$T/page")" '^database ' "README: with the database of this machine"
like "$(cat "$T/page")" ' KEPT ' "README: without the secrets"
like "$(cat "$T/page")" ' [1-4]?[0-9]?[0-9]?[0-9]$' "README: limits.openFiles"
kill "$dev" "$db"
wait "$dev" "$db" 2>/dev/null

# "One file for all commands ..."
printf '#!/bin/sh\nexec "$@"\n' >"$T/bin/npm"
chmod +x "$T/bin/npm"
conf=$(recipe fromEnvironment)
run "$SRT" -s "$conf" --explain registry.example.org:443 npm install
is "$st" 0 "README: a registry for npm"
run "$SRT" -s "$conf" --explain registry.example.org:443 curl
is "$st" 1 "README: for npm alone"
sed 's/registry.example.org:443/allowed.test/' "$conf" >"$T/parent.json"
run env http_proxy= HTTP_PROXY=http://203.0.113.10:8080 \
    "$SRT" -s "$T/parent.json" npm curl -sS http://allowed.test/
is "$out" "hello from allowed.test" "README: by the proxy of HTTP_PROXY"
run env http_proxy= HTTP_PROXY=http://203.0.113.10:1 \
    "$SRT" -s "$T/parent.json" npm curl -sS -o /dev/null \
    -w '%{http_code}' http://allowed.test/
is "$out" 502 "README: and by nothing else"

# --- the table of keys

sed -n 's/^| \(`[^|]*`\) |.*/\1/p' "$README" | tr -d '`,' | tr ' ' '\n' \
    >"$T/keys"
while read -r key; do
	check "README: srt-settings.json(5) has $key" \
	    grep -q "^\.It Cm $key\$" "$TOP/man/srt-settings.json.5"
done <"$T/keys"
like "$(tr '\n' ' ' <"$T/keys")" 'network.allowedDomains .* limits ' \
    "README: the table has its keys"
sed -n 's/^| `\(env\|limits\)` |\(.*\)/\1\2/p' "$README" |
    sed -n 's/^\([a-z]*\) [^`]*/\1 /p' | tr -d '`,|' >"$T/groups"
while read -r group keys; do
	for key in $keys; do
		check "README: srt-settings.json(5) has $group.$key" \
		    grep -q "^\.It Cm $group\.$key\$" \
		    "$TOP/man/srt-settings.json.5"
	done
done <"$T/groups"
is "$(wc -w <"$T/groups" | tr -d ' ')" 12 "README: the groups have theirs"

# --- what else it names

for file in etc/setup.sh PRIVSEP.md etc/srt-settings.schema.json \
    etc/srt-policy.example.json; do
	check "README: $file is there" test -f "$TOP/$file"
done
for target in demo check install; do
	check "README: make $target" grep -q "^$target:" "$TOP/Makefile" \
	    "$TOP/regress/rules.mk"
done
"$SRT" --help >"$T/help"
grep -o -e '--[a-z-]*`' "$README" | tr -d '`' | sort -u >"$T/options"
while read -r option; do
	check "README: srt has $option" grep -q -e "$option" "$T/help"
done <"$T/options"
for page in srt.1 srt-settings.json.5 srt-exec.8 srt-proxy.8 srt-monitor.8; do
	check "README: $page is there" test -f "$TOP/man/$page"
done
run "$SRT" --settings /nonexistent true
is "$st" 125 "README: 125 if srt itself failed"
run "$SRT" -c 'exit 7'
is "$st" 7 "README: the command's status"
run "$SRT" sh -c 'echo x >file'
is "$st" 2 "README: without a file nothing may be written"
run "$SRT" curl -sf http://allowed.test/
is "$st" 22 "README: and no host reached"
settings more='"limits": { "wallSeconds": 1 }'
srt sleep 20
is "$st" 124 "README: 124 if it took longer than it may"
settings
srt -nn
is "$st" 0 "README: srt -nn"
like "$err" "^network\.allowedDomains  \"allowed\.test\"  $T/settings\.json:3" \
    "README: and where each value is from"

# --- the examples of the man pages

# What stands in blocks that begin with a brace is a file of settings.
for page in srt.1 srt-settings.json.5; do
	awk -v name="$T/$page." '/^\.Bd/ {on = 1; next} /^\.Ed/ {on = part = 0}
	    on && /^\{$/ {part = name (++n)}
	    part {print >part} /^\}$/ {part = 0}' "$TOP/man/$page"
done
set -- "$T"/srt*.[1-9].*
is "$#" 4 "the man pages have examples"
for example in "$T"/srt*.[1-9].*; do
	name=$(basename "$example")
	check "$name is JSON" python3 -m json.tool "$example"
	grep -q '"locked"' "$example" && continue
	run "$SRT" -n -s "$example"
	is "$st:$err" "0:" "$name loads"
done
cp "$T/srt.1.1" build.json
run "$SRT" -s build.json sh -c 'echo x >built && cat built'
is "$st:$out" 0:x "srt(1): a build writes to its own directory"
srt=$("$SRT" -s build.json --explain example.org:443 \
    --explain write:src/main.o)
is "$(printf '%s\n' "$srt" | sed 's/  change: .*//')" \
    "$(sed -n '/^\$ srt -s build.json --explain/,/^\.Ed/p' "$TOP/man/srt.1" |
    sed -n 's/  change: .*//p; s/  \\&\.\.\.$//p')" \
    "srt(1): why something is refused"
run sh -c '"$1" --check | grep ^missing' sh "$SRT"
unlike "$out" '^(ok|$)' "srt(1): what a machine lacks"
run "$SRT" -s "$(grep -l '"commands"' "$T"/srt-settings.json.5.*)" \
    --explain registry.example.org:80 npm install
is "$st" 0 "srt-settings.json(5): npm reaches its registry"
rm -f build.json built

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
settings net_more='"tlsTerminate": {}'
srt true
is "$st" 125 "README: so does one that it cannot enforce yet"
like "$err" 'network\.tlsTerminate: is not enforced yet' "README: by name"

# entries of domains
settings net_allow='"*.allowed.test:80", "allowed.test:8000-8100",
    "[2001:db8::10]", "203.0.113.0/28:80"' net_deny='"203.0.113.11"'
srt curl -sf http://sub.allowed.test/ http://allowed.test:8080/ \
    'http://[2001:db8::10]/' http://203.0.113.10/
is "$st" 0 "README: every form of an entry"
srt curl -sf http://203.0.113.11/
is "$st" 22 "README: denied, whatever is allowed"
srt curl -sf http://allowed.test/
is "$st" 22 "README: another port"

# --- finding the right settings

settings
printf 'allowed.test:443\n/etc/passwd\n' >"$T/questions"
"$SRT" -s "$T/settings.json" --json --explain - <"$T/questions" >"$T/answers"
is "$?:$(wc -l <"$T/answers" | tr -d ' ')" 0:2 \
    "README: --explain -: 0 if all is allowed"
check "README: --json" python3 -c 'import json, sys
for line in open(sys.argv[1]):
    assert json.loads(line)["verdict"] == "allow"' "$T/answers"
run "$SRT" --learn-deny "$T/lacks.json" curl -sf http://other.test/
is "$st" 22 "README: --learn-deny does not allow it"
check "README: but records it" grep -q '"other.test:80"' "$T/lacks.json"
rm -f "$T/lacks.json"
for scope in once run save; do
	settings
	run python3 "$E2E/ask.py" "allow-$scope" "$T/asked" "$SRT" \
	    -s "$T/settings.json" --ask-fd 6 sh -c \
	    'curl -sf http://other.test/ && curl -sf http://other.test/'
	is "$st:$(wc -l <"$T/asked" | tr -d ' ')" \
	    "0:$([ "$scope" = once ] && echo 2 || echo 1)" \
	    "README: --ask-fd, $scope"
done
check "README: for good: it is added to the settings file" \
    grep -q '"other.test:80"' "$T/settings.json"
run setsid -w "$SRT" --ask true
is "$st" 125 "README: --ask is at the terminal"
settings
tr -d '\n' <"$T/settings.json" >"$T/control"
echo >>"$T/control"
: >"$T/ack"
run sh -c '"$1" -s "$2" --control-fd 6 --control-ack 7 sh -c "
    until grep applied $3/ack; do sleep 0.02; done" 6<"$3/control" \
    7>"$3/ack"' sh "$SRT" "$T/settings.json" "$T"
is "$out" '{"applied":true}' "README: --control-fd and --control-ack"
srt --check
like "$out" '^ok  landlock  ' "README: --check"
srt --violations "$T/lines" sh -c 'echo x >/etc/x'
check "README: --violations" python3 -c 'import json, sys
assert json.loads(open(sys.argv[1]).readline())["target"] == "/etc/x"' \
    "$T/lines"

# --- for administrators; that the files must be root's: settings_admin_test

if [ -x "${SRT_HELPERS:-}/adminsrt" ]; then
	mkdir -p "$T/prefix/bin"
	cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt"
	cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
	SRT_TEST_POLICY=$TOP/etc/srt-policy.example.json
	export SRT_TEST_POLICY
	real=$SRT
	SRT=$T/prefix/bin/srt
	settings net_allow='"github.com", "gist.github.com", "other.test"'
	srt --explain gist.github.com:443
	is "$st" 1 "README: what the policy denies is denied"
	srt --explain other.test:443
	is "$st" 1 "README: what it allows is the most that users can allow"
	srt --explain github.com:443
	is "$st" 0 "README: which they can"
	settings fs_more='"disabled": true'
	srt true
	is "$st" 125 "README: what it locks users cannot set"
	like "$err" 'filesystem\.disabled' "README: by name"
	settings
	srt -nn
	like "$out" '"to": "syslog"' "README: the record in syslog"
	SRT=$real
else
	skip "README: the administrator's policy" "no adminsrt"
fi
settings more='"audit": { "to": "file", "file": "/var/log/srt" }'
srt true
is "$st" 125 "README: a file is for runs that root starts"
if [ -e /dev/log ]; then
	skip "README: requireAudit" "there is a daemon"
else
	settings more='"audit": { "to": "syslog" }, "requireAudit": true'
	srt sh -c 'echo x >ran'
	is "$st" 125 "README: with requireAudit nothing runs without it"
	refuse "README: nothing" test -e ran
fi

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
		wait_for 25 test -e go
		echo later >later.pem
		: >went
	) &
	srt sh -c ': >go; n=0
	    until [ -e went ] || [ $n -ge 1500 ]; do n=$((n + 1)); sleep 0.02
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
if have git; then
	check "README: a bare repository can be made" test -s bare/hooks/x
	srt sh -c 'echo y >>bare/hooks/x; git -C bare config a.b c
	    rm -rf bare/hooks'
	is "$(cat bare/hooks/x; git -C bare config a.b)" x \
	    "README: what git would execute in one is protected"
	mkdir -p plain/refs plain/hooks
	echo x >plain/hooks/x
	srt sh -c 'mkdir plain/objects; echo "ref: refs/heads/x" >plain/HEAD'
	refuse "README: so is what would make one of a directory" \
	    test -e plain/HEAD -a -e plain/objects
	git init -q had
	srt git -C had config a.b c
	refuse "README: git cannot change its configuration" \
	    git -C had config a.b
	settings fs_more='"allowGitConfig": true'
	srt git -C had config a.b c
	is "$(git -C had config a.b)" c "README: but with allowGitConfig"
	srt git -C had submodule add "$T/up" mod
	refuse "README: nor add a submodule" test -e had/.gitmodules
	settings
fi
settings more='"limits": { "memory": "64M" }'
srt --check
case $out in
*"ok  cgroup  "*)	skip "README: limits.memory" "a cgroup is delegated" ;;
*)	srt true
	like "$err" 'limits\.memory holds for each process by itself' \
	    "README: limits.memory without a cgroup" ;;
esac
settings

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
wait "$server" 2>/dev/null
settings
run python3 -c 'import os, socket, sys
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
os.dup2(a.fileno(), 0)
os.execv(sys.argv[1], sys.argv[1:])' "$SRT" -s "$T/settings.json" true
is "$st" 125 "README: and so is one as the standard input"

settings
srt "$SRT" -s "$T/settings.json" true
is "$st" 125 "README: srt does not run within srt"

done_testing
