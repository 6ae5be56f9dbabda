#!/bin/sh
# SPDX-License-Identifier: ISC
#
# allowNestedUserNamespaces: namespaces inside the sandbox, and that they
# lead to nothing that the sandbox itself does not allow.

. "$(dirname "$0")/lib.sh"

have unshare || skip_all "no unshare"
have python3 || skip_all "no python3"

rig

PY="python3 $E2E/nested.py"
mkdir -p "$W/dir" "$T/secret" "$W/repo/.git/hooks"
echo secret >"$T/secret/file"
echo old >"$W/existing"
echo outside >"$T/outside"

nested() {
	settings deny_read="\"$T/secret\"" \
	    deny_write="\"$W/kept\", \"$W/**/*.lock\"" \
	    more="\"allowNestedUserNamespaces\": $1"
}

nested false
srt unshare -U true
like "$st" '^[1-9]' "without the key: no user namespace"

nested true
srt unshare -U -r id -u
is "$st:$out" "0:0" "unshare -U -r: root of its own"
srt unshare -U -r -p -f sh -c 'echo $$'
is "$st:$out" "0:1" "a pid namespace of its own"
srt unshare -U -r -n sh -c 'cat /proc/net/dev | grep -c :'
is "$st:$out" "0:1" "a network namespace of its own"
srt unshare -U -r -i -u sh -c 'hostname inside && hostname'
is "$st:$out" "0:inside" "a name of its own"
srt unshare -U -r sh -c 'unshare -U -r id -u'
is "$st:$out" "0:0" "namespaces in namespaces"
srt unshare -U -r sh -c 'echo new >dir/made && cat dir/made && mkdir dir/d &&
    mv dir/made dir/d/ && rm -r dir/d'
is "$st:$out" "0:new" "files are made, moved and removed as ever"

if have bwrap; then
	srt bwrap --ro-bind / / true
	like "$st:$err" '^1:.*Operation not permitted' \
	    "bwrap: nothing is mounted"
	settings fs_more='"disabled": true' \
	    more='"allowNestedUserNamespaces": true'
	srt bwrap --ro-bind / / --dev /dev --unshare-net \
	    sh -c "echo x >'$W/bound'"
	like "$st:$err" '^[12]:.*Read-only' "but without the layers for files"
	nested true
else
	skip "bwrap" "no bwrap"
fi

# As root of a user namespace, in another root, in another mount namespace,
# by descriptors from before: nothing of this is written, read or remounted.
for where in user chroot mount setns fds; do
	srt $PY "$where" "$W" "$T"
	is "$st:$out" "0:held" "attacks: $where"
done
is "$(cat "$W/existing" "$T/outside")" "old
outside" "what is not to be written is as it was"
refuse "a name that is kept" test -e "$W/kept"
refuse "a name that a pattern holds" test -e "$W/dir/x.lock"
refuse "a hook" test -e "$W/repo/.git/hooks/post-commit"

done_testing
