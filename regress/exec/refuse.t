#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Where the system lacks something, one line says what and what to do.  The
# lacks are made in user namespaces of the test's own.

. "$(dirname "$0")/lib.sh"

if ! unshare -rm true 2>/dev/null; then
	echo '1..0 # SKIP no unshare(1) with user namespaces'
	exit 0
fi

# in_ns SCRIPT: x, after SCRIPT, as root of a user namespace.
in_ns() {
	unshare -rm sh -c "$1"' || exit 99; exec "$0" "$@"' \
	    "$SRT_HELPERS/execd" $flags -- echo ran >"$T/out" 2>&1
	status=$?
}

flags=
in_ns true
is 0 'within a user namespace of one id' ran
in_ns 'echo 0 >/proc/sys/user/max_user_namespaces'
is 125 'user namespaces switched off' \
    'set sysctl user.max_user_namespaces to'
yes '(one line)' test "$(wc -l <"$T/out")" -eq 1
in_ns 'mount --bind /dev/null /proc/cpuinfo'
is 125 'a container that hides parts of /proc' 'enableWeakerNestedSandbox'
yes '(one line)' test "$(wc -l <"$T/out")" -eq 1
flags='-f 2'
in_ns 'mount --bind /dev/null /proc/cpuinfo'
is 0 'goes on by permission' ran
is 0 'and says so' 'enableWeakerNestedSandbox: the command sees'
flags=
if command -v chroot >/dev/null 2>&1; then
	in_ns 'mkdir r && mount --rbind / r && exec chroot r "$0" -C / -- true'
	is 125 'in a chroot' 'chroot'
	rmdir r
fi

finish
