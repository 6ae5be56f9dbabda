#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2012,SC2016
#
# What an attacker has tried by hand: ways out by system call, and what the
# command could leave behind for the next run to go wrong.

. "$(dirname "$0")/lib.sh"
rig

attack=${SRT_HELPERS:-$O/regress}/attack
[ -x "$attack" ] || skip_all "no helper"

# held NAME: the attack was made to its end, and nothing of it succeeded.
held() {
	like "$out" '^done$' "$1: the attack was made"
	like "$out" '^held ' "$1: and held"
	unlike "$out" '^GOT ' "$1: in every way"
}

# --- system calls

mkdir -p "$T/host"
echo victim >"$T/host/victim"
mkfifo "$T/host/fifo"
before=$(stat -c '%a %y %s' "$T/host/victim")
srt "$attack" files "$T/host/victim" "$T/host" "$W"
held "a file outside the write roots"
is "$(stat -c '%a %y %s' "$T/host/victim")" "$before" "the file is as it was"
is "$(ls "$T/host" | tr '\n' ' ')" "fifo victim " "and so is its directory"
rm -f "$W/mine"

srt "$attack" init
held "pid 1"

# Without these the refusals would prove nothing.
run "$attack" files "$T/host/victim" "$T/host" "$W"
like "$out" '^GOT open$' "outside the sandbox the attack succeeds"
rm -rf "$T/host" "${W:?}"/*
mkdir -p "$T/host"

if have python3; then
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind(sys.argv[1])
s.listen(5)
time.sleep(60)' "$T/sock" &
	server=$!
	wait_for 10 test -S "$T/sock"
	srt "$attack" sockets "$T/sock"
	held "a socket of the host"
	kill "$server"
	wait "$server" 2>/dev/null
else
	skip "a socket of the host" "no python3"
fi

# --- the settings, however they are named

settings
cp "$T/settings.json" "$W/s.json"
(cd "$W" && run "$SRT" -s s.json sh -c 'echo x >s.json; mv s.json t.json'
[ -f s.json ] && cmp s.json "$T/settings.json") >"$T/rel" 2>&1
is "$?" 0 "settings named by a relative path are protected"
rm -f "$W"/*

mkdir -p "$HOME/dot"
settings allow_write="\"$W\", \"$HOME\""
cp "$T/settings.json" "$HOME/dot/srt.json"
ln -s dot/srt.json "$HOME/.srt-settings.json"
run "$SRT" sh -c 'rm ~/.srt-settings.json; echo "{}" >~/.srt-settings.json'
refuse "settings behind a link: neither it nor they can be replaced" \
    test "$st" -eq 0
like "$err" 'file-write-unlink .*/.srt-settings.json' "which is reported"
is "$(readlink "$HOME/.srt-settings.json")" dot/srt.json "the link stays"
rm -rf "$HOME/dot" "$HOME/.srt-settings.json"
settings

echo rc >"$HOME/rc"
ln -s "$HOME/rc" "$W/log"
run "$SRT" -q -s "$T/settings.json" --violations "$W/log" true
is "$st" 125 "a report behind a link that the command can have made: refused"
is "$(cat "$HOME/rc")" rc "and nothing is written"
rm -f "$W/log" "$HOME/rc"

mkdir -p "$W/bin" "$W/libexec"
cp "$SRT" "$W/bin/"
cp -R "$(dirname "$SRT")/../libexec/srt" "$W/libexec/"
run "$W/bin/srt" -s "$T/settings.json" sh -c 'mv libexec l; mv bin b
    rm -f libexec/srt/srt-proxy bin/srt; echo x >libexec/srt/new; ls'
is "$out" "bin
libexec" "srt itself, in a write root, stays in its place"
is "$(ls "$W/libexec/srt")" "$(ls "$(dirname "$SRT")/../libexec/srt")" \
    "and so do its other programs"
run "$W/bin/srt" -s "$T/settings.json" true
is "$st" 0 "and works"
rm -rf "${W:?}"/*

# --- two runs: the first prepares what the second is to misread

mkdir -p "$W/.git/hooks"
srt chmod 0 .git
srt sh -c 'chmod 755 .git; echo evil >.git/hooks/pre-commit'
chmod 755 "$W/.git"
is "$(ls "$W/.git/hooks")" "" "a repository that is shut is still protected"

echo config >"$W/.git/config"
settings allow_write="\"$W/.git\""
srt sh -c 'echo evil >>.git/config; echo evil >.git/hooks/post-commit'
is "$(cat "$W/.git/config")" config "allowWrite of .git: not its config"
is "$(ls "$W/.git/hooks")" "" "allowWrite of .git: nor its hooks"
(cd / && srt sh -c "echo evil >>$W/.git/config")
is "$(cat "$W/.git/config")" config "wherever the command is started"
rm -rf "$W/.git"

mkdir -p "$W/a/b"
echo secret >"$W/a/b/.env"
settings deny_read="\"$W/a/b/.env\""
srt sh -c 'mv a c; mv a/b a/c; mv a/b/.env a/b/c'
srt sh -c 'cat */*/.env */.env .env a/b/c c/b/.env'
unlike "$out" secret "a denied file cannot be moved from its rule"
rm -rf "$W/a"

mkdir -p "$W/real"
echo secret >"$W/real/.env"
ln -s real "$W/link"
settings deny_read="\"$W/link/.env\""
srt sh -c 'cat real/.env; rm link; ln -s nowhere link'
unlike "$out" secret "a denied file behind a link is denied"
like "$err" "cannot remove 'link'" "the link cannot be replaced"
srt sh -c 'cat real/.env'
unlike "$out" secret "and so the rule holds in the next run"
rm -rf "${W:?}"/*
settings

done_testing
