#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# The packages' files, as far as they can be read without building anything:
# one version in all of them, no sum or place left open, and what reads them
# elsewhere has nothing to say.  "make package-test" builds and installs; there
# SRT_TOOLS is set, and no tool may be missing.

. "$(dirname "$0")/../exec/lib.sh"

cd "$SRT_SRC" || exit 1
PATH=$PATH:/usr/sbin:/sbin
P=etc/packaging
version=$(sed -n 's/^version //p' common/version)

# whether NAME COMMAND ...: a test; what a failure has said is shown.
whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

# with TOOL NAME COMMAND ...: the same, where there is the tool.
with() {
	tool=$1
	shift
	if command -v "$tool" >/dev/null; then
		whether "$@"
	else
		lacks "$1" "$tool"
	fi
}

lacks() {
	if [ -n "${SRT_TOOLS-}" ] && [ -e /etc/debian_version ]; then
		yes "there is $2" false
	else
		skip "$1" "no $2"
	fi
}

silent() {
	"$@" >"$T/said" 2>&1
	[ ! -s "$T/said" ] || ! cat "$T/said"
}

# --- all of them

: >"$T/srt-$version.tar.gz"
whether 'they are filled in' env SOURCE_DATE_EPOCH=1 \
    sh $P/fill.sh "$T/srt-$version.tar.gz" https://example.org/srt "$T/filled"
no 'nothing is left open' grep -rnE '@[A-Z0-9_]+@' "$T/filled"
no 'an archive of another version is refused' \
    sh $P/fill.sh "$T/srt-9.9.9.tar.gz" https://example.org/srt "$T/other"
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
for file in rpm/srt.spec arch/PKGBUILD arch/.SRCINFO freebsd/distinfo \
    homebrew/srt-sandbox.rb; do
	yes "$file has the sum" grep -q "$empty" "$T/filled/$file"
done
for file in rpm/srt.spec arch/PKGBUILD arch/.SRCINFO alpine/APKBUILD \
    freebsd/Makefile openbsd/Makefile homebrew/srt-sandbox.rb; do
	yes "$file has the version" grep -qF "$version" "$T/filled/$file"
done
no 'nobody has written the version down twice' grep -rnF "$version" \
    $P/rpm $P/alpine $P/arch $P/freebsd $P/openbsd $P/homebrew

# --- Debian

yes 'Debian has that version' sh -c \
    "head -n 1 $P/debian/changelog | grep -qF 'srt ($version-'"
with dpkg-parsechangelog 'its changelog can be read' \
    silent dpkg-parsechangelog -l $P/debian/changelog -S Foo
with make 'its rules can be' make -n -f $P/debian/rules clean
sed -n 's/^Permission/&/p; /THE SOFTWARE/,$p' LICENSE | tr -s ' \n' ' ' \
    >"$T/licence"
sed -n '/^ Permission/p; /THE SOFTWARE/,$p' $P/debian/copyright |
    sed 's/^ //' | tr -s ' \n' ' ' >"$T/copyright"
yes 'its licence is ours' cmp "$T/licence" "$T/copyright"

# Of a source package lintian is to read the packaging alone, which is quick.
linted() (
	cp -R $P/debian "$T/source/srt-$version/" &&
	    cd "$T/source" &&
	    tar -czf "srt_$version.orig.tar.gz" --exclude=debian \
	    "srt-$version" &&
	    dpkg-source -b "srt-$version" || exit 1
	lintian --pedantic --display-info "srt_$version-1.dsc" >"$T/said" 2>&1
	! grep '^[EWIPX]: ' "$T/said"
)
mkdir -p "$T/source/srt-$version"
cp LICENSE README.md "$T/source/srt-$version/"
if command -v dpkg-source >/dev/null; then
	with lintian 'lintian says nothing of the source' linted
else
	lacks 'lintian says nothing of the source' dpkg-source
fi

# --- AppArmor: the rule is for parsers that know it.

