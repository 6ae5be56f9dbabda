#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The bill of materials of a build, as SPDX 2.3 in JSON: the programs, what
# each was made of, the libraries in it with their versions and how they are
# linked, every file with its checksums.  The same build makes the same bytes.
#
#	etc/sbom.sh BUILD-FOLDER CC <LIST
#
# LIST has a line for each program, "bin/srt SOURCE ...", one for other files,
# "- FILE ...", and one for the libraries that the build itself needs,
# "build -lNAME ...".  What was linked is read from the programs and from the
# linker's map of each, BUILD-FOLDER/map/NAME.

set -eu

LC_ALL=C
export LC_ALL

out=$1
cc=$2
cd -- "$(dirname -- "$0")/.."
: "${PKG_CONFIG:=pkg-config}"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat >"$tmp/list"

version=$(sed -n 's/^version //p' common/version)
seconds=$(sh etc/dist.sh date)
created=$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null ||
    date -u -r "$seconds" +%Y-%m-%dT%H:%M:%SZ)

# CC may be more than one word.
# shellcheck disable=SC2086
compiler=$($cc -dumpfullversion 2>/dev/null || $cc -dumpversion)

quote() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# id KIND NAME: what SPDX takes for an identifier.
id() {
	printf 'SPDXRef-%s-%s' "$1" "$(printf %s "$2" | tr -c 'A-Za-z0-9.' -)"
}

relates() {
	printf '{ "spdxElementId": "%s", "relationshipType": "%s", %s },\n' \
	    "$1" "$2" "\"relatedSpdxElement\": \"$3\"" >>"$tmp/relations"
}

# about LIBRARY-FILE: name, version, licence, of whom the library is.
about() {
	case $1 in
	libevent*)	set -- libevent libevent_core BSD-3-Clause ;;
	libyajl*)	set -- yajl yajl ISC ;;
	libbsd.*)	set -- libbsd libbsd NOASSERTION ;;
	libmd.*)	set -- libmd libmd NOASSERTION ;;
	libssl.*|libcrypto.*) set -- openssl openssl Apache-2.0 ;;
	libseccomp.*)	set -- libseccomp libseccomp LGPL-2.1-only ;;
	libgcc*)
		echo "libgcc $compiler" \
		    'GPL-3.0-or-later WITH GCC-exception-3.1'
		return ;;
	libc.*|libc_nonshared.a|libm.*|libutil.*|libpthread.*|ld-linux*)
		echo "glibc $(getconf GNU_LIBC_VERSION | sed 's/.* //')" \
		    LGPL-2.1-or-later
		return ;;
	*)	set -- "${1%%.*}" "${1%%.*}" NOASSERTION ;;
	esac
	_version=$("$PKG_CONFIG" --modversion "$2" 2>/dev/null ||
	    echo NOASSERTION)
	# OpenSSL had a licence of its own before.
	case $1.$_version in
	openssl.1.*)	set -- "$1" "$2" OpenSSL ;;
	esac
	echo "$1 $_version $3"
}

# package NAME VERSION LICENCE: once for each.
package() {
	_id=$(id package "$1")
	if ! grep -qF "\"$_id\"" "$tmp/packages" 2>/dev/null; then
		cat >>"$tmp/packages" <<EOT
{ "SPDXID": "$_id", "name": $(quote "$1"), "versionInfo": $(quote "$2"),
  "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
  "licenseConcluded": "NOASSERTION", "licenseDeclared": $(quote "$3"),
  "copyrightText": "NOASSERTION" },
EOT
	fi
}

# linked PROGRAM KIND LIBRARY-FILE
linked() {
	about "$3" >"$tmp/about"
	read -r _name _version _licence <"$tmp/about"
	package "$_name" "$_version" "$_licence"
	relates "$(id file "$1")" "$2" "$(id package "$_name")"
}

