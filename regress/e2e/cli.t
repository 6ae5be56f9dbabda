#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2088,SC2116
#
# The command line: options, words, exit statuses, messages.

. "$(dirname "$0")/lib.sh"
rig

n='
'

# --- statuses

srt true
is "$st:$out:$err" "0::" "0"
srt sh -c 'exit 1'
is "$st:$err" "1:" "1"
srt sh -c 'exit 200'
is "$st" 200 "any other"
for s in TERM:143 KILL:137 INT:130 SEGV:139 HUP:129; do
	srt sh -c "ulimit -c 0; kill -${s%:*} \$\$"
	is "$st:$err" "${s#*:}:" "128 + SIG${s%:*}"
done
srt /etc/passwd
is "$st" 126 "126: not executable"
like "$err" '^srt: /etc/passwd: Permission denied' "and why"
srt /
is "$st" 126 "126: a directory"
srt no-such-program
is "$st" 127 "127: not found"
like "$err" '^srt: no-such-program: ' "and what"
srt ./no/such
is "$st" 127 "127: no such path"
printf 'exit 7\n' >"$W/script"
chmod +x "$W/script"
srt "$W/script"
like "$st" '^(7|126)$' "a script without #! is as execvp(3) or the kernel has it"

# --- words

srt printf '%s|' 'a b' "it's" '' '$HOME' '!x' '=ls' '*' '-d'
is "$out" "a b|it's||\$HOME|!x|=ls|*|-d|" "words arrive as they are"
srt echo -d -c -s x --version
is "$out" "-d -c -s x --version" "options end at the first word"
srt -- echo -- a
is "$out" "-- a" "-- ends srt's options, once"
srt -c 'echo $((1 + 2)) | tr 3 4'
is "$out" 4 "-c STRING"
srt -c 'exit 9'
is "$st" 9 "-c: the status"
srt -c 'echo string' echo words
is "$out" string "-c wins over words"
srt 'echo one; echo two'
is "$out" "one${n}two" "a single word with shell characters"
srt "$(printf 'echo\ttab')"
is "$out" tab "with a tab"
cp /bin/echo "$W/a prog"
srt "$W/a prog"
is "$st:$out" "0:" "a single word that names a program is run"
srt 'echo one' two
is "$st" 127 "of two words the first is a program's name"
if have bash; then
	srt 'echo ${BASH_VERSION:+bash}'
	is "$out" bash "bash where there is one"
fi
srt --shell /bin/dash -c 'echo ${BASH_VERSION:-no bash}'
if [ -x /bin/dash ]; then
	is "$out" "no bash" "--shell PATH"
else
	skip "--shell PATH" "no dash"
fi
srt --shell no-such-shell -c true
is "$st" 125 "--shell that is not there"
like "$err" "Error: Shell 'no-such-shell' not found" "is named"

x=$(printf '%0100d' 7)
# shellcheck disable=SC2046
srt sh -c 'printf "%s\n" "$@" | wc -lc' x $(yes "$x" | head -n 10000)
# shellcheck disable=SC2086
is "$st:$(echo $out)" "0:10000 1010000" "a command line of a megabyte"
run env BIG="$(head -c 120000 /dev/zero | tr '\0' x)" \
    "$SRT" -s "$T/settings.json" sh -c 'echo ${#BIG}'
is "$out" 120000 "a large variable"

# --- input and output are the command's

is "$(echo in | "$SRT" -s "$T/settings.json" cat)" in "standard input"
srt sh -c 'echo out; echo err >&2'
is "$out:$err" "out:err" "standard output and error"
srt head -c 3000000 /dev/zero
is "$(wc -c <"$T/run.out")" 3000000 "three megabytes of it"
"$SRT" -s "$T/settings.json" true <&- >&- 2>&-
is "$?" 0 "with 0-2 closed"
exec 9>"$T/leak" 8</
srt sh -c 'echo x >&9 || echo closed; ls /proc/self/fd'
is "$(printf '%s\n' "$out" | head -n 1)" closed "F12: 9 is closed"
unlike "$out" '^[4-9]$' "F12: nothing is open but 0-2 and what ls opens"
exec 9>&- 8<&-
is "$(wc -c <"$T/leak")" 0 "F12: nothing was written"
"$SRT" -s "$T/settings.json" yes 2>"$T/run.err" | head -n 1 >"$T/run.out"
is "$(cat "$T/run.out" "$T/run.err")" y "a pipe that closes"

