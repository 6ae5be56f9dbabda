#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016
#
# What srt writes to by itself, while the command of another run, which may
# write there, changes the way to it: after srt has looked, and before it
# opens.  And on file systems that cannot lock.

. "$(dirname "$0")/lib.sh"
[ -x "${SRT_HELPERS:-}/swapsrt" ] || skip_all "no swapsrt"
have python3 || skip_all "no python3"

rig

mkdir -p "$T/prefix/bin"
cp "$SRT_HELPERS/swapsrt" "$T/prefix/bin/srt"
cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
SRT=$T/prefix/bin/srt
OUT=$T/outside
settings
mkdir "$OUT"

# swap [WHEN PATH WITH]: WITH takes the place of PATH in the srt that is run
# next, when it has seen that, for good or until it has opened what it is for.
swap() {
	case ${1-} in
	'')	swap= ;;
	good)	swap=SRT_TEST_SWAP_SEEN=$2:$3 ;;
	moment)	swap="SRT_TEST_SWAP_SEEN=$2:$3 SRT_TEST_SWAP_OPEN=$2:$2.seen" ;;
	esac
}
swap

# tidy: nothing is left of the last attack.
tidy() {
	rm -rf "${W:?}"/* "${OUT:?}"/*
	swap
}

# held NAME: srt did not start, said why, and nothing came to be outside.
held() {
	is "$st:$(ls -A "$OUT")" "125:" "F4: $1: no start, and nothing outside"
	like "$err" 'changed while srt was starting: ' "and the error says why"
	refuse "nor did the command begin" test -e "$W/began"
	tidy
}

# --- the report

report() {
	# shellcheck disable=SC2086
	run env $swap "$SRT" -s "$T/settings.json" --violations "$W/$1" \
	    sh -c 'echo x >began; echo x >/refused'
}

ln -s "$OUT/victim" "$W/link"
swap good "$W/report" "$W/link"
report report
held "a link where the report is to be made"

echo old >"$W/report"
ln -s "$OUT/victim" "$W/link"
swap good "$W/report" "$W/link"
report report
held "a link in its place"

mkdir "$W/d"
ln -s "$OUT" "$W/link"
swap good "$W/d" "$W/link"
report d/report
held "a link in the place of its directory"

mkdir -p "$W/d/e" "$OUT/e"
ln -s "$OUT" "$W/link"
swap good "$W/d" "$W/link"
report d/e/report
is "$(ls -A "$OUT/e")" "" "F4: nor of one above"
tidy

mkdir "$W/d" "$W/other"
swap good "$W/d" "$W/other"
report d/report
like "$(cat "$W/d/report")" '"/refused"' \
    "another directory in its place is no link, and gets the report"
tidy

# --- what is learned

learn() {
	# shellcheck disable=SC2086
	run env $swap "$SRT" --learn "$W/$1" \
	    sh -c 'echo x >"$1"' sh "$T/learned"
}
least='{"network": {"allowedDomains": [], "deniedDomains": []},
 "filesystem": {"denyRead": [], "allowWrite": ["'$W'"], "denyWrite": []}}'

# kept NAME: another settings file is as it was, and srt says that it failed.
kept() {
	is "$(cat "$OUT/victim.json")" "$least" "F4: $1: it is not written to"
	tidy
}

cd "$T" || exit 1
ln -s "$OUT/victim" "$W/link"
swap good "$W/learned" "$W/link"
learn learned
held "a link where what is learned is to be put"

mkdir "$W/d"
ln -s "$OUT" "$W/link"
swap good "$W/d" "$W/link"
learn d/learned
held "or in the place of its directory"

echo "$least" | tee "$OUT/victim.json" >"$W/learned"
ln -s "$OUT/victim.json" "$W/link"
swap good "$W/learned" "$W/link"
learn learned
is "$st" 125 "no start with another file than that of the settings"
kept "a link in its place"

echo "$least" | tee "$OUT/victim.json" >"$W/learned"
ln -s "$OUT/victim.json" "$W/link"
swap moment "$W/learned" "$W/link"
learn learned
like "$err" 'changed while srt was starting: ' "nor if it is another only as it is opened"
kept "a link that is there for a moment"

cd "$W" || exit 1

# --- answers that are saved

# asked FILE: under these settings somebody says no for good to all that they
# leave open.
asked() {
	# shellcheck disable=SC2086
	run env $swap python3 "$E2E/ask.py" deny-save "$T/asked" "$SRT" \
	    -s "$1" --ask-fd 6 curl -s -o /dev/null http://other.test/
}

# unasked NAME: no answer got into another settings file.
unasked() {
	check "F4: $1: no answer is saved there" cmp \
	    "$T/settings.json" "$OUT/victim.json"
	tidy
}

# alike: settings, and others outside, and a link to these.
alike() {
	cp "$T/settings.json" "$OUT/victim.json"
	cp "$T/settings.json" "$W/s.json"
	ln -s "$OUT/victim.json" "$W/link"
}

alike
swap good "$W/s.json" "$W/link"
asked "$W/s.json"
unasked "a link in the place of the settings"

alike
swap moment "$W/s.json" "$W/link"
asked "$W/s.json"
like "$err" 'changed while srt was starting: ' "no start with another file"
unasked "one that is there for a moment"

alike
swap=ASK_BEFORE=link:$OUT/victim.json
asked "$W/s.json"
is "$(readlink "$W/s.json")" "$OUT/victim.json" "a link that comes later"
like "$err" 'an answer was not saved' "an answer is not saved, which is said"
unasked "one that comes later"

alike
asked "$W/link"
is "$st" 125 "F3: settings behind a link of the command's: no --ask"
unasked "one that was there before"

alike
ln -s "$OUT/victim.json" "$T/s.json"
asked "$T/s.json"
check "a link that it cannot have made is followed" \
    grep -q other.test "$OUT/victim.json"
tidy

# --- what is followed as ever

violates() {
	srt -q "$@" sh -c 'echo x >/refused'
}

violates --violations /dev/stderr
like "$err" '"/refused"' "the report to a name of an open descriptor"
mkfifo "$T/fifo"
timeout 30 head -n 1 "$T/fifo" >"$T/got" &
violates --violations /dev/fd/4 4<>"$T/fifo"
wait "$!"
like "$(cat "$T/got")" '"/refused"' "or of a pipe"
mkdir "$T/real"
ln -s "$T/real/report" "$T/report"
violates --violations "$T/report"
like "$(cat "$T/real/report")" '"/refused"' \
    "or to what is made behind a link that the command cannot have made"
violates --violations "$T/none/report"
is "$st" 125 "no directory is made for it"
like "$err" 'none/report: No such file' "which is said"
violates --violations "$T"
is "$st" 125 "nor is it a directory"
like "$err" ': Is a directory' "which is said, too"

for option in --violations --learn; do
	run "$SRT" -s "$T/settings.json" "$option" "$OUT/none/" true
	is "$st" 125 "$option: the name of a directory makes no file"
	refuse "... of the name without the slash" test -e "$OUT/none"
done

# --- no lock

for errno in EBADF EINVAL ENOLCK ENOSYS EOPNOTSUPP; do
	cp "$T/settings.json" "$OUT/s.json"
	swap=SRT_TEST_FLOCK=$errno
	asked "$OUT/s.json"
	check "$errno for a lock: an answer is saved" \
	    grep -q other.test "$OUT/s.json"
	unlike "$err" 'was not saved' "and nothing else is said"
done

# While another program has it locked.
cat >"$T/locked.py" <<'EOT'
import fcntl, subprocess, sys
with open(sys.argv[1]) as f:
    fcntl.flock(f, fcntl.LOCK_EX)
    sys.exit(subprocess.call(sys.argv[2:]))
EOT
cp "$T/settings.json" "$OUT/s.json"
swap="SRT_TEST_FLOCK=EBADF python3 $T/locked.py $OUT/s.json"
asked "$OUT/s.json"
like "$err" 'another program has locked the settings file' \
    "where what is open for writing can be locked, it is"
check "and what another program has locked is left" \
    cmp "$T/settings.json" "$OUT/s.json"

done_testing
