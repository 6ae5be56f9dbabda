#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Settings of a command: by its first words as they are typed, and wider than
# the others only where "extendable" says so.

. "$(dirname "$0")/lib.sh"

rig net

url=http://allowed.test/
get='curl -sf -m 10 -o /dev/null'
mkdir -p "$W/out" "$T/hidden"
echo secret >"$T/hidden/file"

# --- allowing more

# The words are split on purpose.
# shellcheck disable=SC2086
{
settings net_allow='' more='"commands": { "curl": { "network": {
    "allowedDomains": ["allowed.test"] } } }'
srt $get "$url"
is "$st" 125 "wider settings, nothing extendable: refused"
like "$err" 'commands\.curl\.network\.allowedDomains: .*"network\.allowedDomains"' \
    "the key is named"
srt true
is "$st" 125 "whichever command is to run"

settings net_allow='' more='"extendable": ["network.allowedDomains"],
    "commands": { "curl": { "network": {
    "allowedDomains": ["allowed.test"] } } }'
srt $get "$url"
is "$st" 0 "what is extendable is allowed to the command"
srt sh -c "$get $url"
is "$st" 22 "and not to another that starts it"
srt /usr/bin/curl -sf -m 10 -o /dev/null "$url"
is "$st" 22 "nor by its path"
run "$SRT" -s "$T/settings.json" -c "$get $url"
is "$st" 22 "nor in a string for the shell"

settings net_allow='' more='"extendable": ["network.allowedDomains"],
    "commands": { "curl -sf": { "network": {
    "allowedDomains": ["allowed.test"] } } }'
srt $get "$url"
is "$st" 0 "two words are matched"
srt curl -f -s -m 10 -o /dev/null "$url"
is "$st" 22 "in their order"

# --- denying more

settings more='"commands": { "cat": { "filesystem": {
    "denyRead": ["'"$T/hidden"'"] } },
    "sh -c": { "filesystem": { "denyWrite": ["'"$W/out"'"] },
    "env": { "unset": ["SECRET*"] }, "network": {
    "deniedDomains": ["allowed.test"] } } }'
srt cat "$T/hidden/file"
is "$out" "" "a denial needs no word of the others"
srt head -n 1 "$T/hidden/file"
is "$out" "secret" "and is for the command alone"
run env SECRET_KEY=x "$SRT" -s "$T/settings.json" sh -c \
    'echo x >out/a; echo x >b; echo "[$SECRET_KEY]"'
is "$out" "[]" "of several keys each holds: the environment"
refuse "files" test -e "$W/out/a"
check "other files" test -e "$W/b"
srt sh -c "$get $url"
is "$st" 22 "hosts"
srt $get "$url"
is "$st" 0 "of another command not"
}

# --- faults

settings more='"commands": { "x": { "filesystem": { "allowWrites": [] } } }'
srt true
is "$st" 125 "an unknown key of another command: refused"
like "$err" "did you mean 'allowWrite'" "with what was meant"
settings more='"extendable": ["filesystem.denyRead", "nothing"]'
srt true
is "$st" 125 "extendable names a key that there is not: refused"
like "$err" 'extendable\.1: There is no such key' "by its place"
settings more='"locked": ["filesystem.denyRead"]'
srt true
is "$st" 125 "locked in a user's file: refused"

# --- where it is said

settings more='"commands": { "make": { "limits": { "pids": 50 } } }'
run "$SRT" -nn -s "$T/settings.json" make -j4
is "$st" 0 "-nn with a command"
like "$err" "^limits\.pids  50  $T/settings\.json:[0-9]+\$" \
    "shows what it adds"
like "$out" '"pids": 50' "and what is in effect"
run "$SRT" -nn -s "$T/settings.json"
unlike "$err" '^limits\.pids' "without it there is nothing to add"

done_testing
