#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The Debian package: built from the release archive, looked at by lintian,
# then installed, run by an ordinary user, upgraded, removed and purged in a
# root of its own.  The latter is root's to do, with mmdebstrap or with an
# archive of a root that has the libraries, SRT_DEBIAN_ROOT.
#
#	regress/package/debian.sh SRT-VERSION.tar.gz [RESULT-FOLDER]

set -eu

archive=$(realpath "$1")
name=$(basename "$archive" .tar.gz)
version=${name#srt-}
keep=${2-}
: "${DEB_BUILD_OPTIONS:=nocheck}"
export DEB_BUILD_OPTIONS

say() {
	echo "debian: $*"
}

die() {
	say "$*" >&2
	exit 1
}

missing=
for tool in dpkg-buildpackage dh dh_apparmor lintian; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { say "skipped, there is no$missing"; exit 0; }

T=$(mktemp -d "${TMPDIR:-/var/tmp}/srt-debian.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$T"

# --- the packages

cp "$archive" "srt_$version.orig.tar.gz"
tar -xzf "$archive"
cp -R "$name/etc/packaging/debian" "$name/debian"
(cd "$name" && dpkg-buildpackage -us -uc -F) >build.log 2>&1 || {
	tail -n 40 build.log >&2
	die 'the package cannot be built'
}
say "built: $(echo ./*.deb)"
[ -z "$keep" ] || cp "srt_$version"* srt-*.deb "$keep/"

# What is overridden says why where it is.
lintian --pedantic --display-info ./*.changes >lint 2>&1 || true
if grep '^[EWIPX]: ' lint; then
	die 'lintian has a word'
fi
say 'lintian says nothing'

# What it puts where, and with which rights.
dpkg-deb -c ./srt_*.deb >list
grep -q ' ./usr/libexec/srt/srt-exec$' list || die 'srt-exec is not there'
if grep -E '^-[rwx-]*[sS]' list; then
	die 'something is setuid'
fi
dpkg-deb -f ./srt_*.deb Depends >depends

# --- a root of its own

[ "$(id -u)" -eq 0 ] || { say 'not root: no root of its own'; exit 0; }
if [ -z "${SRT_DEBIAN_ROOT-}" ] && ! command -v mmdebstrap >/dev/null; then
	say 'no mmdebstrap: no root of its own'
	exit 0
fi

# Libraries and no versions; what this machine gets packages from, it does.
# Of systemd there need only be what adds users.
include=$(sed 's/systemd |[^,]*/systemd-standalone-sysusers/; s/([^)]*)//g
    s/|[^,]*//g; s/ //g' depends)
mkdir "$T/root"
if [ -n "${SRT_DEBIAN_ROOT-}" ]; then
	tar -xf "$SRT_DEBIAN_ROOT" -C "$T/root"
else
	# shellcheck disable=SC1091
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	set --
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	    /etc/apt/sources.list.d/*.sources; do
		[ ! -s "$list" ] || set -- "$@" "$list"
	done
	mmdebstrap --quiet --mode=root --variant=minbase \
	    --include="$include" "$suite" "$T/root" "$@" >mm.log 2>&1 || {
		tail -n 20 mm.log >&2
		die 'there is no root to be had'
	}
fi
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
	within "$@" || {
		cat within.log >&2
		die "$what: status $?"
	}
	say "$what"
}
no_file() {
	for file; do
		[ ! -e "$T/root/$file" ] || die "$file has stayed"
	done
}

# The next version of the same, for an upgrade.
dpkg-deb -R ./srt_*.deb next
sed -i "s/^Version: .*/Version: $version-2/" next/DEBIAN/control
dpkg-deb --root-owner-group -b next "$T/root/packages/next.deb" >/dev/null

does 'it is installed' sh -c 'dpkg -i /packages/srt_*.deb /packages/srt-doc_*'
does 'there is the user _srt' getent passwd _srt
does 'it allows and refuses' sh /packages/tests/installed
grep -q 'allowed, refused, reported' within.log || {
	cat within.log >&2
	die 'nothing was tried'
}
echo '# mine' >>"$T/root/etc/srt/policy.json.example"
does 'it is upgraded' dpkg --force-confold -i /packages/next.deb
grep -q '^# mine' "$T/root/etc/srt/policy.json.example" ||
    die "the administrator's change is lost"
does 'it still allows and refuses' sh /packages/tests/installed
does 'it is removed' dpkg -r srt srt-doc
no_file usr/bin/srt usr/libexec/srt usr/share/doc/srt/examples
[ -e "$T/root/etc/srt/policy.json.example" ] ||
    die 'removing it has purged it'
does 'it is purged' dpkg -P srt
no_file etc/srt etc/apparmor.d/srt-exec usr/lib/sysusers.d/srt.conf
if within dpkg -s srt; then
	die 'dpkg still knows it'
fi
say 'nothing of it is left'
