#!/bin/sh
# SPDX-License-Identifier: ISC
#
# --explain: its lines, its status, and that it says what a run does.

. "$(dirname "$0")/lib.sh"

rig

cd "$W" || exit 1
S=$T/settings.json

# asks NAME WANT WHAT ...: the verdicts are those, in that order.
asks() {
	_asks=$1
	_want=$2
	shift 2
	set -- "$@" --
	while [ "$1" != -- ]; do
		set -- "$@" --explain "$1"
		shift
	done
	shift
	srt "$@"
	is "$(printf '%s\n' "$out" | cut -d ' ' -f 1 | tr '\n' ' ')" \
	    "$_want " "$_asks"
}

# --- the line

settings net_allow='"allowed.test:443",
    "*.ranged.test:8000-8100", "localhost:5432"' net_deny='"bad.ranged.test"'
srt --explain allowed.test:443
is "$st" 0 "allowed: status 0"
like "$out" "^allow allowed\.test:443  network\.allowedDomains\[0\] \"allowed\.test:443\"  $S:3  change: \"network\": \{\"deniedDomains\": \[\"allowed\.test:443\"\]\}" \
    "the line: verdict, question, rule, file:line, change"
like "$out" 'addresses that it resolves to are checked in the run' \
    "what only a run can know is said"
is "$err" "" "and nothing else is"
srt --explain other.test:443
is "$st" 1 "denied: status 1"
like "$out" "^deny other\.test:443  network\.allowedDomains  $S:3  change: \"network\": \{\"allowedDomains\": \[\"other\.test:443\"\]\}" \
    "what no entry allows: the list, and the entry to add"
srt --explain bad.ranged.test:8000
like "$out" "^deny bad\.ranged\.test:8000  network\.deniedDomains\[0\] \"bad\.ranged\.test\"  $S:5  change: remove \"bad\.ranged\.test\" from network\.deniedDomains" \
    "an entry of a later line"
srt --explain x.ranged.test
like "$out" '^allow x\.ranged\.test  network\.allowedDomains\[1\].*on these ports alone: 8000-8100' \
    "a host without a port: all of its ports"
srt --explain allowed.test:443 --explain other.test:1
is "$st" 1 "one of two is denied: status 1"
is "$(printf '%s\n' "$out" | wc -l)" 2 "a line each"
asks "hosts" "allow deny deny allow allow deny deny deny deny" \
    x.ranged.test:8100 x.ranged.test:8101 allowed.test:80 \
    localhost:5432 '[::1]:5432' 127.0.0.1:5433 '[2001:db8::1]:443' \
    2001:db8::1 'no host'
srt --explain
is "$st" 125 "no question: 125"
for bad in allowed.test: allowed.test:0 allowed.test:65536 allowed.test:x \
    '[::1' '[::1]x' '' write: unix: read:; do
	srt --explain "$bad"
	is "$st" 125 "'$bad': 125"
	is "$out" "" "and no answer"
	like "$err" '^Error: --explain ' "but an error"
done
srt --explain allowed.test: --explain allowed.test:443 --explain other.test:1
is "$st" 125 "one is no question: 125"
is "$(printf '%s\n' "$out" | wc -l)" 2 "the others are answered"

# --- standard input

printf 'allowed.test:443\n\nother.test:1\nwrite:/etc/x' >"$T/questions"
"$SRT" -s "$S" --explain - <"$T/questions" >"$T/answers"
is "$?" 1 "questions on standard input: status 1"
is "$(cut -d ' ' -f 1 <"$T/answers" | tr '\n' ' ')" "allow deny deny " \
    "one a line, the last without an end"
head -c 100000 /dev/zero | tr '\0' a >"$T/long"
printf '\nallowed.test:443\n' >>"$T/long"
run sh -c '"$1" -s "$2" --explain - <"$3"' sh "$SRT" "$S" "$T/long"
is "$st" 125 "a line that is too long: 125"
like "$out" '^allow allowed' "and the next is answered"
if have python3; then
	cat >"$T/talk.py" <<'EOT'
import subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE,
    stdout=subprocess.PIPE, text=True, bufsize=1)
