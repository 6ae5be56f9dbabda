# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
#
# For the tests of the packages.  Each step needs those before it: the first
# that fails ends its test.  SRT_ARCHIVE is the release, SRT_PACKAGING the
# folder with the files that name its sums.

set -eu

# What make was asked for is not asked of the packages' own.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL MAKE_TERMOUT MAKE_TERMERR
archive=$(realpath "$SRT_ARCHIVE")
packaging=$(realpath "$SRT_PACKAGING")
name=$(basename "$archive" .tar.gz)
version=${name#srt-}

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
T=$(mktemp -d "${TMPDIR:-/var/tmp}/srt-package.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$T"

n=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

say() {
	n=$((n + 1))
	echo "ok $n - $*"
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# die WHAT [FILE]: what failed, and what was said.
die() {
	n=$((n + 1))
	echo "not ok $n - $1"
	[ $# -eq 1 ] || tail -n 40 "$2" | cut -c 1-200 | sed 's/^/# /'
	echo "1..$n"
	exit 1
}

finish() {
	echo "1..$n"
	exit 0
}

# tools TOOL ...: where etc/setup.sh can install them, none may be missing.
tools() {
	for tool; do
		command -v "$tool" >/dev/null && continue
		[ -e /etc/debian_version ] ||
		    skip_all "no $tool, which only Debian's setup installs"
		die "there is a program $tool"
	done
	say "there is $*"
}
