#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the command can read and write.

. "$(dirname "$0")/lib.sh"
rig

# try SCRIPT: runs it in the sandbox, at $W.
try() {
	srt sh -c "$1"
}

# The tree of $T beside $W: names, modes and contents.
snapshot() {
	(cd "$T" && find etc home outside secret -printf '%p %s %m\n' \
	    -type f -exec cat {} + 2>&1) | sort | cksum
}

mkdir -p "$T/outside" "$T/secret/inner/deep" "$T/secret/other" "$W/sub"
echo out >"$T/outside/file"
echo hidden >"$T/secret/file"
echo inner >"$T/secret/inner/file"
echo deep >"$T/secret/inner/deep/file"
settings
before=$(snapshot)

# --- writing

try 'echo a >new && cat new && echo b >sub/new && mkdir d && mv d e && rm new'
is "$out:$st" "a:0" "beneath allowWrite everything goes"
check "and it is on the disk" test -f "$W/sub/new" -a -d "$W/e" -a ! -e "$W/new"
is "$(stat -c %u "$W/sub/new")" "$(id -u)" "with the caller as its owner"
try "echo x >>$T/outside/file"
refuse "a file elsewhere cannot be written" test "$st" -eq 0
like "$err" 'Permission denied|Operation not permitted|Read-only file system' \
    "and the command is told"
try "echo x >$T/outside/new; mkdir $T/outside/d; rm -f $T/outside/file; mv $T/outside/file $W/; ln $T/outside/file $W/l; chmod 0 $T/outside/file; truncate -s 0 $T/outside/file; touch $T/outside/file"
is "$(snapshot)" "$before" "F2: no way changes anything outside"
try "ln -s $T/outside link && echo x >link/file"
refuse "F2: through a symbolic link neither" test "$st" -eq 0
try "cd / && echo x >>$T/outside/file"
refuse "P10: the working directory grants nothing" test "$st" -eq 0
(cd "$T/outside" && try 'echo x >here')
refuse "P10: not even as the one it was started in" test -e "$T/outside/here"
(cd "$T/outside" && try pwd; is "$out" "$T/outside" x; exit "$tap_failed") \
    >/dev/null
is "$?" 0 "the working directory is the caller's"
# Opened, not written: a failure does no harm.
for f in /etc/hosts /usr/bin/env /dev/shm/../../etc/hosts "$HOME/x" /x; do
	try ": >>$f"
	refuse "nor $f" test "$st" -eq 0
done
is "$(snapshot)" "$before" "nothing changed"

settings allow_write="\"$W\"" deny_write="\"$W/sub\""
try 'echo x >ok; echo x >sub/no'
check "denyWrite wins" test -e "$W/ok" -a ! -e "$W/sub/no"
try "mv sub gone; rmdir sub; rm -rf sub"
check "and its directory stays in its place" test -f "$W/sub/new"
settings allow_write="\"$W/sub\"" deny_write="\"$W\""
try 'echo x >sub/no'
refuse "denyWrite above allowWrite wins too" test -e "$W/sub/no"
settings allow_write='"."'
try 'echo x >dot'
check "a relative entry counts from the working directory" test -e "$W/dot"
settings allow_write="\"$W/none\", \"$W/sub\""
try 'echo x >sub/yes'
check "an entry that does not exist spoils nothing" test -e "$W/sub/yes"
refuse "nor is it made" test -e "$W/none"

# --- reading

settings deny_read="\"$T/secret\""
try "cat $T/outside/file"
is "$out" out "what is not denied can be read"
try "cat $T/secret/file"
is "$out:$st" ":1" "denyRead: a file in a denied directory"
like "$err" 'Permission denied' "EACCES, not an empty file"
try "ls $T/secret"
like "$err" 'Permission denied' "the directory cannot be listed"
try "cd $T/secret"
refuse "nor entered" test "$st" -eq 0
try "echo x >$T/secret/new"
refuse "nor written" test "$st" -eq 0
try "chmod 755 $T/secret; cat $T/secret/file"
is "$out" "" "nor opened up by its owner"
is "$(snapshot)" "$before" "the host sees none of it"

settings deny_read="\"$T/secret/file\""
try "cat $T/secret/file"
is "$out:$st" ":1" "denyRead: a file"
like "$err" 'Permission denied' "EACCES"
try "cat $T/secret/inner/file"
is "$out" inner "its neighbour can be read"
try "ln $T/secret/file $W/y; cat $W/y"
is "$out" "" "F11: a link made inside does not help"

