#!/bin/sh
# SPDX-License-Identifier: ISC
#
# git over http: clone, commit, push; and what a refusal looks like to it.

. "$(dirname "$0")/lib.sh"

have git || skip_all "no git"
have python3 || skip_all "no python3 for the server"

rig_more() {
	mkdir -p "$T/git"
	rig_user git init -q --bare "$T/git/project.git" &&
	    rig_user git -C "$T/git/project.git" config \
	    http.receivepack true || return 1
	rig_internet_user python3 "$E2E/cgi.py" 203.0.113.12 80 "$T/git" \
	    >"$T/git/log" 2>&1 &
	wait_for 10 curl -sf -o /dev/null \
	    'http://203.0.113.12/project.git/info/refs?service=git-upload-pack'
}

rig net

cat >"$HOME/.gitconfig" <<'EOT'
[user]
	name = Tester
	email = tester@allowed.test
[init]
	defaultBranch = main
[safe]
	directory = *
EOT

settings net_allow='"git.test"'
srt git clone -q http://git.test/project.git p
is "$st" 0 "clone"
is "$err" "warning: You appear to have cloned an empty repository." \
    "and nothing is said but by git"
cd p || exit 1
echo text >file
srt git add file
is "$st:$err" "0:" "add"
srt git commit -q -m first
is "$st:$err" "0:" "commit"
srt git push -q origin HEAD:main
is "$st" 0 "push"
is "$(git -C "$T/git/project.git" log --format=%s main)" first \
    "the commit is there"
head -c 3000000 /dev/urandom >big
srt sh -c 'git add big && git commit -q -m big'
is "$st" 0 "commit of three megabytes"
srt git -c http.postBuffer=10000000 push -q origin HEAD:main
is "$st" 0 "push of three megabytes"
cd .. || exit 1
srt git clone -q -b main http://git.test/project.git again
check "a second clone has them" cmp p/big again/big

settings
srt git ls-remote http://git.test/project.git
is "$st" 128 "git is refused"
like "$err" '403' "git says why"
like "$err" '^deny network-outbound git\.test:80 ' "the report says which"

done_testing
