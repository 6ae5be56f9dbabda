#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The RPM package, built from the release archive and looked at by rpmlint.
#
#	regress/package/rpm.sh SRT-VERSION.tar.gz srt.spec

set -eu

archive=$(realpath "$1")
spec=$(realpath "$2")

say() {
	echo "rpm: $*"
}

die() {
	say "$*" >&2
	exit 1
}

for tool in rpmbuild rpmlint; do
	command -v "$tool" >/dev/null || { say "skipped, no $tool"; exit 0; }
done

T=$(mktemp -d "${TMPDIR:-/var/tmp}/srt-rpm.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Warnings of which the packager is not to blame: old rpmlint wants a tag
# that rpm has not needed for years, and the signature is the release's.
lint() {
	rpmlint "$@" >"$T/lint" 2>&1 || true
	grep -E ' [EW]: ' "$T/lint" |
	    grep -vE 'no-buildroot-tag|no-signature|invalid-url' || return 0
	die 'rpmlint has a word'
}
lint "$spec"
say 'rpmlint says nothing of the spec'

mkdir "$T/SOURCES"
cp "$archive" "$T/SOURCES/"
# Names of what it needs are another system's here.
rpmbuild --define "_topdir $T" \
    --define "_sysusersdir /usr/lib/sysusers.d" --nodeps -bb "$spec" >"$T/log" 2>&1 || {
	tail -n 40 "$T/log" >&2
	die 'the package cannot be built'
}
package=$(find "$T/RPMS" -name 'srt-[0-9]*.rpm')
[ -n "$package" ] || die 'there is no package'
rpm -qlvp "$package" >"$T/list" 2>/dev/null
grep -q '/libexec/srt/srt-exec$' "$T/list" || die 'srt-exec is not in it'
if grep -E '^-[rwx-]*[sS]' "$T/list"; then
	die 'something is setuid'
fi
rpm -qcp "$package" 2>/dev/null | grep -qx /etc/srt/policy.json.example ||
    die 'the example is no configuration file'
mkdir "$T/root"
(cd "$T/root" && rpm2cpio "$package" | cpio -id --quiet)
"$T/root/usr/bin/srt" --version | grep -qx "$(basename "$archive" .tar.gz |
    sed 's/^srt-//')" || die 'what is in it is another version'
say 'built'
