#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The RPM package, built from the release archive; rpmlint reads the spec and
# what came of it.  What it may say, and why, is in srt.rpmlintrc.

. "$(dirname "$0")/lib.sh"

spec=$packaging/rpm/srt.spec
rc=$packaging/rpm/srt.rpmlintrc
tools rpmbuild rpmlint cpio

# Debian's macros name few places and no flags, strip half and compress with
# a shell that is another one there; these are Fedora's.  Names of what srt
# needs are another system's here.
mkdir SOURCES
cp "$archive" SOURCES/
post='bash %{_rpmconfigdir}/brp-compress %{_prefix} &&
    find %{buildroot} -type f -perm /111 -exec strip {} +'
rpmbuild --define "_topdir $T" --define '_docdir /usr/share/doc' \
    --define '_sysusersdir /usr/lib/sysusers.d' \
    --define 'optflags -O2 -g -fstack-protector-strong -fPIE' \
    --define 'build_ldflags -Wl,-z,relro,-z,now -pie' \
    --define "__os_install_post $(echo "$post" | tr -d '\n')" \
    --nodeps -bb "$spec" >log 2>&1 || die 'the package can be built' log
package=$(find RPMS -name 'srt-[0-9]*.rpm')
[ -n "$package" ] || die 'the package is there' log
say "built: $(basename "$package")"

# The status tells of errors alone.
cat >rpmlint.toml <<'EOT'
CompressExtension = "gz"
ValidLicenses = ["ISC"]
EOT
rpmlint -c rpmlint.toml -r "$rc" "$spec" "$package" >lint 2>&1 || true
grep -q '1 packages and 1 specfiles checked' lint ||
    die 'rpmlint reads spec and package' lint
if grep -E '(^|[ :])[EW]: ' lint >words; then
	die 'rpmlint says nothing of spec and package' words
fi
say 'rpmlint says nothing of spec and package'

rpm -qlvp "$package" >list 2>/dev/null
grep -q '/libexec/srt/srt-exec$' list || die 'srt-exec is in it' list
say 'srt-exec is in it'
if grep -E '^-[rwx-]*[sS]' list >words; then
	die 'nothing is setuid' words
fi
say 'nothing is setuid'
rpm -qcp "$package" 2>/dev/null | grep -qx /etc/srt/policy.json.example ||
    die 'the example is a configuration file' list
say 'the example is a configuration file'
mkdir root
(cd root && rpm2cpio "../$package" | cpio -id --quiet)
[ "$(root/usr/bin/srt --version)" = "$version" ] ||
    die 'it is of this version'
say 'it is of this version'
finish
