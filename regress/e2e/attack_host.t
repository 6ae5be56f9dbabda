#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016
#
# Attacks on what is the host's: programs under other names, services that
# start programs, what runs could share, the terminal, the start of another
# run.  Each is made outside the sandbox as well, where it succeeds.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"
[ -n "${XDG_RUNTIME_DIR:-}" ] || XDG_RUNTIME_DIR=/nowhere
rig

cp "$E2E/attack_host.py" "$T/"
IN="python3 $T/attack_host.py"

# --- P8: whatever it is called, it is confined

mkdir -p "$T/host" "$W/bin"
echo secret >"$T/host/secret"
cat >"$W/evil" <<'EOT'
echo x >"$1/from.$2"; echo x >"$3/.npmrc"; cat "$1/secret"
EOT
cp /bin/sh "$W/bin/copied"
ln "$W/bin/copied" "$W/bin/linked"
ln -s /bin/sh "$W/bin/symlinked"
printf '#!%s\n' "$W/bin/copied" | cat - "$W/evil" >"$W/bin/script"
chmod +x "$W/bin/script"
loader=$(find /lib64 /lib -maxdepth 2 -name 'ld-linux*.so.*' 2>/dev/null |
    head -n 1)
cat >"$W/ways" <<'EOT'
h=$1 w=$2 loader=$3
for sh in bin/copied bin/linked bin/symlinked /proc/self/root/bin/sh \
    /../bin/../bin/sh "$loader /bin/sh" "env sh" "setsid -w sh" "nohup sh"; do
	$sh evil "$h" "$(echo "$sh" | tr / _)" "$w" 2>/dev/null
done
bin/script "$h" script "$w" 2>/dev/null
sh -c 'exec /proc/self/exe evil "$1" exe "$2"' sh "$h" "$w" 2>/dev/null
python3 -c 'import os, sys
fd = os.memfd_create("x", 0)
os.write(fd, open("/bin/sh", "rb").read())
os.execv("/proc/self/fd/%d" % fd, ["sh", "evil"] + sys.argv[1:])' \
    "$h" memfd "$w" 2>/dev/null
python3 -c 'import os, sys
os.execve(os.open("/bin/sh", os.O_PATH), ["sh", "evil"] + sys.argv[1:],
    os.environ)' "$h" opath "$w" 2>/dev/null
: >ended
EOT
run sh "$W/ways" "$T/host" "$W" "$loader"
all=$(find "$T/host" -name 'from.*' | wc -l)
check "P8: thirteen ways to start a program ($all)" test "$all" -eq 13
rm -f "$T/host/from."* "$W/.npmrc" "$W/ended"
settings deny_read="\"$T/host/secret\""
srt sh ways "$T/host" "$W" "$loader"
check "P8: inside they were tried" test -e "$W/ended"
is "$(find "$T/host" "$W" -name 'from.*' -o -name .npmrc):$out" ":" \
    "P8: none of them is less confined"