for n in range(50):
    p.stdin.write("write:/etc/%d\n" % n)
    p.stdin.flush()
    assert p.stdout.readline().startswith("deny write:/etc/%d " % n)
p.stdin.close()
sys.exit(p.wait())
EOT
	run python3 "$T/talk.py" "$SRT" -s "$S" --explain -
	is "$st" 1 "each answer comes before the next question"
fi

# --- paths

mkdir -p "$W/d/.git/hooks" "$W/empty" "$W/shut/open"
echo x >"$W/f"
echo x >"$W/k.pem"
echo x >"$W/shut/f"
echo x >"$W/shut/open/f"
echo x >"$W/d/.git/config"
ln -s shut/open/f "$W/into"
ln -s ../k.pem "$W/d/away"
settings deny_read="\"$W/shut\",
	\"**/k.pem\", \"$W/absent\"" allow_read="\"$W/shut/open\"" \
    deny_write='"*.lock"' allow_write="\"$W\", \"/nowhere/at/all\""
asks "reading" "allow deny allow deny deny allow allow" ./f shut/f \
    shut/open/f ./k.pem d/away ./into /etc/passwd
srt --explain ./k.pem
like "$out" "^deny \./k\.pem  filesystem\.denyRead\[1\] \"\*\*/k\.pem\"  $S:8 " \
    "a pattern that was looked for: the entry's own line"
srt --explain shut/open/f
like "$out" "filesystem\.allowRead\[0\] \"$W/shut/open\"  $S:9 " \
    "what allowRead opens again"
srt --explain ./absent
like "$out" '^allow ./absent .*filesystem\.denyRead\[2\].*not there now' \
    "what is not there yet is not hidden, which is said"
asks "writing" "allow deny deny deny deny allow deny deny deny deny" \
    write:./f write:a.lock write:d/.git/config write:d/.git/hooks/pre \
    write:.bashrc write:empty/.bashrc write:/etc/x write:shut/f \
    "write:$S" write:/sys/kernel/x
srt --explain write:.bashrc
like "$out" '^deny write:\.bashrc  mandatory  built in  no setting changes it' \
    "a protected name: no setting changes it"
like "$out" 'a directory that the command makes in that run' \
    "but what a run could make of it"
srt --explain write:d/.git/config
like "$out" 'change: "filesystem": \{"allowGitConfig": true\}' \
    "one that a setting frees"
srt --explain "write:$S"
like "$out" "  srt's settings  built in  no setting changes it" \
    "srt's own files"
srt --explain write:/nowhere/at/all/x
like "$out" '^deny .*filesystem\.allowWrite\[1\].*make it before the run' \
    "an entry without effect is named"
asks "the command's own" "allow allow deny allow deny deny" /dev/null \
    write:/dev/null write:/dev/x /proc/self/status /dev/log write:/proc/x
settings allow_write='"~/s", "."' deny_write='"~/s/x"'
mkdir -p "$HOME/s"
asks "~, and relative paths" "allow deny deny allow" 'write:~/s/y' \
    'write:~/s/x' 'write:~/x' write:d/../f

# --- sockets

settings net_more="\"allowUnixSockets\": [\"$W/one\", \"$W/s/*\"]"
asks "sockets" "allow deny allow deny deny" "unix:$W/one" "unix:$W/two" \
    unix:s/x unix:@name unix:/dev/log
settings net_more='"allowAllUnixSockets": true'
asks "all sockets" "allow" "unix:$W/two"

# --- what else decides

settings more='"extendable": ["network.allowedDomains"], "commands": {
    "npm": { "network": { "allowedDomains": ["npm.test"] } } }'
srt --explain npm.test:443
is "$st" 1 "settings of a command: not of others"
srt --explain npm.test:443 npm install
is "$st" 0 "but of that one"
like "$out" "network\.allowedDomains\[1\] \"npm\.test\"  $S:12 " "by its line"
settings fs_more='"disabled": true'
asks "filesystem.disabled" "allow deny" write:.bashrc write:/sys/x
settings net_allow='"allowed.test", oops'
srt --explain allowed.test
is "$st" 125 "settings with a mistake: 125"
is "$out" "" "and no answer"
settings
srt --explain x --check
is "$st" 125 "one thing at a time"