settings deny_read="\"$T/secret\"" allow_read="\"$T/secret/inner\""
try "cat $T/secret/inner/file $T/secret/inner/deep/file"
is "$out" "inner
deep" "allowRead opens it again"
try "cat $T/secret/file"
is "$out" "" "but not the rest"
try "echo x >$T/secret/inner/new"
refuse "and only for reading" test "$st" -eq 0
settings deny_read="\"$T/secret\", \"$T/secret/inner/deep\"" \
    allow_read="\"$T/secret/inner\""
try "cat $T/secret/inner/file; cat $T/secret/inner/deep/file"
is "$out" inner "a denial below an allowRead wins"
settings deny_read="\"$T/secret\"" allow_read="\"$T/secret/inner\"" \
    allow_write="\"$W\", \"$T/secret/other\""
try "echo x >$T/secret/other/w && cat $T/secret/other/w; cat $T/secret/file"
is "$out" x "a write root in a denied directory stays one"
rm -f "$T/secret/other/w"

mkdir "$W/glob[1]"
echo g >"$W/glob[1]/f"
settings deny_read="{\"path\": \"$W/glob[1]\", \"literal\": true}"
try "cat 'glob[1]/f'"
is "$out" "" "a literal entry with glob characters"
like "$err" 'Permission denied' "is enforced"

# --- what loses its name

# The host removes a name when the command holds what has it.
losing() {
	rm -rf "$T/lose" "$W/held" "$W/up" "$W/within" "$W/elsewhere"
	mkdir -p "$T/lose" "$W/within"
	(cd "$W" && wait_for 20 test -e held && rm "$T/lose/gone") &
	(cd "$W" && srt sh -c ': >up; until [ -e gone ]; do sleep 0.02; done
	    exec "$@"' sh "$SRT_HELPERS/fd_attack" unread "$T/lose"
	printf '%s\n%s\n' "$st" "$out" >"$T/lost") &
	lost=$!
	# Later than the start, so that no mount covers it.
	wait_for 20 test -e "$W/up"
	for f in "$T/lose/gone" "$W/within/gone" "$W/gone.new"; do
		echo secret >"$f"
	done
	mv "$W/gone.new" "$W/gone"
	wait "$lost"
}
settings fs_more='"strictReadGlobs": true' deny_read="\"$T/**/gone\""
losing
is "$(head -n 1 "$T/lost") $(grep -c '^held F29' "$T/lost")" "0 4" \
    "F29: what patterns hide is not read, whoever removes it"
refuse "F29: in any way" grep ^GOT "$T/lost"
try 'echo own >t; exec 3<t; rm t; cat /dev/fd/3; exec 4<>u; rm u
    echo two >/dev/fd/4; chmod 640 /dev/fd/4; cat /dev/fd/4 /proc/self/fd/4
    exec 4>&-; mkfifo f; exec 4<>f; rm f; echo three >/dev/fd/4; read -r l <&4
    echo $l; mkdir d; cd d; rmdir ../d; ls; cat <<-EOT
	four
	EOT'
is "$(printf '%s' "$out" | tr '\n' ' ')" "own two two three four" \
    "temporary files of its own go on to work"
rm -rf "$T/lose" "$W/held" "$W/up" "$W/elsewhere" "$W/gone"

# --- the names that stay closed

settings
rm -rf "$W" && mkdir -p "$W/.git/hooks" "$W/.vscode" "$W/.claude/commands"
cd "$W" || exit 1
git init -q . 2>/dev/null
echo '[x]' >.git/config
echo orig >.git/hooks/old
for f in .bashrc .gitconfig .mcp.json .profile .zshrc .gitmodules; do
	echo orig >"$f"
done
for f in .bashrc .gitconfig .mcp.json .profile .zshrc .gitmodules \
    .git/config .git/hooks/old .git/hooks/pre-commit .vscode/tasks.json \
    .claude/commands/x.md; do
	try "echo evil >'$f'; rm -f '$f'; echo evil >x && mv -f x '$f'"
	unlike "$(cat "$f" 2>/dev/null || echo orig)" evil \
	    "F8, F9: $f is not written"