# A program that cannot be read cannot be started either; nor copied.
cp /bin/echo "$T/host/tool"
settings deny_read="\"$T/host/tool\""
srt sh -c "t=$T/host/tool; \$t ran; /proc/self/root\$t ran; ln \$t mine
    cp \$t mine2; $loader \$t ran; ./mine ran; ./mine2 ran
    python3 -c 'import os; os.execve(os.open(\"\$t\", os.O_PATH),
    [\"echo\", \"ran\"], {})'"
is "$out" "" "P8: a program that denyRead hides does not start, by any path"
cp "$T/host/tool" "$W/before"
srt ./before ran
is "$out" ran "P8: a copy from before is another file"
rm -rf "${W:?}"/* "$T/host"

# --- K8: srt has no program that could be misused

prefix=$(cd "$(dirname "$SRT")/.." && pwd)
is "$(find "$prefix/bin/srt" "$prefix/libexec" -type f -perm /6000)" "" \
    "K8: no program of srt's is set-user-ID"
if have getcap; then
	is "$(getcap -r "$prefix/bin/srt" "$prefix/libexec")" "" \
	    "K8: nor has one a capability"
else
	skip "K8: nor has one a capability" "no getcap"
fi

# --- F9, F11: as documented

mkdir -p "$T/host" "$W/node_modules/.bin"
echo secret >"$T/host/secret"
ln "$T/host/secret" "$W/before"
settings deny_read="\"$T/host/secret\""
srt sh -c "cat $T/host/secret; cat before; echo more >>before"
is "$out" secret "F11: a hard link from before the start is another name"
is "$(cat "$T/host/secret")" "secret
more" "F11: also for writing"
settings
# A directory in which nothing is counts as made by the command.
echo old >node_modules/.bin/old
srt sh -c 'echo x >Makefile; echo x >node_modules/.bin/x; echo x >.envrc
    echo x >.vscode 2>/dev/null; mkdir -p n && echo x >n/.npmrc
    mkdir -p n/.venv/bin && echo x >n/.venv/bin/python
    mkdir -p .husky && echo x >.husky/pre-commit; echo x >.hg/hgrc
    echo x >pyvenv.cfg; rm pyvenv.cfg'
check "F9: what is on no list is written" test -e Makefile -a \
    -e node_modules/.bin/x -a -e .envrc
refuse "F9: what is on it is not" test -e .vscode
is "$(printf '%s\n' "$err" | grep '^look at' | sort)" \
    "look at $W/.envrc (others execute it)
look at $W/.husky (others execute it)
look at $W/n/.npmrc (.npmrc of a tree that the command made)
look at $W/node_modules/.bin (others execute it)" \
    "F9: what others execute is told of at the end, if it was there before"
srt cat .envrc node_modules/.bin/x
is "$err" "" "F9: not what is only read"
srt sh -c 'echo x >>/usr/share/.envrc; echo x >>"$0/.envrc"' "$T" 2>/dev/null
unlike "$err" "^look at" "F9: nor what could not be written"

# A rebase that waits for somebody goes on with what its list says then.
(
	git init -q r && cd r && git config user.name a &&
	    git config user.email a@example.com && echo 1 >f && git add f &&
	    git commit -qm 1 && git checkout -qb side && echo 2 >f &&
	    git commit -qam 2 && git checkout -q - && echo 3 >f &&
	    git commit -qam 3 && git checkout -q side
) >"$T/git.out" 2>&1
srt sh -c 'cd r && main=$(git branch | sed -n "s/^  //p") &&
    git rebase $main >/dev/null 2>&1
    echo "exec touch ../pwned" >>.git/rebase-merge/git-rebase-todo'
like "$err" \
    "^look at $W/r/.git/rebase-merge/git-rebase-todo \(others execute it\)" \
    "F8: the list of a rebase that waits is told of"
(cd r && echo 4 >f && git add f && GIT_EDITOR=true git rebase --continue) \
    >"$T/git.out" 2>&1
check "F8: which git executes" test -e pwned
srt sh -c 'cd r && GIT_EDITOR=: GIT_SEQUENCE_EDITOR=: git rebase -i HEAD~1'
is "$st:$(printf '%s\n' "$err" | grep '^look at')" 0: \
    "F8: that of one that has ended is not"
rm -rf "${W:?}"/* "$T/host" "$W"/.[a-z]*

# --- F20: the private temporary directory

free() {
	stat -f -c '%d' /dev/shm /tmp | tr '\n' ' '
}
before=$(free)
srt sh -c "$IN space \"\$TMPDIR\""
is "$out" "bounded
bounded
ENOSPC" "F20: TMPDIR ends at half of the memory and 262144 names"
if [ -n "${SRT_SANITIZE:-}" ]; then
	skip "F20: a million names are too many" "too slow with sanitizers"
else
	srt sh -c "$IN inodes \"\$TMPDIR\""
	like "$out" '^ENOSPC$' "F20: a million names are too many"
fi
is "$(free)" "$before" "F20: none of them was the host's"

# --- K10, K23: who would start a program

run="$T/run/user/$RIG_UID"
spawners="$run/systemd/private $run/bus $T/run/dbus/system_bus_socket
    $T/run/systemd/private $T/run/atd.sock $T/run/cron.sock
    $T/run/crond.reboot.sock $T/run/user/tmux-0/default $T/run/emacs/server"
# shellcheck disable=SC2086
$IN serve "$T/serving" $spawners >"$T/served" &
server=$!
wait_for 10 test -e "$T/serving"
# shellcheck disable=SC2086
run $IN reach $spawners
is "$(printf '%s\n' "$out" | grep -c REACHED)" 9 "K23: outside they are reached"
wait_for 10 sh -c 'test "$(grep -c . "$1")" -ge 9' - "$T/served"
: >"$T/served"
# shellcheck disable=SC2086
srt env XDG_RUNTIME_DIR="$run" $IN reach $spawners
is "$out" "done" "K23: at, cron, systemd and D-Bus: no socket is reached"
for spawn in 'systemd-run --user --wait true' 'systemd-run true' \
    'dbus-send --session --dest=org.freedesktop.systemd1 / a.b.c' \
    'dbus-send --system --dest=org.freedesktop.systemd1 / a.b.c' \
    'gdbus call --session -d a.b -o / -m a.b.c' 'at now' 'batch' \
    'crontab -' 'systemctl --user start x' 'loginctl list-users'; do
	have "${spawn%% *}" || continue
	srt env XDG_RUNTIME_DIR="$run" \
	    DBUS_SESSION_BUS_ADDRESS="unix:path=$run/bus" \
	    DBUS_SYSTEM_BUS_ADDRESS="unix:path=$T/run/dbus/system_bus_socket" \
	    sh -c "echo true | timeout 5 $spawn"
	refuse "K23: $spawn" test "$st" -eq 0
done
is "$(cat "$T/served")" "" "K23: nobody was asked"
kill "$server"
# Where they keep what they start.
for spool in /var/spool/cron/crontabs /var/spool/cron/atjobs /etc/cron.d \
    "$HOME/.config/systemd/user" "$HOME/.config/autostart" \
    "$HOME/.local/share/systemd/user" "$HOME/.local/share/dbus-1/services"; do
	mkdir -p "$spool" 2>/dev/null
	srt sh -c "mkdir -p $spool; echo x >$spool/srt-test"
	refuse "K23: $spool" test -e "$spool/srt-test"
done

# The same in a home that the command may write to, whether they exist or not.
settings allow_write="\"$W\", \"$HOME\""
for spool in .config/systemd/user .config/autostart \
    .local/share/systemd/user .local/share/dbus-1/services; do
	for there in yes no; do
		above=${spool%%/*}
		mkdir "$HOME/$above"
		[ "$there" = no ] || mkdir -p "$HOME/$spool"
		srt sh -c "cd '$HOME' && echo x >$above/free
		    mkdir -p $spool; echo x >$spool/srt-test
		    mkdir -p stage/$spool; echo x >stage/$spool/srt-test
		    rmdir $spool; mv -T stage/$spool $spool
		    mv $above gone; rm -rf $above; mv -T stage/$above $above
		    ln -s '$HOME/stage/$spool' $spool
		    ln -s '$HOME/stage/$above' $above; true"
		check "K23: ~/$spool (there: $there): the command has run" \
		    test -e "$HOME/stage/$spool/srt-test"
		refuse "K23: ~/$spool (there: $there) in a writable home" \
		    test -e "$HOME/$spool/srt-test"
		chmod -R u+rwX "$HOME"
		rm -rf "${HOME:?}/$above" "$HOME/gone" "$HOME/stage"
	done
done
settings

# --- K14: what two runs could share

$IN queue /srt-attack make >"$T/out"
is "$(cat "$T/out")" made "K14: (a message queue)"
srt $IN queue /srt-attack
is "$out" ENOENT "K14: a message queue of the host is not there"
run $IN queue /srt-attack
is "$out" "REACHED secret" "K14: outside it is"
srt $IN queue /srt-other make
run $IN queue /srt-other
is "$out" ENOENT "K14: nor the command's on the host"
$IN unqueue /srt-attack
$IN unqueue /srt-other
run $IN keyring
if [ "$out" = "done" ]; then
	skip "K14: (outside there are keyrings)" "not here either"
else
	like "$out" REACHED "K14: (outside there are keyrings)"
fi
srt $IN keyring
is "$out" "done" "K14: no keyring, of session, user or process"
# Who can read a file can lock it: that is documented, and ends with the run.
echo shared >"$T/shared"
rm -f "$W/locked" "$W/enough"
"$SRT" -q -s "$T/settings.json" $IN lock "$T/shared" hold >"$T/out" 2>&1 &
holder=$!
wait_for 10 test -e "$W/locked"
run $IN lock "$T/shared"
is "$out" EAGAIN "K14: a lock on a file that both can read is seen outside"
settings deny_read="\"$T/shared\""
srt $IN lock "$T/shared"
is "$out" EACCES "K14: on one that is denied there is none"
settings
: >"$W/enough"
wait "$holder"
run $IN lock "$T/shared"
is "$out" locked "K14: and is gone with the run"
rm -f "$W/locked" "$W/enough"

# --- K28: the terminal

run $IN terminal "$SRT" -q -s "$T/settings.json" $IN steal
like "$out" '^tried$' "K28: the terminal: it was tried"
unlike "$out" '^GOT' "K28: and is nobody else's"
like "$out" '^kept 0$' "K28: the caller still has it"

# --- K31: the terminal stands still, or is nobody else's

run $IN terminal $IN stall
like "$out" '^STOPPED LOCKED$' "K31: outside the terminal can be stopped and locked"
rm -f "$W/stalled."*
run $IN terminal "$SRT" -q -s "$T/settings.json" sh -c \
    'echo x >/srt-test; "$@"; : >stalled' sh $IN stall
check "K31: inside it was tried" test -e "$W/stalled"
like "$out" '^flows opens$' "K31: and neither lasts"
is "$(find "$W" -name 'stalled.*')" "" "K31: nor takes place"
rm -f "$W/stalled"

# --- K32: the terminal is left so that nothing can be read on it

esc=$(printf '\033')
hide="echo x >/srt-test; printf '\\033[8m\\016\\033[2;2r\\033]0;'"
run env TERM=xterm "$(command -v python3)" "$E2E/attack_host.py" terminal \
    "$SRT" -s "$T/settings.json" sh -c "$hide"
# What stands between the last that the command has written and the report.
before=$(printf '%s\n' "$out" | tr '\n' ' ' |
    sed -n 's/.*\]0;\(.*\)<sandbox_violations>.*/\1/p')
like "$before" "^$(printf '\030')$esc\\\\" \
    "K32: what the command has begun to say ends before the report"
for code in '<' '\[m' '\(B' '\[\?47l' '\[r'; do
	like "$before" "$esc$code" "K32: ESC $code comes before it"
done
like "$out" '^<sandbox_violations>' "K32: and the report on a line of its own"
run env TERM=dumb "$(command -v python3)" "$E2E/attack_host.py" terminal \
    "$SRT" -s "$T/settings.json" sh -c 'echo x >/srt-test'
like "$out" '^<sandbox_violations>' "K32: a terminal that knows none of it"
unlike "$out" "$esc" "K32: gets none"

# --- K15: the caller's process group, user and session

run $IN bystander $IN priorities
is "$out" "nice 7 io 3 signal" "K15: outside all of the group is reached"
run $IN bystander "$SRT" -q -s "$T/settings.json" $IN priorities \
    user
is "$out" "nice 0 io 0" "K15: inside no priority and no signal is"
# As documented: what the kernel keeps for a session is the caller's as well.
if [ -w /proc/self/autogroup ]; then
	run setsid -w sh -c '"$@"; cat /proc/self/autogroup' sh "$SRT" -q \
	    -s "$T/settings.json" sh -c 'echo 5 >/proc/self/autogroup'
	like "$out" 'nice 5$' "K15: the weight of the session is the command's"
	run setsid -w sh -c '"$@"; cat /proc/self/autogroup' sh "$SRT" -q \
	    -s "$T/settings.json" setsid -w sh -c 'echo 5 >/proc/self/autogroup'
	like "$out" 'nice 0$' "K15: but no other session's"
	run setsid -w sh -c '"$@"; cat /proc/self/autogroup' sh "$SRT" -q \
	    -s "$T/settings.json" sh -c 'echo -5 >/proc/self/autogroup'
	like "$out" 'nice 0$' "K15: nor can it be raised"
else
	skip "K15: the weight of a session" "no autogroup in this kernel"
fi

# --- K30: stopped for good by pid 1, which would trace without knowing
#
# Landlock keeps pid 1, which is in a domain of its own, from tracing what is
# not; should it trace all the same, the time limit ends the command.

settings more='"limits": { "wallSeconds": 1 }'
srt "${SRT_HELPERS:-$O/regress}/pending" traced
like "$st:$err" '^(124:|1:.*PTRACE_TRACEME: Operation not permitted)' \
    "K30: who has pid 1 trace it is ended all the same"
settings

# --- K5: another run that starts

names="srt srt-proxy srt-exec srt-monitor"
starts() {
	_n=0
	while [ "$_n" -lt 15 ]; do
		"$SRT" -q -s "$T/settings.json" true
		_n=$((_n + 1))
	done
	: >"$W/enough"
}
rm -f "$W/looking" "$W/enough"
# shellcheck disable=SC2086
$IN peer $names >"$T/out" &
peer=$!
wait_for 10 test -e "$W/looking"
starts
wait "$peer"
like "$(cat "$T/out")" '^seen .*srt-proxy' \
    "K5: outside, a run that starts can be seen"
rm -f "$W/looking" "$W/enough"
# shellcheck disable=SC2086
"$SRT" -q -s "$T/settings.json" $IN peer $names >"$T/out" &
peer=$!
wait_for 10 test -e "$W/looking"
starts
wait "$peer"
is "$(cat "$T/out")" "rounds many
seen
memory" "K5: from within another one, at no moment of it"

done_testing
