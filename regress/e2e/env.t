#!/bin/sh
# SPDX-License-Identifier: ISC
#
# env and git.safeDirectories: what of the caller's environment the command
# gets to see.

. "$(dirname "$0")/lib.sh"

rig

# vars: the names of the variables that the command has, in one line.
vars() {
	srt env
	printf '%s\n' "$out" | sed -n 's/=.*//p' | grep -v '^_$' |
	    LC_ALL=C sort | tr '\n' ' '
}

# value NAME
value() {
	printf '%s\n' "$out" | sed -n "s/^$1=//p"
}

OWN='ALL_PROXY CLOUDSDK_PROXY_ADDRESS CLOUDSDK_PROXY_PORT CLOUDSDK_PROXY_TYPE DOCKER_HTTPS_PROXY DOCKER_HTTP_PROXY FTP_PROXY GRPC_PROXY HTTPS_PROXY HTTP_PROXY NO_PROXY RSYNC_PROXY SANDBOX_RUNTIME TMPDIR all_proxy ftp_proxy grpc_proxy http_proxy https_proxy no_proxy '

export MY_TOKEN=t YOUR_TOKEN=t TOKEN=t TOKENS=t SECRET1=s SECRET12=s \
    EMPTY='' 'ODD=a=b c'

settings
srt env
is "$(value MY_TOKEN):$(value ODD)" "t:a=b c" "all of it, without env"

settings more='"env": {"unset": ["*_TOKEN", "SECRET?", "EMPTY"]}'
srt env
is "$(value MY_TOKEN)$(value YOUR_TOKEN)$(value SECRET1)" "" \
    "unset: patterns"
is "$(value TOKEN)$(value TOKENS)$(value SECRET12)" "tts" \
    "and what they do not match stays"
unlike "$out" '^EMPTY=' "a name"

settings more='"env": {"clear": true}'
is "$(vars)" "$OWN" "clear: nothing but srt's own"
settings more='"env": {"clear": true, "keep": ["PATH", "T*N"]}'
is "$(vars | tr ' ' '\n' | grep -E '^(PATH|TOKEN|TOKENS|MY_TOKEN)$' |
    tr '\n' ' ')" "PATH TOKEN " "keep: names and patterns"
settings more='"env": {"keep": ["PATH"]}'
srt env
is "$(value TOKEN)" t "keep is nothing without clear"
settings more='"env": {"clear": true, "keep": ["*TOKEN"], "unset": ["MY_*"]}'
srt env
is "$(value TOKEN):$(value MY_TOKEN)" "t:" "unset after keep"

settings more='"env": {"unset": ["*"], "set": {"TOKEN": "x=y z", "NEW": ""}}'
srt env
is "$(value TOKEN)" "x=y z" "set after unset"
like "$out" '^NEW=$' "an empty value"
is "$(vars)" "$(echo "$OWN NEW TOKEN" | tr ' ' '\n' | sed '/^$/d' |
    LC_ALL=C sort | tr '\n' ' ')" "and nothing else"
settings more='"env": {"set": {"HTTP_PROXY": "http://x/", "TMPDIR": "/x",
    "SANDBOX_RUNTIME": "no"}, "unset": ["*PROXY", "TMP*"]}'
srt env
is "$(value HTTP_PROXY) $(value SANDBOX_RUNTIME) $(value TMPDIR)" \
    "http://localhost:3128 1 /dev/shm/tmp" "srt's own come last"
is "$(printf '%s\n' "$out" | grep -c '^HTTP_PROXY=')" 1 "and once"
settings more='"env": {"set": {"PATH": "/nowhere"}}'
srt true
is "$st" 127 "the command is looked for in the PATH that it gets"
for bad in '"unset": ["A=B"]' '"keep": [""]' '"set": {"A B": "x"}' \
    '"set": {"A": 1}' '"set": {"": "x"}' '"clear": "yes"' '"forget": []'; do
	settings more="\"env\": {$bad}"
	srt touch "$W/ran"
	like "$st:$err" '^125:.*env' "refused: $bad"
done
refuse "nothing ran" test -e "$W/ran"

# --- git.safeDirectories

if have git; then
	settings more='"git": {"safeDirectories": ["/srv/a", "/srv/b"]}'
	srt git config --get-all safe.directory
	is "$out" "/srv/a
/srv/a/*
/srv/b
/srv/b/*" "safe directories, and what is beneath"
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.name \
	    GIT_CONFIG_VALUE_0=somebody
	srt git config user.name
	is "$out" somebody "the caller's own configuration stays"
	srt git config --get-all safe.directory
	is "$(printf '%s\n' "$out" | wc -l)" 4 "beside it"
	GIT_CONFIG_COUNT=0
	srt git config --get-all safe.directory
	is "$out" "" "a count of 0 is the wish to have none"
	GIT_CONFIG_COUNT=many
	srt env
	is "$(value GIT_CONFIG_COUNT)" many "nonsense is left as it is"
	like "$err" 'git.safeDirectories has no effect' "and that is said"
	unset GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
	settings more='"git": {"safeDirectories": ["/1", "/2", "/3", "/4",
	    "/5", "/6", "/7", "/8", "/9"]}'
	srt git config --get-all safe.directory
	is "$out" '*' "more than eight are all"
	mkdir -p "$W/repo"
	git -C "$W/repo" init -q
	settings more="\"git\": {\"safeDirectories\": [\"$W/repo\"]}"
	srt env GIT_TEST_ASSUME_DIFFERENT_OWNER=1 git -C "$W/repo" status
	is "$st" 0 "somebody else's repository is trusted"
	settings
	srt env GIT_TEST_ASSUME_DIFFERENT_OWNER=1 git -C "$W/repo" status
	like "$st:$err" '^128:.*dubious ownership' "which it is not otherwise"
else
	skip "git.safeDirectories" "no git"
fi

done_testing