# --- a repository without a name to know it by

if have git; then
	git init -q --bare "$W/b2.git"
	mkdir -p "$W/half/refs" "$W/half/hooks"
	echo 'ref: refs/heads/x' >"$W/half/HEAD"
	settings deny_write='"b2.git/config"'
	same() {
		_same=$1
		srt --explain "write:$1"
		_said=$st
		srt sh -c 'if [ -d "$1" ]; then touch "$1"
		    else : >>"$1"; fi' sh "$1"
		[ "$st" -eq 0 ] || st=1
		is "$_said" "$st" "write:$_same: as in a run"
	}
	for name in b2.git/config b2.git/hooks b2.git/hooks/x \
	    b2.git/info/attributes b2.git/config.worktree b2.git/commondir \
	    b2.git/HEAD b2.git/refs/x b2.git/info/exclude b2.git/description \
	    half/config half/objects half/hooks/x half/refs/x half/other \
	    b2.git/objects; do
		same "$name"
	done
	settings
	asks "bare repositories" "deny deny deny deny deny deny allow" \
	    write:b2.git/config write:b2.git/hooks write:b2.git/hooks/x \
	    write:b2.git/info/attributes write:half/config \
	    write:half/objects write:b2.git/description
	srt --explain write:b2.git/config
	like "$out" "  mandatory  built in  change: \"filesystem\": \{\"allowGitConfig\": true\}" \
	    "the configuration: a setting frees it"
	like "$out" "a bare repository's config is protected" "which is named"
	settings fs_more='"allowGitConfig": true'
	asks "allowGitConfig" "allow deny" write:b2.git/config \
	    write:b2.git/hooks/x
	same b2.git/config
	rm -rf "$W/b2.git" "$W/half"
fi

# --- the change that is named changes it

mkdir -p "$HOME/q" "$W/open"
settings deny_read='"~", "~/q"' allow_write='"."'
srt --explain 'write:~/q/x'
like "$out" 'change: remove "~/q" from filesystem.denyRead and remove "~" from filesystem.denyRead and "filesystem": \{"allowWrite": \[".*/q"\]\}' \
    "what has to be changed in several places"
settings allow_write='".", "~/q"'
srt --explain 'write:~/q/x'
is "$st" 0 "which allows it"
settings allow_write='"."' deny_write='"open", "open/*.lock"'
srt --explain write:open/a.lock
like "$out" 'remove "open" from filesystem.denyWrite and remove "open/\*\.lock" from filesystem.denyWrite' \
    "two entries"
srt --explain write:open/.bashrc
like "$out" 'no setting changes it' "one of two cannot be changed"
srt --explain ./open
like "$out" '^allow \./open  everything can be read  built in  ' \
    "what nothing denies is not allowWrite's"
settings net_allow= net_deny='"*", "other.test"'
srt --explain other.test:80
like "$out" 'change: remove "\*" from network.deniedDomains and remove "other.test" from network.deniedDomains and "network": \{"allowedDomains": \["other.test:80"\]\}' \
    "hosts likewise"
rmdir "$HOME/q" "$W/open"

# --- what is no question about a host

settings
for bad in https://allowed.test/ http://allowed.test:80 10.0.0.0/8 \
    '[2001:db8::]/32' '[::]/0:443' 2001:db8::/32; do
	srt --explain "$bad"
	is "$st" 125 "'$bad': 125"
	is "$out" "" "and no answer"
	like "$err" 'host:port' "but what to write"
done
srt --explain /etc/x://y
is "$st" 0 "a path is one"

# --- this machine, by name and by address

settings net_allow='"127.0.0.1:5433", "localhost:5434", "x.localhost:5435", "*.y.localhost:5437"'
asks "loopback" "allow allow allow allow deny allow allow deny" \
    localhost:5433 x.localhost:5434 127.0.0.1:5434 x.localhost:5433 \
    '[::1]:5433' x.localhost:5435 localhost:5435 localhost:5436
