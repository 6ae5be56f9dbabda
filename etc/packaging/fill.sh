#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The packages' files with the version, the place and the sums of an archive,
# which they cannot hold while they are in it.
#
#	etc/packaging/fill.sh SRT-VERSION.tar.gz URL FOLDER

set -eu

archive=$1
url=$2
to=$3
here=$(dirname -- "$0")
version=$(sed -n 's/^version //p' "$here/../../common/version")
case $archive in
srt-"$version".tar.gz|*/srt-"$version".tar.gz) ;;
*)	echo "fill: $archive is not of version $version" >&2
	exit 1 ;;
esac
case $url in
*[!A-Za-z0-9:/._~-]*)
	echo "fill: \"$url\" is no place" >&2
	exit 1 ;;
esac

sum() {
	"$1" <"$archive" | sed 's/ .*//'
}
sha256=$(sum sha256sum)
sha512=$(sum sha512sum)
base64=$(openssl dgst -sha256 -binary <"$archive" | openssl base64)
size=$(wc -c <"$archive" | tr -d ' ')
date=$(sh "$here/../dist.sh" date)

for name in rpm/srt.spec rpm/srt.rpmlintrc alpine/APKBUILD \
    alpine/srt-sandbox.pre-install arch/PKGBUILD arch/.SRCINFO \
    freebsd/Makefile freebsd/distinfo freebsd/UIDs freebsd/GIDs \
    freebsd/pkg-descr freebsd/pkg-plist openbsd/Makefile openbsd/distinfo \
    openbsd/pkg/DESCR openbsd/pkg/PLIST homebrew/srt-sandbox.rb; do
	mkdir -p "$to/$(dirname "$name")"
	sed -e "s,@VERSION@,$version,g; s,@URL@,$url,g; s,@SIZE@,$size,g" \
	    -e "s,@SHA256@,$sha256,g; s,@SHA512@,$sha512,g" \
	    -e "s,@SHA256_BASE64@,$base64,g; s,@DATE@,$date,g" \
	    "$here/$name" >"$to/$name"
done
echo "$to"
