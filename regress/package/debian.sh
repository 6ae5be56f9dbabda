#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The Debian package: built from the release archive, looked at by lintian,
# then installed, run by an ordinary user, upgraded, removed and purged in a
# root of its own.  The latter is root's to do, with mmdebstrap or with an
# archive of a root that has the libraries, SRT_DEBIAN_ROOT.  The packages are
# left in SRT_KEEP, if that is set.

. "$(dirname "$0")/lib.sh"

: "${DEB_BUILD_OPTIONS:=nocheck}"
export DEB_BUILD_OPTIONS

[ -e /etc/debian_version ] || skip_all 'neither Debian nor of its kind'
tools dpkg-buildpackage dh dh_apparmor lintian

# --- the packages

cp "$archive" "srt_$version.orig.tar.gz"
tar -xzf "$archive"
cp -R "$name/etc/packaging/debian" "$name/debian"
(cd "$name" && dpkg-buildpackage -us -uc -F) >build.log 2>&1 ||
    die 'the packages can be built' build.log
say "built: $(echo ./*.deb)"
[ -z "${SRT_KEEP-}" ] || cp "srt_$version"* srt-*.deb "$SRT_KEEP/"

# What is overridden says why where it is.
status=0
lintian --pedantic --display-info ./*.changes >lint 2>&1 || status=$?
[ "$status" -lt 2 ] || die 'lintian can read them' lint
if grep '^[EWIPX]: ' lint >words; then
	die 'lintian says nothing' words
fi
say 'lintian says nothing'

# What it puts where, and with which rights.
dpkg-deb -c ./srt_*.deb >list
grep -q ' ./usr/libexec/srt/srt-exec$' list ||
    die 'srt-exec is in it' list
say 'srt-exec is in it'
if grep -E '^-[rwx-]*[sS]' list >words; then
	die 'nothing is setuid' words
fi
say 'nothing is setuid'
dpkg-deb -f ./srt_*.deb Depends >depends

# --- a root of its own

rest='installed, run, upgraded, removed and purged'
if [ "$(id -u)" -ne 0 ]; then
	skip "$rest" 'not root'
	finish
fi
if ! unshare --mount --pid --fork true 2>/dev/null; then
	skip "$rest" 'this root may make no namespaces'
	finish
fi

# Libraries and no versions; what this machine gets packages from, and how, it
# does.  Of systemd there need only be what adds users; mount brings umount.
include=$(sed 's/^/mount,/; s/systemd |[^,]*/systemd-standalone-sysusers/
    s/([^)]*)//g; s/|[^,]*//g; s/ //g' depends)
mkdir "$T/root"
if [ -n "${SRT_DEBIAN_ROOT-}" ]; then
	tar -xf "$SRT_DEBIAN_ROOT" -C "$T/root"
else
	tools mmdebstrap
	# shellcheck disable=SC1091
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	set --
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	    /etc/apt/sources.list.d/*.sources; do
		if grep -qs "$suite" "$list"; then
			set -- "$@" "$list"
		fi
	done
	apt-config dump | grep -E '^Acquire::https?::' >aptopt || true
	mmdebstrap --quiet --mode=root --variant=essential \
	    --include="$include" --aptopt="$T/aptopt" \
	    --dpkgopt=force-unsafe-io "$suite" "$T/root" "$@" \
	    >mm.log 2>&1 || die 'there is a root of its own' mm.log
fi
say 'there is a root of its own'
mkdir "$T/root/packages"
cp ./*.deb "$T/root/packages/"
cp -R "$name/debian/tests" "$T/root/packages/"

# A chroot may make no user namespaces: this is the root of all there.
cat >within.sh <<'EOT'
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount -l /old
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
EOT
within() {
	unshare --mount --pid --fork --kill-child --propagation private \
	    sh within.sh "$T/root" "$@" >within.log 2>&1 </dev/null
}
does() {
	what=$1
	shift
	within "$@" || die "$what: status $?" within.log
	say "$what"
}
no_file() {
	for file; do
		[ ! -e "$T/root/$file" ] || die "$file is gone"
	done
}

# The next version of the same, for an upgrade.
dpkg-deb -R ./srt_*.deb next
sed -i "s/^Version: .*/Version: $version-2/" next/DEBIAN/control
dpkg-deb --root-owner-group -b next "$T/root/packages/next.deb" >/dev/null

does 'it is installed' sh -c 'dpkg -i /packages/srt_*.deb /packages/srt-doc_*'
does 'there is the user _srt' getent passwd _srt
does 'it allows and refuses' sh /packages/tests/installed
grep -q 'allowed, refused, reported' within.log ||
    die 'which was tried' within.log
echo '# mine' >>"$T/root/etc/srt/policy.json.example"
does 'it is upgraded' dpkg --force-confold -i /packages/next.deb
grep -q '^# mine' "$T/root/etc/srt/policy.json.example" ||
    die "the administrator's change is kept"
say "the administrator's change is kept"
does 'it still allows and refuses' sh /packages/tests/installed
does 'it is removed' dpkg -r srt srt-doc
no_file usr/bin/srt usr/libexec/srt usr/share/doc/srt/examples
[ -e "$T/root/etc/srt/policy.json.example" ] ||
    die 'what is configured stays'
say 'what is configured stays'
does 'it is purged' dpkg -P srt
no_file etc/srt etc/apparmor.d/srt-exec usr/lib/sysusers.d/srt.conf
if within dpkg -s srt; then
	die 'nothing of it is left' within.log
fi
say 'nothing of it is left'
finish
