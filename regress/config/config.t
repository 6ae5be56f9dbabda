#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Settings files.  NAME.in loads and prints as NAME.ok, which in turn loads
# and prints the same; or it has no NAME.ok and is refused.  NAME.err holds
# what is said on standard error, with the notes of -v if it loads; without
# one nothing is said.  NAME.admin is the administrator's policy, NAME.words
# the command, one word a line, and NAME.origins what is said of where the
# values come from.  The programs run in this folder, so that the names
# in their messages are the same everywhere.

set -u

src=${SRT_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
helpers=${SRT_HELPERS:-$src/build/regress}
srt=${SRT:-$src/build/bin/srt}
checkconf=$helpers/checkconf
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$src/regress/config" || exit 1
n=0

# ok STATUS NAME: one test; what was seen is shown if it failed.
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/diff"
	fi
	: >"$tmp/diff"
}

# load FILE [FLAG ...]: sets status, out, err.
load() {
	load_file=$1
	shift
	"$checkconf" "$@" "$load_file" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# load_case NAME [FLAG ...]: the same, with what stands beside NAME.in.
load_case() {
	load_name=$1
	shift
	[ -f "$load_name.admin" ] && set -- "$@" -a "$load_name.admin"
	set -- "$@" "$load_name.in"
	if [ -f "$load_name.words" ]; then
		while read -r word; do
			set -- "$@" "$word"
		done <"$load_name.words"
	fi
	"$checkconf" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# same EXPECTED SEEN
same() {
	diff -u "$1" "$2" >>"$tmp/diff" 2>&1
}

# is STATUS: the one of the last load.
is() {
	[ "$status" -eq "$1" ] && return 0
	echo "status $status, not $1" >>"$tmp/diff"
	return 1
}

: >"$tmp/diff"
: >"$tmp/empty"

for in in *.in; do
	name=${in%.in}
	expect=$tmp/empty
	[ -f "$name.err" ] && expect=$name.err
	bad=0
	if [ -f "$name.ok" ]; then
		load_case "$name" -v
		is 0 || bad=1
		same "$name.ok" "$tmp/out" || bad=1
		same "$expect" "$tmp/err" || bad=1
		ok $bad "$name loads"

		bad=0
		load "$name.ok"
		is 0 || bad=1
		same "$name.ok" "$tmp/out" || bad=1
		ok $bad "$name prints what loads again"

		if [ -f "$name.origins" ]; then
			bad=0
			load_case "$name" -o
			is 0 || bad=1
			same "$name.origins" "$tmp/err" || bad=1
			ok $bad "$name says where its values come from"
		fi
	else
		load_case "$name"
		is 125 || bad=1
		same "$tmp/empty" "$tmp/out" || bad=1
		same "$expect" "$tmp/err" || bad=1
		[ -s "$expect" ] || bad=1
		ok $bad "$name is refused"
	fi
done

# The example is accepted as it is, without a word.
load "$src/etc/srt-settings.example.json" -v
bad=0
is 0 || bad=1
same "$tmp/empty" "$tmp/err" || bad=1
ok $bad "the example loads"

# So is that of a policy.
load minimal.in -a "$src/etc/srt-policy.example.json" -v
bad=0
is 0 || bad=1
same "$tmp/empty" "$tmp/err" || bad=1
ok $bad "the example of a policy loads"

# What editors complete the settings by.
schema=$src/etc/srt-settings.schema.json
"$helpers/schema" >"$tmp/schema"
bad=0
same "$schema" "$tmp/schema" || bad=1
ok $bad "the schema is current (else: make schema)"

# valid NAME DEFINITION FILE ...: all of them are by the schema.
valid() {
	valid_name=$1
	shift
	bad=0
	python3 schema.py "$schema" valid "$@" >>"$tmp/diff" 2>&1 || bad=1
	ok $bad "$valid_name"
}
if python3 -c 'import jsonschema' 2>/dev/null; then
	valid "what loads is valid by the schema" '' ./*.ok \
	    "$src/etc/srt-settings.example.json" audit.in commands.in \
	    commands-bad.in domains.in env.in limits.in mitm.in noeffect.in \
	    parent.in paths.in ports.in routes.in sockets.in userns-git.in
	valid "so is a policy" policy admin.admin locked.admin \
	    "$src/etc/srt-policy.example.json"
	bad=0
	python3 schema.py "$schema" invalid '' audit-bad.in commands-keys.in \
	    enums.in env-bad.in limits-bad.in required.in \
	    required-members.in root.in routes-bad.in types.in unknown.in \
	    values.in >>"$tmp/diff" 2>&1 || bad=1
	ok $bad "what has the wrong shape is not"
	bad=0
	python3 schema.py "$schema" invalid policy admin-bad.admin \
	    commands.in >>"$tmp/diff" 2>&1 || bad=1
	ok $bad "nor is such a policy"
else
	n=$((n + 1))
	echo "ok $n - the schema # skip no python3-jsonschema"
fi

# From a pipe, as with process substitution.
bad=0
(cat minimal.in) | "$checkconf" /dev/stdin >"$tmp/out" 2>"$tmp/err"
status=$?
is 0 || bad=1
same minimal.ok "$tmp/out" || bad=1
ok $bad "a pipe is read"

bad=0
"$checkconf" /dev/stdin <minimal.in >"$tmp/out" 2>"$tmp/err"
status=$?
is 0 || bad=1
same minimal.ok "$tmp/out" || bad=1
ok $bad "standard input is read"

bad=0
mkfifo "$tmp/fifo"
cat minimal.in >"$tmp/fifo" &
load "$tmp/fifo"
wait
is 0 || bad=1
same minimal.ok "$tmp/out" || bad=1
ok $bad "a named pipe is waited for"

# What cannot be read: FILE TEXT.
unreadable() {
	load "$1"
	bad=0
	is 125 || bad=1
	{
		echo "Error: $1 $2"
		if [ "$2" = "does not exist." ]; then
			echo "Refusing to run with the built-in defaults," \
			    "which would drop the rules --settings asked for."
		else
			echo "Refusing to run with the built-in defaults," \
			    "which would drop this file's rules (its" \
			    "denyRead, allowRead and credential entries" \
			    "included)."
		fi
	} >"$tmp/expect"
	same "$tmp/expect" "$tmp/err" || bad=1
	ok $bad "refused: $3"
}
unreadable "$tmp/missing" "does not exist." "a file that is not there"
unreadable "$tmp" "could not be read (EISDIR)." "a directory"
unreadable /dev/zero "could not be read (EOPNOTSUPP)." "a device"
unreadable "$tmp/empty/x" "could not be read (ENOTDIR)." "a file as directory"
ln -s loop "$tmp/loop"
unreadable "$tmp/loop" "could not be read (ELOOP)." "a loop of links"
dd if=/dev/zero bs=1024 count=1 seek=16384 of="$tmp/huge" 2>/dev/null
unreadable "$tmp/huge" "could not be read (EFBIG)." "a file over 16 MiB"
cp minimal.in "$tmp/secret"
chmod 0 "$tmp/secret"
if [ "$(id -u)" -eq 0 ]; then
	n=$((n + 1))
	echo "ok $n - refused: no permission # skip root may read anything"
else
	unreadable "$tmp/secret" "could not be read (EACCES)." "no permission"
fi

# Every key has a case here and an entry in the page.
"$checkconf" -k >"$tmp/keys"
bad=0
while read -r key; do
	leaf=${key##*.}
	grep -q "\"$leaf\"" ./*.in || {
		echo "$key is in no file" >>"$tmp/diff"
		bad=1
	}
	grep -q "^\\.It Cm $key\$" "$src/man/srt-settings.json.5" || {
		echo "$key is not in the page" >>"$tmp/diff"
		bad=1
	}
done <"$tmp/keys"
[ "$(wc -l <"$tmp/keys")" -gt 50 ] || bad=1
ok $bad "every key has a case and an entry in the page"

# srt itself says the same.
for in in minimal domains unknown types unbuilt-tls truncated; do
	bad=0
	"$srt" -n -s "$in.in" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ -f "$in.ok" ]; then
		is 0 || bad=1
	else
		is 125 || bad=1
		same "$in.err" "$tmp/err" || bad=1
	fi
	ok $bad "srt -n agrees on $in"
done

echo "1..$n"
