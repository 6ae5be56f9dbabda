#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Unix sockets: among the sandbox's processes they work, with the programs
# that need them; those of the host are reached if they are listed.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

# The names of services that no command is to reach.
SERVICES="/run/systemd/private /run/systemd/journal/stdout
    /run/systemd/resolve/io.systemd.Resolve /run/systemd/userdb/io.x
    /run/dbus/system_bus_socket /run/user/1000/bus /run/nscd/socket
    /run/docker.sock /run/avahi-daemon/socket /tmp/.X11-unix/X0
    /tmp/ssh-x/agent.1"

rig_more() {
	mount -n -t tmpfs -o mode=755,nosuid,nodev run /run || return 1
	for service in $SERVICES; do
		mkdir -p "$(dirname "$service")"
	done
	# shellcheck disable=SC2086
	python3 "$E2E/unixsock.py" serve $SERVICES @/tmp/.X11-unix/X0 \
	    >"$T/services" &
	wait_for 5 test -s "$T/services"
}

rig net

# line NAME: what the last command printed of it.
line() {
	printf '%s\n' "$out" | sed -n "s|^$1: ||p"
}

report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

fresh() {
	cd "$T" && rm -rf "$W" && mkdir "$W" && cd "$W" || exit 1
}

# --- among processes

settings
srt python3 "$E2E/unixsock.py" inside
for what in cwd dot absolute long tmpdir shm seqpacket abstract \
    'abstract seqpacket' autobind again link credentials; do
	is "$(line "$what")" ok "among the sandbox's processes: $what"
done
is "$(line rights)" "by descriptor" "a descriptor is passed on"
is "$(line mode)" 750 "the umask counts"
is "$(line twice)" EADDRINUSE "no name twice"
is "$(line none)" ENOENT "a name that is not there"
is "$(line file)" ECONNREFUSED "a file"
is "$(line gone)" ECONNREFUSED "a server that has gone"
is "$(line nonblocking)" "0 EAGAIN" "a full queue, for who does not wait"
is "$(line queue)" "20 served" "a full queue, for who does"
like "$(line outside)" 'EPERM|EACCES' "a name outside the write roots"
is "$(line datagram)" EPERM "no datagrams"
is "$(line 'datagram pair')" EPERM "not even a pair"
is "$(line raw)" EPERM "nor what is the same as datagrams"
is "$(report 'unix:')" 0 "nothing is reported of what is the sandbox's own"

srt python3 "$E2E/unixsock.py" many
is "$out" "pool fork: 285
pool spawn: 285
pool forkserver: 285
manager: {'a': 1}
listener: hello" "python: multiprocessing"

# --- of the host

fresh
mkdir "$T/sockets"
python3 "$E2E/unixsock.py" serve "$T/sockets/one" "$T/sockets/two" \
    "$HOME/home" "$W/work" "@of-the-host" >"$T/served" &
wait_for 5 test -s "$T/served"
ln -s one "$T/sockets/link"
ln -s sockets "$T/linked"
ALL="$T/sockets/one $T/sockets/two $T/sockets/link $HOME/home $W/work @of-the-host"

# reached: connects to all of them; which answer, in one line.
reached() {
	# shellcheck disable=SC2086
	srt python3 "$E2E/unixsock.py" connect $ALL "$@"
	printf '%s\n' "$out" | sed 's/.*: //' | tr '\n' ' '
}

none="EACCES EACCES EACCES EACCES EACCES ECONNREFUSED "
settings
is "$(reached)" "$none" "the host's sockets are refused"
reached >/dev/null
is "$(report "deny network-outbound unix:$T/sockets/one (a socket of the host that is not listed)")" \
    1 "and reported, by their real path"