done
check "F8: what was there is still there" grep -q orig .bashrc .git/hooks/old
try 'mv .git .git2; mkdir -p .git/hooks; echo evil >.git/hooks/pre-commit'
check "F5: .git is not renamed" test -d "$W/.git/hooks" -a ! -e "$W/.git2" \
    -a ! -e "$W/.git/hooks/pre-commit"
try 'mv .claude c; mkdir -p .claude/commands; echo evil >.claude/commands/x'
check "F5: nor is .claude" test -d "$W/.claude" -a ! -e "$W/c" \
    -a ! -e "$W/.claude/commands/x"
try 'echo ok >.git/info_test && echo ok >.vscode_not && echo ok >bashrc'
is "$st" 0 "other names are free"
settings
cd "$T" || exit 1

# --- the settings themselves

rm -rf "$W" && mkdir "$W" && cd "$W" || exit 1
cp "$T/settings.json" "$W/mine.json"
run "$SRT" -s "$W/mine.json" sh -c \
    'echo {} >mine.json; rm -f mine.json; mv mine.json x; echo {} >y; mv y mine.json'
check "P9: the settings in use are never writable" \
    cmp "$W/mine.json" "$T/settings.json"
cp "$T/settings.json" "$HOME/.srt-settings.json"
settings allow_write="\"$W\", \"$HOME\""
try 'echo {} >$HOME/.srt-settings.json; rm -f $HOME/.srt-settings.json; echo ok >$HOME/other'
check "P9: nor is ~/.srt-settings.json" \
    grep -q allowedDomains "$HOME/.srt-settings.json"
check "P9: in a home that is" test -e "$HOME/other"
rm -f "$HOME/.srt-settings.json"
try 'echo {} >$HOME/.srt-settings.json'
refuse "P9: where it is not there, it cannot be made" test "$st" -eq 0
like "$err" 'file-write-create .*srt-settings.json' "which is reported"
refuse "P9: so it is not made" test -e "$HOME/.srt-settings.json"
settings

# --- nothing is littered

rm -rf "$W" && mkdir "$W" && cd "$W" || exit 1
try 'ls -A'
is "$out" "" "F1: no placeholders inside"
is "$(ls -A "$W")" "" "F1: none on the host"
try true
is "$(ls -A "$W")" "" "F1: none afterwards"

# --- temporary files

try 'echo $TMPDIR; stat -c %a "$TMPDIR"; echo x >$TMPDIR/f && cat $TMPDIR/f; f=$(mktemp) && echo made'
dir=$(printf '%s\n' "$out" | head -n 1)
is "$(printf '%s\n' "$out" | tail -n +2)" "700
x
made" "TMPDIR is there, private and writable"
refuse "F16: not shared with the host" test -e "$dir/f"
try 'ls -A $TMPDIR'
is "$out" "" "nor with the next run"
try 'echo x >/dev/shm/x && ls /dev/shm'
refuse "K14: /dev/shm is its own" test -e /dev/shm/x

# --- the machine

try 'echo x >/dev/null && head -c 4 /dev/zero | wc -c && test -c /dev/urandom && test -e /dev/tty && ls /dev/fd/ >/dev/null'
is "$st" 0 "the usual devices work"
try 'ls /dev/kmsg /dev/mem /dev/sda /dev/fuse /dev/kvm 2>/dev/null'
is "$out" "" "others are not there"
try 'ls /proc | grep -c "^[0-9]"'
check "only its own processes are seen" test "$out" -le 5
for f in sys/kernel/hostname sys/vm/drop_caches sys/kernel/core_pattern \
    sysrq-trigger; do
	try ": >>/proc/$f"
	refuse "F13: /proc/$f cannot be written" test "$st" -eq 0
done
srt mount -t tmpfs none "$W"
refuse "F18: no mount" test "$st" -eq 0
srt unshare -Ur true
refuse "F18: no namespace" test "$st" -eq 0
srt umount "$W"
refuse "F18: no unmount" test "$st" -eq 0

# --- where it runs

srt "$SRT_HELPERS/affcheck" 20000 affinity
is "$st $out" "0 0" "the processors that a program chooses are its own choice"
rm -f affinity

# --- disabled

settings fs_more='"disabled": true' allow_write=''
try "echo x >>$T/outside/file2"
check "filesystem.disabled leaves the files alone" test -e "$T/outside/file2"
done_testing