# --- options

srt -V
like "$st:$out:$err" '^0:[0-9]+\.[0-9.]+[-a-z0-9]*:$' "-V: the bare version"
v=$out
run "$SRT" --version
is "$out" "$v" "--version"
run "$SRT" -h
like "$st:$out" '^0:usage: srt ' "-h"
run "$SRT" --help
like "$out" '--control-fd' "--help"
run "$SRT" --no-such-option
is "$st" 125 "an unknown option"
like "$err" "no-such-option" "is named"
like "$err" "usage: srt" "with the usage"
for option in --join --attach --enter; do
	run "$SRT" "$option" 1 true
	like "$st:$err" "^125:.*${option#--}" "K7: no $option: nobody joins a run"
done
for more in '' ', "allowPlaintextInject": true'; do
	settings "more=\"credentials\": { \"envVars\": [{ \"name\": \"TOKEN\",
	    \"mode\": \"mask\", \"injectHosts\": [\"allowed.test\"] }]$more }"
	srt true
	like "$st:$err" '^125:.*credentials' \
	    "N12: no secret is put into requests${more:+, not even plainly}"
done
settings
run "$SRT" -s
is "$st" 125 "-s without a file"
run "$SRT"
is "$st" 125 "no command"
is "$err" "Error: No command specified. Use -c <command> or provide command arguments." \
    "in the words of the reference"
run "$SRT" -c ''
is "$st:$err" "125:Error: No command specified. Use -c <command> or provide command arguments." \
    "-c with an empty string"
for fd in 0 2 x 0x10 3e0 ' 5 ' -1 99999999999; do
	run "$SRT" --control-fd "$fd" true
	is "$st" 125 "--control-fd '$fd'"
	like "$err" 'must be an integer file descriptor >= 3' "and why"
done
run "$SRT" --control-fd 77 true
is "$st" 125 "--control-fd that is not open"
like "$err" 'Error: --control-fd 77 is not usable: .*Refusing to run the command' \
    "and why"
run "$SRT" --violations fd:66 true
is "$st" 125 "--violations fd: that is not open"
run "$SRT" --violations "$T/no/file" true
is "$st" 125 "--violations FILE that cannot be made"
like "$err" "$T/no/file" "is named"
srt -d true
like "$err" '^srt: debug: ' "-d"
run env SRT_DEBUG=1 "$SRT" -s "$T/settings.json" true
like "$err" '^srt: debug: ' "SRT_DEBUG"
srt -v true
is "$st" 0 "-v"
srt -q true
is "$st:$err" "0:" "-q"

# --- -n

srt -n
is "$st:$out:$err" "0::" "-n says nothing of good settings"
srt -n touch "$W/ran"
refuse "-n runs nothing" test -e "$W/ran"
srt -nn
is "$st" 0 "-nn"
plan=$err
printf '%s\n' "$out" >"$T/effective.json"
run "$SRT" -s "$T/effective.json" -nn
is "$out" "$(cat "$T/effective.json")" "-nn prints settings that load again"
like "$plan" "$W" "and the plan"

# --- settings

# bad MESSAGE NAME: srt must not start with what $T/bad.json holds.
bad() {
	_want=$1 _name=$2
	run "$SRT" -s "$T/bad.json" touch "$W/ran"
	is "$st" 125 "$_name: refused"
	like "$err" "$_want" "$_name: said"
	refuse "$_name: the command does not run" test -e "$W/ran"
}

