#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The file system that the command meets.

. "$(dirname "$0")/lib.sh"

EPERM='Operation not permitted'
EACCES='Permission denied'
BUSY='Device or resource busy'

mkdir -p .git/hooks sub/deep "$T/other" "$T/sec/pub/low" "$T/sec/priv"
echo secret >"$T/sec/s"
echo public >"$T/sec/pub/p"
echo low >"$T/sec/pub/low/l"
echo rc >.bashrc
echo file >"$T/other/f"
echo near >"$T/near"

# --- writing

x -w "$W" -- sh -c 'echo a >f && mkdir d && mv d e && rmdir e && ln f g && rm g'
is 0 'a write root can be written'
yes 'and it is the host'\''s' test -f f
x -w "$W" -- touch "$T/other/x"
is 1 'nothing else can be written' "$EPERM"
x -w "$W" -- sh -c "echo x >>$T/other/f"
is 2 'no file elsewhere either' "$EPERM"
x -w "$W" -- mkdir /tmp/srt-exec-test-dir
is 1 'nor /tmp' "$EPERM"
x -w "$W" -- ln "$T/near" near
is 1 'no hard link from outside into a write root' 'Invalid cross-device link'
x -w "$W" -- ln -s "$T/other" link
is 0 'a symbolic link out of it can be made'
x -w "$W" -- sh -c 'echo x >link/f'
is 2 'and leads nowhere that can be written' "$EPERM"
rm -f link
x -w "$T/other/f" -- sh -c "echo new >$T/other/f"
is 0 'a single file can be a write root'
x -w "$T/other/f" -- touch "$T/other/g"
is 1 'with nothing beside it' "$EPERM"
x -w "$W" -w "$T/other" -- mv "$T/other/f" "$W/moved"
is 0 'moving from one write root to another'
x -w "$W" -- sh -c 'mkdir a1 b1 && echo x >a1/f && mv a1/f b1/f'
is 0 'moving between directories of one write root'
x -w "$W" -- truncate -s 0 "$T/near"
is 1 'no truncation elsewhere' "$EPERM"
x -w "$W" -- chmod 600 "$T/near"
is 1 'no change of mode elsewhere' "$EPERM"

# --- denyWrite, protected names, pins

x -w "$W" -n "$W/sub" -- touch sub/x
is 1 'denyWrite within a write root' "$EPERM"
x -w "$W" -n "$W" -- touch x
is 1 'denyWrite on a write root' "$EPERM"
x -w "$W" -n "$T" -- touch x
is 1 'denyWrite above a write root' "$EPERM"
set -- -w "$W" -p "$W/.git/hooks" -p "$W/.bashrc" -p "$W/sub/deep"
x "$@" -- touch .git/hooks/evil
is 1 'a protected directory' "$EPERM"
x "$@" -- sh -c 'echo evil >.bashrc'
is 2 'a protected file' "$EPERM"
x "$@" -- rm -f .bashrc
is 1 'a protected file cannot be removed' "$EPERM"
x "$@" -- mv .bashrc y
is 1 'nor renamed' "$EPERM"
x "$@" -- sh -c 'echo evil >y; mv -f y .bashrc'
is 1 'nor replaced' "$EPERM"
rm -f y
x "$@" -- mv .git foo
is 1 'the directory above a protected name cannot be renamed' "$EPERM"
x "$@" -- mv .git/hooks .git/h2
is 1 'nor the protected directory' "$EPERM"
x "$@" -- mv sub sub2
is 1 'at any depth' "$BUSY"
x "$@" -- sh -c 'touch .git/description sub/x'
is 0 'what stands beside it can be written'
x "$@" -w / -- touch sub/deep/x
is 1 'a protected name under a write root of "/"' "$EPERM"
x "$@" -w / -- mv "$W" "$W-2"
is 1 'and its ancestors cannot be renamed' "$EPERM"
x -w / -- sh -c 'touch "$0/w-root" && rm "$0/w-root"' "$T"
is 0 'a write root of "/"'
x -w / -- touch /sys/x
is 1 'does not open /sys' "$EPERM"