# file NAME PATH TYPE
file() {
	_sha1=$(sha1sum <"$2")
	_sha256=$(sha256sum <"$2")
	_sha1=${_sha1%% *} _sha256=${_sha256%% *}
	_licence=$(sed -n 's/.*SPDX-License-Identifier: *\([A-Za-z0-9.-]*\).*/\1/p
	    /SPDX-License-Identifier/q' "$2" | head -n 1)
	[ "$3" != BINARY ] || _licence=
	echo "$_sha1" >>"$tmp/sha1"
	echo "$_sha256" >>"$tmp/sha256"
	cat >>"$tmp/files" <<EOT
{ "SPDXID": "$(id file "$1")", "fileName": $(quote "./$1"),
  "fileTypes": [ "$3" ], "checksums": [
    { "algorithm": "SHA1", "checksumValue": "$_sha1" },
    { "algorithm": "SHA256", "checksumValue": "$_sha256" } ],
  "licenseConcluded": "NOASSERTION",
  "licenseInfoInFiles": [ "${_licence:-NOASSERTION}" ],
  "copyrightText": "NOASSERTION" },
EOT
	relates SPDXRef-package-srt CONTAINS "$(id file "$1")"
}

# program NAME SOURCE ...
program() {
	_program=$1
	_map=$out/map/${1##*/}
	file "$1" "$out/$1" BINARY
	shift
	for _source in "$@"; do
		relates "$(id file "$_program")" GENERATED_FROM \
		    "$(id file "$_source")"
		echo "$_source" >>"$tmp/sources"
	done
	readelf -d "$out/$_program" |
	    sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' >"$tmp/shared"
	while read -r _library; do
		linked "$_program" DYNAMIC_LINK "$_library"
	done <"$tmp/shared"
	# An archive counts if something was taken out of it.
	grep -oE '/[^ /()]+\.a\([^)]+\)' "$_map" |
	    sed 's,^/,,; s,(.*,,' | sort -u >"$tmp/static"
	while read -r _library; do
		linked "$_program" STATIC_LINK "$_library"
	done <"$tmp/static"
}

: >"$tmp/sources"
relates SPDXRef-DOCUMENT DESCRIBES SPDXRef-package-srt
while read -r what rest; do
	# shellcheck disable=SC2086
	set -- $rest
	case $what in
	-)	printf '%s\n' "$@" >>"$tmp/sources" ;;
	build)
		for flag; do
			case $flag in
			-l*)	about "lib${flag#-l}.so" >"$tmp/about" ;;
			*)	continue ;;
			esac
			read -r name number licence <"$tmp/about"
			package "$name" "$number" "$licence"
			relates "$(id package "$name")" BUILD_DEPENDENCY_OF \
			    SPDXRef-package-srt
		done ;;
	*)	program "$what" "$@" ;;
	esac
done <"$tmp/list"

sort -u "$tmp/sources" >"$tmp/names"
while read -r name; do
	case $name in
	*.[ch])	file "$name" "$name" SOURCE ;;
	*)	file "$name" "$name" DOCUMENTATION ;;
	esac
done <"$tmp/names"

case $($cc --version) in
*clang*)	name=clang licence='Apache-2.0 WITH LLVM-exception' ;;
*)		name=gcc licence=GPL-3.0-or-later ;;
esac
package "$name" "$compiler" "$licence"
relates "$(id package "$name")" BUILD_TOOL_OF SPDXRef-package-srt

# joined FILE: the last element of a list has no comma.
joined() {
	sed '$s/,$//' "$1"
}

awk '!seen[$0]++' "$tmp/relations" >"$tmp/unique"
verification=$(sort "$tmp/sha1" | tr -d '\n' | sha1sum)
# One name for one content.
unique=$(cat "$tmp/packages" "$tmp/sha256" | sha256sum)
cat <<EOT
{ "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "srt-$version",
  "documentNamespace": "https://spdx.org/spdxdocs/srt-$version-${unique%% *}",
  "creationInfo": { "created": "$created",
    "creators": [ "Tool: srt-etc-sbom.sh-$version" ] },
  "packages": [
{ "SPDXID": "SPDXRef-package-srt", "name": "srt", "versionInfo": "$version",
  "downloadLocation": "NOASSERTION", "filesAnalyzed": true,
  "packageVerificationCode": {
    "packageVerificationCodeValue": "${verification%% *}" },
  "licenseConcluded": "NOASSERTION", "licenseDeclared": "ISC",
  "licenseInfoFromFiles": [ "ISC" ], "copyrightText": "NOASSERTION",
  "primaryPackagePurpose": "APPLICATION" },
$(joined "$tmp/packages")
  ],
  "files": [
$(joined "$tmp/files")
  ],
  "relationships": [
$(joined "$tmp/unique")
  ]
}
EOT