abi=/etc/apparmor.d/abi/4.0
sed -e "s,^abi .*,$([ -e $abi ] && echo '&')," \
    -e "$([ -e $abi ] || echo '/^  userns,$/d')" \
    -e 's,^include <tunables/global>,,' $P/apparmor/srt-exec >"$T/profile"
with apparmor_parser "AppArmor can read the profile$([ -e $abi ] ||
    echo ', without its rule')" apparmor_parser -Q -K -T "$T/profile"
yes 'it grants userns and nothing else' sh -c \
    "[ \"\$(grep -cE '^  [^ ].*,\$' $P/apparmor/srt-exec)\" -eq 1 ]"
yes 'to srt-exec' grep -q '^profile srt-exec /usr/libexec/srt/srt-exec ' \
    $P/apparmor/srt-exec

# --- what all of them install

mkdir -p "$T/root/etc" "$T/root/usr/lib/sysusers.d"
cp $P/srt.sysusers "$T/root/usr/lib/sysusers.d/srt.conf"
if systemd-sysusers --version >/dev/null 2>&1; then
	whether 'systemd adds the user' \
	    systemd-sysusers --root="$T/root" srt.conf
	yes 'who is _srt' grep -q '^_srt:' "$T/root/etc/passwd"
else
	lacks 'systemd adds the user' systemd-sysusers
fi
# The BSDs, each in its own way, with one number for user and group.
number=$(sed -n 's/^_srt:\*:\([0-9]*\):$/\1/p' "$T/filled/freebsd/GIDs")
yes 'FreeBSD adds the group' test -n "$number"
yes 'and the user' grep -q "^_srt:\*:$number:$number::0:0:.*nologin\$" \
    "$T/filled/freebsd/UIDs"
yes 'for its port asks so' sh -c "[ \"\$(grep -cE \
    '^(USERS|GROUPS)=[[:space:]]*_srt\$' '$T/filled/freebsd/Makefile')\" \
    -eq 2 ]"
number=$(sed -n 's/^@newgroup _srt:\([0-9]*\)$/\1/p' \
    "$T/filled/openbsd/pkg/PLIST")
yes 'OpenBSD adds the group' test -n "$number"
yes 'and the user' grep -q "^@newuser _srt:$number:_srt::.*nologin\$" \
    "$T/filled/openbsd/pkg/PLIST"
grep -v '^#' $P/policy.json.example >"$T/policy.json"
whether "the example of a policy is one" "$SRT_HELPERS/checkconf" \
    -a "$T/policy.json" regress/config/minimal.in

# --- the others

mkdir "$T/pkg"
with rpmspec 'rpm can read the spec' sh -c \
    "rpmspec -P '$T/filled/rpm/srt.spec' >/dev/null"
with shellcheck 'the script of Arch' shellcheck -s bash \
    -e SC2034,SC2154,SC2164 "$T/filled/arch/PKGBUILD"
with shellcheck 'the script of Alpine' shellcheck -s dash \
    -e SC2034,SC2154 "$T/filled/alpine/APKBUILD"

# .SRCINFO says what PKGBUILD says.
# shellcheck disable=SC2016
if command -v bash >/dev/null; then
	bash -c '. "$1"
	echo "pkgbase = $pkgname"
	for name in pkgdesc pkgver pkgrel url arch license checkdepends \
	    makedepends depends backup source sha256sums; do
		declare -n list=$name
		for item in "${list[@]}"; do
			printf "\t%s = %s\n" "$name" "$item"
		done
	done
	printf "\npkgname = %s\n" "$pkgname"' - "$T/filled/arch/PKGBUILD" \
	    >"$T/srcinfo" 2>&1
	whether ".SRCINFO is Arch's script again" \
	    diff "$T/srcinfo" "$T/filled/arch/.SRCINFO"
else
	lacks ".SRCINFO is Arch's script again" bash
fi

finish