run "$SRT" -s "$T/none.json" true
is "$st" 125 "P3: -s of a file that is not there"
like "$err" "none.json does not exist" "said"
: >"$T/bad.json"
bad 'is empty. Delete it, or put a config in it' "P3: an empty file"
echo '{ "network": {' >"$T/bad.json"
bad 'is not valid JSON' "P3: half a file"
run "$SRT" -s "$T" touch "$W/ran"
is "$st" 125 "P3: a directory"
like "$err" 'could not be read \(EISDIR\)' "said"
refuse "P3: the command does not run" test -e "$W/ran"
cp "$T/settings.json" "$T/noread.json"
chmod 0 "$T/noread.json"
if [ -r "$T/noread.json" ]; then
	skip "P3: an unreadable file" "everything can be read here"
else
	run "$SRT" -s "$T/noread.json" touch "$W/ran"
	is "$st" 125 "P3: an unreadable file"
	like "$err" 'could not be read \(EACCES\)' "said"
fi
rm -f "$T/noread.json"
cat >"$HOME/.srt-settings.json" <<'EOT'
{ "network":
EOT
run "$SRT" touch "$W/ran"
is "$st" 125 "P3: ~/.srt-settings.json counts as much"
refuse "no fallback to the defaults" test -e "$W/ran"
cp "$T/settings.json" "$HOME/.srt-settings.json"
run "$SRT" touch "$W/default"
check "~/.srt-settings.json is used" test -e "$W/default"
rm "$HOME/.srt-settings.json"
run "$SRT" touch "$W/none"
refuse "without it nothing is writable" test -e "$W/none"

sed 's/"denyRead"/"denyReads"/' "$T/settings.json" >"$T/bad.json"
bad 'bad.json:[0-9]+:[0-9]+: .*denyReads.*denyRead' "P2: a mistyped key"
sed 's/"allowed.test"/127.1/' "$T/settings.json" >"$T/bad.json"
bad 'not valid JSON|allowedDomains' "a number for a string"
for entry in 127.1 user@a.com 'a.com ' http://a.com '*.com' a.com:0 \
    a.com:https ::1; do
	sed "s|\"deniedDomains\": \[\]|\"deniedDomains\": [\"$entry\"]|" \
	    "$T/settings.json" >"$T/bad.json"
	bad 'network\.deniedDomains(\[0\]|\.0)' "P4: '$entry' in deniedDomains"
done
sed 's/"allowed.test"/"bad one", "also bad", 7/' "$T/settings.json" >"$T/bad.json"
bad 'allowedDomains(\[2\]|\.2)' "all faults at once"
like "$err" 'allowedDomains(\[0\]|\.0)' "the first too"

# --- the environment

run env BASH_ENV="$T/evil" ENV="$T/evil" LD_PRELOAD= PATH="$T/evil.d:$PATH" \
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor \
    GIT_CONFIG_VALUE_0="touch $T/pwned" \
    "$SRT" -s "$T/settings.json" true
is "$st" 0 "P11: runs in a hostile environment"
mkdir "$T/evil.d"
for p in sh bash ip mount srt-exec srt-proxy; do
	printf '#!/bin/sh\necho pwned >>%s\n' "$T/pwned" >"$T/evil.d/$p"
	chmod +x "$T/evil.d/$p"
done
echo "echo pwned >>$T/pwned" >"$T/evil"
run env PATH="$T/evil.d:$PATH" sh -c mount
check "P11: (outside it would)" test -e "$T/pwned"
rm -f "$T/pwned"
run env BASH_ENV="$T/evil" ENV="$T/evil" PATH="$T/evil.d:$PATH" \
    "$SRT" -s "$T/settings.json" /bin/true
refuse "P11: nothing of it runs outside" test -e "$T/pwned"
run env FOO=bar http_proxy= "$SRT" -s "$T/settings.json" \
    sh -c 'echo "$FOO,$SANDBOX_RUNTIME"'
is "$out" "bar,1" "the caller's variables are there"

done_testing
