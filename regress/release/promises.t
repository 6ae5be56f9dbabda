#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# The table of PRIVSEP.md against the tests: what it names exists and is run,
# every attack that has a test is in it, and SECURITY.md lists every attack.

. "$(dirname "$0")/../exec/lib.sh"

cd "$SRT_SRC" || exit 1
LC_ALL=C
export LC_ALL

# The rows of a table whose first line begins as said.
rows() {
	awk -v head="$1" '
	index($0, head) == 1 { on = 1; next }
	on && !/^\|/ { exit }
	on && !/^\|[-|]*$/ { print }' "$2"
}

# column NUMBER: of rows, without the blanks around it.
column() {
	awk -F'|' -v n="$(($1 + 1))" '{
		gsub(/^ +| +$/, "", $n)
		print $n
	}'
}

rows '| promise |' PRIVSEP.md >"$T/promises"
rows '| id |' SECURITY.md >"$T/attacks"
yes 'there are promises' test "$(wc -l <"$T/promises")" -gt 30
yes 'and attacks' test "$(wc -l <"$T/attacks")" -gt 60
no 'a row of five columns each' sh -c \
    "awk -F'|' 'NF != 7 || /\\| +\\|/' '$T/promises' | grep ."

# --- what is named

# FILE, a tab, and what a check in it is called; one a line.
column 4 <"$T/promises" | awk '{
	while (match($0, /`[^`]*`|"[^"]*"/)) {
		word = substr($0, RSTART + 1, RLENGTH - 2)
		if (substr($0, RSTART, 1) == "`")
			file = word
		else
			print file "\t" word
		$0 = substr($0, RSTART + RLENGTH)
	}
}' >"$T/named"
tab=$(printf '\t')
no 'each promise has a test' sh -c \
    "awk -F'|' '{ print \$5 }' '$T/promises' | grep -v '\`.*\"'"
no 'each test a name' sh -c \
    "awk -F'|' '{ print \$5 }' '$T/promises' | grep -E '\` *(;|\$|\`)'"
while IFS=$tab read -r file name; do
	grep -qF -- "$name" "$file" 2>/dev/null || echo "$file: no \"$name\""
done <"$T/named" >"$T/out"
[ ! -s "$T/out" ]
result $? "what is named exists ($(wc -l <"$T/named") checks)" "$T/out"

# run_by FILE: is it a test that "make check" runs, or part of one?
run_by() {
	case $1 in
	*.t)	test -x "$1" ;;
	*/unit/*.c|*/fuzz/*.c|*/helper/*.c)
		name=${1##*/}
		name=${name%.c}
		grep -Eq "(^|[[:space:]])${name#fuzz_}([[:space:]]|\$)" \
		    regress/tests.mk ;;
	*.py)	grep -qF "${1##*/}" "${1%/*}"/*.t ;;
	*)	false ;;
	esac
}
cut -f 1 "$T/named" | sort -u | while read -r file; do
	run_by "$file" || echo "$file"
done >"$T/out"
[ ! -s "$T/out" ]
result $? 'and is run' "$T/out"

# --- whether a run has shown it

# ran WHO FILE LINE ...: what a test has said.
ran() {
	said=$T/$1/$2
	mkdir -p "${said%/*}"
	shift 2
	printf '%s\n' "$@" "1..$#" >"$said"
}

# missed FILE NAME: does the step that looks at what was said miss it?
missed() {
	grep "$1: " "$T/out" | grep -F "\"$2\""
}

# shellcheck disable=SC2016
shown() {
	mkdir "$T/user" "$T/root"
	[ "$(uname -s)" != Linux ] ||
	    no 'a run in which nothing was shown fails' \
		python3 regress/shown.py "$T/user" "$T/root"
	ran user regress/e2e/fs.t 'ok 1 - F18: no mount' \
	    'ok 2 - F5: .git is not renamed # SKIP no git' \
	    'not ok 3 - F11: a link made inside does not help'
	ran user regress/e2e/cli.t 'ok 1 - F18: no namespace'
	knob='cannot be opened for writing'
	ran user regress/e2e/root.t "ok 1 - F13: /x $knob" \
	    'ok 2 - and can get none'
	ran root regress/e2e/root.t "ok 1 - F13: /x $knob"
	ran user regress/proxy/wire.t 'ok 1 - K18: resolver_dies'
	ran user build/regress/proc_test 'ok 1 - test_clean'
	ran root regress/e2e/cgroup.t '1..0 # SKIP no cgroup v2 is mounted'
	yes 'the table can be read, and the exceptions are of it' sh -c \
	    "python3 regress/shown.py -n '$T/user' '$T/root' >'$T/out'"
	fs=regress/e2e/fs.t
	no 'a check that was ok is shown' missed $fs 'F18: no mount'
	yes 'not one that was skipped' missed $fs 'F5: .git is not renamed'
	yes 'nor failed' missed $fs 'F11: a link made inside does not help'
	yes "nor another test's" missed $fs 'F18: no namespace'
	no 'one with a value, by whatever it was' \
	    missed regress/e2e/root.t "F13: \$knob $knob"
	yes 'what a root caller is promised no user shows' \
	    missed regress/e2e/root.t 'and can get none'
	no 'a function of Python is shown by its test' \
	    missed regress/proxy/wire.py test_resolver_dies
	no 'one of C by that of its file' \
	    missed regress/unit/proc_test.c test_clean
	yes 'and by no other' missed regress/unit/monitor_test.c test_clean
	yes 'what a machine cannot show is told apart' \
	    grep -q '^not on this machine: regress/e2e/cgroup.t' "$T/out"
}
if command -v python3 >/dev/null; then
	shown
else
	skip 'whether a run has shown it' 'no python3'
fi

# --- the attacks

# Letter and number are a word of their own.
ids() {
	cat "$@" | tr -c 'A-Za-z0-9_$' '\n' |
	    grep -xE '[PFNK][1-9][0-9]?' | sort -u
}

# only FILE FILE: what is in the first alone.
only() {
	comm -23 "$1" "$2" | grep .
}

# What this one says above is no attack.
for file in regress/*/*.t; do
	[ "$file" = regress/release/promises.t ] || cat "$file"
done >"$T/scripts"
ids "$T/scripts" regress/*/*.py regress/unit/*.c regress/helper/*.c \
    >"$T/tested"
column 2 <"$T/promises" | tr ' ' '\n' | grep -v '^-$' | sort -u >"$T/held"
column 1 <"$T/attacks" | sort >"$T/known"
grep -v '| PRIVSEP.md |$' "$T/attacks" | column 1 | sort >"$T/open"
grep '| PRIVSEP.md |$' "$T/attacks" | column 1 | sort >"$T/closed"
yes 'tests have the names of attacks' test "$(wc -l <"$T/tested")" -gt 50
yes 'an attack is listed once' sh -c "! uniq -d '$T/known' | grep ."
no 'an attack that has a test is on a promise' only "$T/tested" "$T/held"
no 'one on a promise has a test of its name' only "$T/held" "$T/tested"
no 'an attack on a promise is listed' only "$T/held" "$T/known"
no 'one that has tests is said to have' only "$T/held" "$T/closed"
no 'and no other' only "$T/closed" "$T/held"
no 'one that has no test says why' sh -c \
    "grep -v '| PRIVSEP.md |\$' '$T/attacks' | grep -v '| none: [a-z]'"

finish