srt --explain localhost:5433
like "$out" 'network\.allowedDomains\[0\].*by connect\(2\) alone' \
    "not by a proxy"
srt --explain 127.0.0.1:5435
like "$out" 'network\.allowedDomains\[2\].*by connect\(2\) alone' \
    "nor by a name beneath"
srt --explain z.y.localhost:5437
like "$out" "through srt's proxies alone" "and the other way round"
settings net_allow='"localhost:5433"' net_deny='"127.0.0.1"'
asks "denied by its address" "allow deny allow" localhost:5433 \
    127.0.0.1:5433 '[::1]:5433'
settings net_allow='"127.0.0.1:5433"' net_deny='"localhost"'
asks "denied by its name" "deny deny deny" localhost:5433 127.0.0.1:5433 \
    x.localhost:5433

# --- another proxy decides

settings net_allow= net_deny='"other.test"' net_more='"httpProxyPort": 9'
asks "httpProxyPort" "allow allow" other.test:80 allowed.test
srt --explain other.test:80
like "$out" "^allow other\.test:80  network\.httpProxyPort  $S:[0-9]+  change: remove network\.httpProxyPort  \(.*network\.deniedDomains\[0\] \"other\.test\" refuses" \
    "what deniedDomains still does, and no cure that is none"
settings net_allow='"other.test"' net_more='"socksProxyPort": 9'
srt --explain other.test:80
like "$out" 'network\.socksProxyPort .*change: remove network\.socksProxyPort and "network": \{"deniedDomains": \["other\.test:80"\]\}' \
    "a SOCKS proxy likewise"
srt true
like "$err" 'deniedDomains' "a run says so at its start"

# --- JSON

if have python3; then
	settings net_allow='"allowed.test"'
	cat >"$T/members.py" <<'EOT'
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    assert {"query", "verdict", "rule", "file", "line", "cure"} <= set(o), o
    print(o["query"].encode("unicode_escape").decode(), o["verdict"],
        o["file"] is not None, o["line"], o["cure"] is not None)
EOT
	printf 'allowed.test:1\nwrite:/x\001y\nwrite:.bashrc\nwrite:/\377"' |
	    "$SRT" -s "$S" --json --explain - >"$T/json"
	run sh -c 'python3 "$1" <"$2"' sh "$T/members.py" "$T/json"
	is "$out" 'allowed.test:1 allow True 3 True
write:/x\x01y deny True 9 True
write:.bashrc deny False None False
write:/\\xff" deny True 9 True' "an object a line"
fi
run sh -c 'printf "write:/\033[31m\n" | "$1" -s "$2" --explain -' sh \
    "$SRT" "$S"
unlike "$out" "$(printf '\033')" "nothing that a terminal acts on"

# What the broker opens in mode "landlock" has no domain to hold ioctl(2).
settings deny_read="\"$W/hidden\"" more='"mode": "landlock"'
mkdir -p "$W/hidden"
run "$SRT" -s "$S" --explain read:/dev/ptmx --explain read:/dev/null
like "$out" '^deny read:/dev/ptmx ' "no device of the host's beside denyRead"
like "$out" '^allow read:/dev/null ' "but the usual ones"
rmdir "$W/hidden"
settings

# --- the property: the same as in a run

if ! have python3; then
	skip "explain and run agree" "no python3"
	done_testing
fi
set -- "$SRT" "$W/many" 7 90
if [ -x "${SRT_HELPERS:-}/adminsrt" ]; then
	mkdir -p "$T/prefix/bin"
	cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt"
	cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
	shift
	set -- "$T/prefix/bin/srt" "$@" admin
fi
mkdir "$W/many"
HOME=$W/many timeout 250 python3 "$E2E/explain.py" "$@" >"$T/found" 2>&1
is "$?" 0 "policies by chance"
is "$(grep -v '^[a-z ]*: [0-9]*$' "$T/found")" "" "explain and run agree"
for kind in read write unix proxy dial cure; do
	for verdict in allow deny; do
		n=$(sed -n "s/^$kind $verdict: //p" "$T/found")
		check "$kind: $verdict, ${n:-0} times" [ "${n:-0}" -ge 10 ]
	done
done

done_testing