# Each of them is a mount of its own that nothing can be written to, wherever
# the builder took it from; what is listed is found, and what it holds.
mkdir -p many/in "$T/sec/priv/w"
echo a >many/a
echo b >many/in/b
echo c >"$T/sec/priv/w/c"
echo d >"$T/other/d"
x -w "$W" -w "$T/other" -w "$T/sec/priv/w" -d "$T/sec" -d "$W/many/in" \
    -n "$W/many/a" -n "$W/sub" -n "$T/other/d" -n "$T/sec/priv/w/c" -- \
    cat /proc/self/mountinfo
cp "$T/out" "$T/mounts"
for path in "$W/many/a" "$W/sub" "$T/other/d" "$T/sec/priv/w/c"; do
	yes "flags of what may not be written: ${path#"$T/"}" \
	    awk -v path="$path" -v rel="${path#"$T"}" '
	    $5 == path && index($4, rel) > 0 &&
	    $6 ~ /^ro,nosuid,nodev(,|$)/ { found++ }
	    END { exit found != 1 }' "$T/mounts"
done
yes 'the write roots are not so' awk -v path="$W" '$5 == path &&
    $6 ~ /^rw,nosuid,nodev(,|$)/ { found++ } END { exit found != 1 }' \
    "$T/mounts"
x -w "$W" -w "$T/other" -n "$W/many/a" -n "$T/other/d" -n "$W/many/in" -- \
    cat many/a many/in/b "$T/other/d"
yes 'and it can be read' test "$(tr -d '\n' <"$T/out")" = abd
yes 'nothing of this is left on the host' test ! -e .git/hooks/evil \
    -a -f .bashrc -a -d .git -a -d sub/deep

# --- reading

x -- cat "$T/sec/s"
is 0 'reading is allowed' secret
x -d "$T/sec/s" -- cat "$T/sec/s"
is 1 'a denied file' "$EACCES"
x -d "$T/sec/s" -- sh -c ': <"$0"' "$T/sec/s"
is 2 'cannot be opened' "$EACCES"
x -d "$T/sec" -- ls "$T/sec"
is 2 'a denied directory cannot be listed' "$EACCES"
x -d "$T/sec" -- cat "$T/sec/s"
is 1 'nor what is in it be read' "$EACCES"
x -d "$T/sec" -C / -- sh -c 'cd "$0"' "$T/sec"
is 2 'nor be entered'
x -w "$W" -d "$W/sub" -- chmod 700 sub
is 1 'its mode cannot be changed' "$EPERM"
x -w "$W" -d "$W/sub" -- mv sub sub2
is 1 'it cannot be moved away' "$EPERM"
x -w "$T" -d "$T/sec/s" -- mv "$T/sec" "$T/sec2"
is 1 'the directory above it cannot be moved, for the next run to miss it' \
    "$BUSY"
x -w "$T" -d "$T/sec/s" -- rm -f "$T/sec/s"
is 1 'a denied file in a write root cannot be removed' "$BUSY"
set -- -d "$T/sec" -r "$T/sec/pub"
x "$@" -- cat "$T/sec/pub/p" "$T/sec/pub/low/l"
is 0 'allowRead opens what is beneath' public
x "$@" -- cat "$T/sec/s"
is 1 'and nothing else'
no '(not a byte)' grep -q secret "$T/out"
x "$@" -- ls "$T/sec"
is 2 'what is on the way cannot be listed' "$EACCES"
x "$@" -w "$W" -- touch "$T/sec/x"
is 1 'nor written' "$EPERM"
x "$@" -- touch "$T/sec/pub/x"
is 1 'nor what was opened for reading' "$EPERM"
x "$@" -d "$T/sec/pub/low" -- cat "$T/sec/pub/low/l"
is 1 'a denyRead within the allowRead' "$EACCES"
x -d "$T/sec/pub/p" -r "$T/sec" -- cat "$T/sec/pub/p"
is 1 'an allowRead above does not lift a denied file' "$EACCES"
x -d "$T/sec/pub/p" -r "$T/sec/pub/p" -- cat "$T/sec/pub/p"
is 0 'one on the very file does' public
x -d "$T" -w "$W" -- sh -c 'echo back >back && cat back'
is 0 'allowWrite beneath a denied directory is opened, too' back
x -d "$T" -w "$W" -- cat "$T/near"
is 1 'and nothing beside it'

