#!/bin/sh
# SPDX-License-Identifier: ISC
#
# srt at work, on a workstation and an internet that exist only as long as
# this runs.  Fails if srt does not do what it says here.

. "$(dirname "$0")/lib.sh"

skip_all() {
	echo "The demonstration cannot run here: $*" >&2
	exit 1
}

rig net

failed=0

say() {
	echo
	echo "$*"
}

quoted() {
	for _word in "$@"; do
		case $_word in
		*[!A-Za-z0-9_./:=@+,-]*|'')	printf " '%s'" "$_word" ;;
		*)	printf ' %s' "$_word" ;;
		esac
	done
}

# show COMMAND ...: as typed, with what came of it.
show() {
	echo
	printf '    $ srt%s\n' "$(quoted "$@")"
	srt "$@"
	{
		[ -z "$out" ] || printf '%s\n' "$out"
		[ -z "$err" ] || printf '%s\n' "$err"
		echo "[exit status $st]"
	} | sed 's/^/    /'
}

# expect WHAT TEST ...
expect() {
	_what=$1
	shift
	if "$@"; then
		echo "  ok: $_what"
	else
		echo "  NOT SO: $_what"
		failed=$((failed + 1))
	fi
}

says() {
	printf '%s\n' "$out$n$err" | grep -Fq -e "$1"
}

refuses() {
	! "$@"
}

n='
'
export CURL_CA_BUNDLE="$CA"

mkdir -p "$W/project" "$HOME/.ssh"
cd "$W/project" || exit 1
echo 'a key that is nobody else'"'"'s business' >"$HOME/.ssh/id"
echo 'all is well' >"$HOME/notes"
settings allow_write="\"$W/project\"" deny_read="\"$HOME/.ssh\""

cat <<EOT
srt runs one command with less power than you have.  This shows it to the
ordinary user $(id -u), in the folder
    $W/project
A web server of this demonstration's own stands for the internet; it answers
to the names allowed.test and other.test.  These are the settings:

EOT
sed 's/^/    /' "$T/settings.json"

say "1. A request to a host on the list."
show curl -sS https://allowed.test/
expect "the page is there" says "hello from allowed.test"
expect "curl's exit status comes through" test "$st" -eq 0

say "2. A request to a host that is not on it.  The command is told why, and
   when it has ended so are you."
show curl -sS http://other.test/
expect "nothing of that host arrived" refuses says "hello"
expect "the command got an answer" says "Connection blocked by network allowlist"
expect "the refusal is reported" \
    says "deny network-outbound other.test:80 (host is not on the allow list)"

say "3. Nor is there a way around: the command's network has nothing else."
show curl -sS --noproxy '*' http://203.0.113.11/
expect "no connection" test "$st" -ne 0

say "4. A write in the folder that the settings name."
show sh -c 'echo text >file && cat file'
expect "the file is there" grep -q text "$W/project/file"

say "5. A write anywhere else."
show sh -c 'echo gone >$HOME/notes'
expect "the file is as it was" grep -q 'all is well' "$HOME/notes"
expect "the command was told" test "$st" -ne 0

say "6. A read that the settings deny; others are allowed."
show sh -c 'cat $HOME/notes; cat $HOME/.ssh/id'
expect "the notes can be read" says "all is well"
expect "the key cannot" refuses says "business"

say "7. Nothing is left: no process, no file, no open port."
expect "no port" test "$(awk '$4 == "0A"' /proc/net/tcp /proc/net/tcp6 | wc -l)" = 0
left=$(for r in srt-proxy srt-exec srt-monitor; do pids_of "$r"; done)
expect "no process" test -z "$left"
expect "no file but the one of step 4" test "$(ls -A "$W/project")" = file

echo
if [ "$failed" -ne 0 ]; then
	echo "$failed of these did not behave."
	exit 1
fi
echo "All of it behaved."
