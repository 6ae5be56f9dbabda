#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Makes a target as an ordinary user.  An ordinary user builds in the tree.
# Started by root it is srt-test's turn, who gets a copy of the tree, since
# he may be able neither to write to nor even to reach this one; the copy is
# gone afterwards.
#
#	regress/as_user.sh BUILD-FOLDER TARGET [NAME=VALUE ...]

set -eu

out=$1
shift
target=$1
user=srt-test
: "${MAKE:=make}"

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

if [ "$(id -u)" -ne 0 ]; then
	exec "$MAKE" -j "$jobs" "O=$out" "$@"
fi

add_user() {
	if command -v useradd >/dev/null 2>&1; then
		own=--user-group
		if getent group "$user" >/dev/null; then
			own="--gid $user"
		fi
		# shellcheck disable=SC2086
		useradd --system $own --no-create-home \
		    --home-dir /nonexistent --shell /bin/sh "$user"
	elif command -v pw >/dev/null 2>&1; then
		pw useradd "$user" -d /nonexistent -s /bin/sh
	else
		addgroup -S "$user"
		adduser -S -D -H -h /nonexistent -s /bin/sh -G "$user" "$user"
	fi
}

id "$user" >/dev/null 2>&1 || add_user
group=$(id -gn "$user")

work=$(mktemp -d /var/tmp/srt-check.XXXXXX)
trap 'rm -rf "$work" || echo "# $work is left" >&2' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$work/src" "$work/home" "$work/tmp"
tar -cf - --exclude=./.git --exclude=./build --exclude="./$out" . |
    (cd "$work/src" && tar -xof -)
# The copy is not the repository that knows which files are shipped.
if [ "$target" = check-built ] && [ -e .git ]; then
	sh etc/dist.sh -a manifest >"$work/MANIFEST"
	mv "$work/MANIFEST" "$work/src/"
fi
chown -R "$user:$group" "$work"
cd "$work/src"

# Whether all that is promised was shown is seen when root has had its part.
[ "$target" != check-built ] || set -- "$@" SHOWN=later
# Nothing of root's environment, its groups or its rights.
set -- "$MAKE" -j "$jobs" "O=$work/build" "$@"
if setpriv --reuid "$user" --regid "$group" --init-groups true 2>/dev/null
then
	set -- setpriv --reuid "$user" --regid "$group" --init-groups \
	    --inh-caps=-all -- "$@"
else
	# shellcheck disable=SC2016
	set -- su -s /bin/sh "$user" -c '"$0" "$@"' -- "$@"
fi
echo "# $target, as $user"
status=0
env -i PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin" \
    HOME="$work/home" TMPDIR="$work/tmp" USER="$user" LOGNAME="$user" \
    SHELL=/bin/sh LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    "$@" || status=$?
[ "$status" -eq 0 ] && [ "$target" = check-built ] || exit "$status"

# What srt does for a caller who is root can be seen by root alone.  These
# scripts try nothing that would do harm if it were allowed.
echo "# $target, as root"
chown -R 0:0 "$work"
# An ordinary user has a part in them.
chmod 755 "$work" "$work/tmp"
export O="$work/build" SRT="$work/build/bin/srt" TMPDIR="$work/tmp"
export SRT_HELPERS="$work/build/regress" SRT_BUILD="$work/build"
tap=$work/build/regress/tap
TAP=$tap/root sh regress/run_tests.sh regress/e2e/root.t \
    regress/e2e/*_root.t regress/e2e/cgroup.t regress/exec/fd_attack.t \
    regress/exec/fs.t regress/exec/layers.t regress/exec/proc.t \
    regress/exec/run.t
python3 regress/shown.py "$tap/user" "$tap/root"