# Nothing is readable but what a shell needs.
set -- -d / -r /usr -r /etc -w "$W"
for d in /lib /lib64 /bin; do
	if [ -d "$d" ] && [ ! -L "$d" ]; then
		set -- "$@" -r "$d"
	fi
done
x "$@" -- sh -c 'echo ok >only && cat only'
is 0 'all but a few directories denied' ok
x "$@" -- cat "$T/near"
is 1 'the rest is not there'
x "$@" -- ls /
is 2 'the root cannot be listed' "$EACCES"
x "$@" -- sh -c 'test -c /dev/null && test -r /proc/self/status'
is 0 '/dev and /proc are there nevertheless'
x "$@" -- sh -c 'touch /x; mkdir /y; ln -s x /z'
is 1 'and the root cannot be changed' "$EPERM"

# --- no way around

x -- sh -c 'mount -o remount,rw,bind / 2>&1'
no 'no mount' test "$status" -eq 0
x -d "$T/sec" -- sh -c 'umount -l "$0" 2>&1; cat "$0/s"' "$T/sec"
is 1 'no umount of a mask' "$EACCES"
x -- sh -c 'unshare -Ur true 2>&1'
no 'no user namespace' test "$status" -eq 0
x -d "$T/sec" -- sh -c 'cat "/proc/1/root$0/s"' "$T/sec"
is 1 'no way by /proc/1/root' "$EACCES"
x -d "$T/sec" -- sh -c 'cat "/proc/self/root$0/s"' "$T/sec"
is 1 'nor by /proc/self/root' "$EACCES"
x -d "$T/sec" -- sh -c 'ls /proc/1/fd /proc/1/map_files /proc/1/cwd/'
is 2 'pid 1 has nothing to offer' "$EACCES"
x -d "$T/sec/s" -- sh -c 'exec <"$0"' "$T/sec/s"
is 2 'no redirection from a denied file' "$EACCES"
"$SRT_HELPERS/execd" -- sh -c 'echo x >/proc/self/fd/0' <"$T/near" \
    >"$T/out" 2>&1
status=$?
is 2 'standard input cannot be opened for writing anew' "$EACCES"
yes '(nothing was written)' grep -q near "$T/near"
"$SRT_HELPERS/execd" -- sh -c 'echo again >/dev/stdout' >"$T/out" 2>&1
status=$?
is 0 'standard output can, where it is a file of the caller' again
"$SRT_HELPERS/execd" -- cat "$T/near" </ >"$T/out" 2>&1
status=$?
is 125 'a directory as standard input is refused' 'is a directory'

# --- filesystem.disabled

x -f 1 -- sh -c 'echo free >"$0/free"' "$T/other"
is 0 'filesystem.disabled lets the command write'
x -f 1 -d "$T/sec" -- cat "$T/sec/s"
is 0 'and read' secret

# --- paths that are not what they were

ln -s "$T/other" "$W/swapped"
x -w "$W/swapped" -- true
is 125 'a symbolic link where a directory was is refused' \
    'changed while srt was starting'
x -w "$W" -p "$W/swapped/f" -- true
is 125 'on the way, too' 'changed while srt was starting'
x -d "$W/gone" -- true
is 125 'what is gone is refused' 'changed while srt was starting'
rm -f swapped

finish