is "$(report "deny network-outbound unix:$W/work (")" 1 \
    "also in a write root"
srt python3 "$E2E/unixsock.py" connect "$T/linked/two" sockets/../work \
    "/proc/self/root$T/sockets/one" /proc/self/cwd/work
is "$(printf '%s\n' "$out" | sed 's/.*: //' | sort -u | tr '\n' ' ')" \
    "EACCES ENOENT " "K11: by whatever path"
srt sh -c "ln -s $T/sockets/one mine; ln $T/sockets/one hard 2>/dev/null
    ln work other; mv work moved
    python3 $E2E/unixsock.py connect mine hard other moved"
is "$(printf '%s\n' "$out" | sed 's/.*: //' | grep -cvE 'EACCES|ENOENT')" 0 \
    "K11: under whatever name"
[ ! -e "$W/moved" ] || mv "$W/moved" "$W/work"
rm -f "$W/mine" "$W/hard" "$W/other"

unix() {
	settings net_more="\"allowUnixSockets\": [$1]"
}
unix "\"$T/sockets/one\""
is "$(reached)" "one EACCES one EACCES EACCES ECONNREFUSED " \
    "allowUnixSockets: a path, also by a link to it"
for link in "$T/sockets/link" "$T/linked/two"; do
	unix "\"$link\""
	is "$(reached)" "$none" "allowUnixSockets: a link that root has not made"
	reached >/dev/null
	like "$err" "leads to $T/sockets/(one|two) by a symbolic link" \
	    "is not followed, and that is said"
done
unix '"~/home"'
is "$(reached)" "EACCES EACCES EACCES home EACCES ECONNREFUSED " \
    "allowUnixSockets: ~"
unix "\"$T/sockets/t*\""
is "$(reached)" "EACCES two EACCES EACCES EACCES ECONNREFUSED " \
    "allowUnixSockets: a pattern"
unix "\"$T/**/one\", \"work\""
is "$(reached)" "one EACCES one EACCES work ECONNREFUSED " \
    "allowUnixSockets: another, and a relative path"
unix "\"$W/later\""
srt sh -c "ln -s $T/sockets/one later; python3 $E2E/unixsock.py connect later"
is "$(line later)" EACCES "K11: a listed name is no link of the command's"
rm -f later
settings net_more='"allowAllUnixSockets": true'
is "$(reached)" "one two one home work ECONNREFUSED " "allowAllUnixSockets"
reached >/dev/null
like "$err" 'allowAllUnixSockets' "is warned of"
settings
run "$SRT" -s "$T/settings.json" --violations "$T/v.json" -q \
    python3 "$E2E/unixsock.py" connect "$T/sockets/one"
check "the report: who, which rule, what would allow it" python3 -c '
import json, sys
v = json.load(open(sys.argv[1]))
assert v["operation"] == "network-outbound", v
assert v["target"] == "unix:" + sys.argv[2], v
assert v["rule"] == "network.allowUnixSockets", v
assert json.loads("{" + v["cure"] + "}") == \
    {"network": {"allowUnixSockets": [sys.argv[2]]}}, v
assert v["program"].startswith("python3"), v
assert v["pid"] > 0, v
' "$T/v.json" "$T/sockets/one"

settings fs_more='"disabled": true' allow_write=''
is "$(reached)" "$none" "filesystem.disabled opens none of them"
srt env TMPDIR="$T" python3 "$E2E/unixsock.py" inside
is "$(line absolute) $(line seqpacket) $(line abstract) $(line datagram)" \
    "ok ok ok EPERM" "and the sandbox's own still work"
settings
# Another run's sockets are the host's, too.
"$SRT" -s "$T/settings.json" python3 "$E2E/unixsock.py" serve "$W/other" \
    "@of-another" >"$T/served2" &
wait_for 5 test -s "$T/served2"
srt -q python3 "$E2E/unixsock.py" connect other @of-another
is "$out" "other: EACCES
@of-another: ECONNREFUSED" "K14: another sandbox's sockets are refused"

# --- what is on many machines

settings
# shellcheck disable=SC2086
srt -q python3 "$E2E/unixsock.py" connect $SERVICES @/tmp/.X11-unix/X0
is "$(printf '%s\n' "$out" | sed 's/.*: //' | sort | uniq -c | tr -s ' ')" \
    " 11 EACCES
 1 ECONNREFUSED" "K11: systemd, D-Bus, nscd, docker, X11, agents"
unix '"/run/docker.sock"'
srt -q python3 "$E2E/unixsock.py" connect /run/docker.sock \
    /var/run/docker.sock /run/dbus/system_bus_socket
is "$(printf '%s\n' "$out" | sed 's/.*: //' | tr '\n' ' ')" \
    "docker.sock docker.sock EACCES " "one that is listed, and no other"

python3 "$E2E/unixsock.py" log "$T/sockets/log" "$T/log" &
wait_for 5 test -s "$T/log"
unix "\"$T/sockets/log\""
srt -q python3 "$E2E/unixsock.py" send "$T/sockets/log"
is "$out" "send: EPERM
pair: EPERM" "K11: no datagrams to the host, listed or not"
settings net_more='"allowAllUnixSockets": true'
srt -q python3 "$E2E/unixsock.py" send "$T/sockets/log"
is "$(line send)" sent "but with allowAllUnixSockets"
wait_for 5 grep -q '^sent$' "$T/log"
is "$(sed -n 2p "$T/log")" sent "it arrived, and nothing before it"

if have tmux; then
	settings
	SHELL=/bin/sh tmux -S "$T/mux" -f /dev/null new-session -d -s theirs sh
	srt tmux -S "$T/mux" list-sessions
	refuse "K11: a tmux of the host is out of reach" test "$st" -eq 0
	is "$(report "deny network-outbound unix:$T/mux (")" 1 "and reported"
	unix "\"$T/mux\""
	srt tmux -S "$T/mux" list-sessions
	like "$out" '^theirs: ' "tmux, if it is listed"
	tmux -S "$T/mux" kill-server
else
	skip "a tmux of the host" "no tmux"
fi

if have ssh-agent && have ssh-add && have ssh-keygen; then
	ssh-agent -D -a "$T/agent" >/dev/null 2>&1 &
	wait_for 5 test -S "$T/agent"
	ssh-keygen -q -t ed25519 -N '' -C the-key -f "$T/key"
	SSH_AUTH_SOCK=$T/agent ssh-add -q "$T/key"
	settings
	srt env SSH_AUTH_SOCK="$T/agent" ssh-add -l
	is "$st" 2 "K11: ssh-agent is out of reach"
	is "$(report "deny network-outbound unix:$T/agent (")" 1 "and reported"
	unix "\"$T/agent\""
	srt env SSH_AUTH_SOCK="$T/agent" ssh-add -l
	like "$out" 'the-key' "ssh-agent, if it is listed"
else
	skip ssh-agent "no ssh-agent"
fi

# --- programs

settings
if have node; then
	fresh
	srt node "$E2E/unixsock.js"
	is "$out:$st:$err" "fork: there and back
path: echo:0:" "node: fork, and a server on a path"
else
	skip node "no node"
fi

PG=$(for d in /usr/lib/postgresql/*/bin /usr/libexec/postgresql* \
    /usr/bin; do [ ! -x "$d/initdb" ] || echo "$d"; done | tail -n 1)
if [ -n "$PG" ] && have psql; then
	fresh
	cat >pg.sh <<'EOT'
PATH=$1:$PATH
initdb -N -A trust -U tester -D data --no-instructions >log 2>&1 || exit 1
pg_ctl -D data -w -l log -o "-F -k '$PWD' -h ''" start >>log || exit 1
psql -X -h "$PWD" -U tester -d postgres -Atc 'select 40 + 2'
pg_ctl -D data -w -m fast stop >>log
EOT
	srt sh pg.sh "$PG"
	is "$out:$st" "42:0" "postgres, its socket in the workspace"
	[ "$st" -eq 0 ] || diag "$(tail -n 5 log)"
else
	skip postgres "no postgresql"
fi

if have tmux; then
	fresh
	cat >tmux.sh <<'EOT'
t="tmux -S $PWD/t -f /dev/null"
$t new-session -d -x 80 -y 24 sh || exit 1
$t send-keys 'echo is-$((40 + 2))' Enter
n=0
until $t capture-pane -p | grep -o is-42; do
	n=$((n + 1))
	[ $n -lt 400 ] || exit 1
	sleep 0.05
done
$t kill-server
EOT
	srt env LC_ALL=C.UTF-8 SHELL=/bin/sh sh tmux.sh
	is "$out:$st" "is-42:0" "tmux, its socket in the workspace"
else
	skip tmux "no tmux"
fi

if have gpg && have gpg-agent; then
	fresh
	cat >gpg.sh <<'EOT'
GNUPGHOME=$PWD/gnupg
export GNUPGHOME
mkdir -m 700 gnupg
gpg -q --batch --passphrase '' --quick-gen-key tester@allowed.test \
    ed25519 default never >log 2>&1 || exit 1
echo text >text
gpg -q --batch --detach-sign text || exit 1
gpg --batch --verify text.sig text 2>&1 | grep -o 'Good signature'
gpgconf --kill all
EOT
	srt sh gpg.sh
	is "$out:$st" "Good signature:0" "gpg and its agent, in the workspace"
	[ "$st" -eq 0 ] || diag "$(cat log)"
else
	skip gpg "no gpg-agent"
fi

chrome=$(command -v chromium || command -v chromium-browser ||
    command -v google-chrome || :)
if [ -n "$chrome" ]; then
	fresh
	echo '<p id=a></p><script>a.textContent = "made " + 40 + 2</script>' \
	    >page.html
	CHROME="$chrome --headless --no-sandbox --disable-gpu
	    --disable-dev-shm-usage --no-first-run --user-data-dir=$W/chrome
	    --dump-dom"
	# shellcheck disable=SC2086
	srt env HOME="$W" $CHROME "file://$W/page.html"
	like "$out" '<p id="a">made 402</p>' "chromium: a page of the workspace"
	# shellcheck disable=SC2086
	srt env HOME="$W" $CHROME http://allowed.test/
	like "$out" 'hello from allowed.test' "chromium: an allowed host"
	# shellcheck disable=SC2086
	srt env -i PATH="$PATH" HOME="$W" TMPDIR="$W" $CHROME http://allowed.test/
	like "$out" 'hello from allowed.test' \
	    "chromium: with no proxy in its environment"
	# shellcheck disable=SC2086
	srt env -i PATH="$PATH" HOME="$W" TMPDIR="$W" $CHROME http://other.test/
	unlike "$out" 'hello from' "chromium: another host"
else
	skip chromium "no chromium"
fi

done_testing
