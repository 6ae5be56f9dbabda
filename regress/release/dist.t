#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# What is shipped: the archive, made twice, is the same; built elsewhere, by
# somebody else, without git, the same programs come of it; what is installed
# can be taken away again.  With DISTCHECK=yes the unit tests of the archive
# are run as well.

. "$(dirname "$0")/../exec/lib.sh"

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ -z "${SRT_SANITIZE-}" ] ||
    skip_all 'programs with sanitizers name the folder of their log'
cd "$SRT_SRC" || exit 1
[ -e .git ] || [ -e MANIFEST ] ||
    skip_all 'neither a repository nor a MANIFEST says what is shipped'
version=$(sed -n 's/^version //p' common/version)
archive=srt-$version.tar.gz

# whether NAME COMMAND ...: a test; what a failure has said is shown.
whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

# --- the archive

mkdir "$T/one" "$T/two" "$T/bin" "$T/here"
whether 'an archive is made' sh etc/dist.sh -a archive "$T/one"
whether 'its sum is right' sh -c "cd '$T/one' && sha256sum -c $archive.sha256"
tar -tzf "$T/one/$archive" >"$T/list"
no 'all is beneath one folder' grep -qv "^srt-$version/[^/]" "$T/list"
no 'nothing that a build makes is in it' grep -E '\.(o|d|a)$|/build/' "$T/list"
tar -xzf "$T/one/$archive" -C "$T/here"
tree=$T/here/srt-$version

# Somebody else: this git tells that it was asked, and fails.
cat >"$T/bin/git" <<EOT
#!/bin/sh
echo "\$*" >>'$T/asked'
exit 1
EOT
chmod +x "$T/bin/git"
ln -s "$tree" "$T/link"
mkdir "$T/someone"

# The date is that of the last commit, or what the caller says.
for_date=${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH}

# someone COMMAND ...: with another umask, locale, time zone, name, home, and
# in a folder that is reached by another name.
someone() (
	umask 077
	cd "$T/link" || exit 1
	exec env -i PATH="$T/bin:$PATH" HOME="$T/someone" USER=someone \
	    LOGNAME=someone TZ=Pacific/Kiritimati LC_ALL=C TMPDIR="$T" \
	    PWD="$T/link" ${for_date:+"$for_date"} "$@"
)
whether 'the same archive is made of what was in it' \
    someone sh etc/dist.sh archive "$T/two"
whether 'bit by bit' cmp "$T/one/$archive" "$T/two/$archive"

# --- the programs

# As this tree was configured.
config() {
	sed -n "s/^$1 ?*=[[:space:]]*//p" "$SRT_BUILD/config.mk"
}
set -- CC="$(config CC)" CONFIGURE_ARGS="$(config CONFIGURE_ARGS)" \
    ${CFLAGS+"CFLAGS=$CFLAGS"} ${CPPFLAGS+"CPPFLAGS=$CPPFLAGS"} \
    ${LDFLAGS+"LDFLAGS=$LDFLAGS"}

# built TARGET ...: there, one after the other.
built() {
	someone make O="$T/other/place" "$@"
}
whether 'it can be built' built "$@" programs

# where FILE OTHER: which parts of the programs differ, and in what words.
where() {
	readelf -SW "$1" | sed -n 's/^ *\[ *\([0-9]*\)\] *\(\..*\)/\1 \2/p' |
	    while read -r part name _; do
		readelf -x "$part" "$1" >"$T/part.one"
		readelf -x "$part" "$2" >"$T/part.two"
		cmp -s "$T/part.one" "$T/part.two" || echo "in $name"
	done
	strings "$1" >"$T/part.one"
	strings "$2" >"$T/part.two"
	diff "$T/part.one" "$T/part.two" | head -n 10
}

same_program() {
	cmp "$SRT_BUILD/$1" "$T/other/place/$1" || {
		where "$SRT_BUILD/$1" "$T/other/place/$1"
		return 1
	}
}
for program in bin/srt libexec/srt/srt-exec libexec/srt/srt-monitor \
    libexec/srt/srt-proxy libexec/srt/srt-tls; do
	whether "two builds are identical: $program" same_program "$program"
	no "no folder of the build is in it: $program" \
	    grep -qF -e "$T" -e "$SRT_SRC/" \
	    "$T/other/place/$program"
done

# --- the bill of materials

bill=$T/other/place/srt-$version.spdx.json
whether 'it has a bill of materials' built "$@" sbom
whether 'the same one under another name of the folder' \
    env -i PATH="$PATH" ${for_date:+"$for_date"} \
    make -C "$tree" O="$T/other/place" SBOM="$T/second.json" "$@" sbom
whether 'bit by bit' cmp "$bill" "$T/second.json"
if command -v python3 >/dev/null; then
	check="python3 $SRT_SRC/regress/release/sbom.py"
	# shellcheck disable=SC2086
	whether 'SPDX 2.3, and true' $check "$bill" "$tree" "$T/other/place"
	sed 's/"checksumValue": "[0-9a-f]/&0/' "$bill" >"$T/wrong.json"
	# shellcheck disable=SC2086
	no 'a wrong sum is found' $check "$T/wrong.json" "$tree" \
	    "$T/other/place"
else
	skip 'what the bill of materials says' 'no python3'
fi

# --- installing

left() {
	find "$T/dest" ! -type d >"$T/left"
	find "$T/dest" -name srt >>"$T/left"
	[ ! -s "$T/left" ] || ! cat "$T/left"
}
for gz in '' 1; do
	whether "it can be installed${gz:+, pages compressed}" \
	    built "$@" install DESTDIR="$T/dest" MANGZ=$gz
	find "$T/dest" -type f >"$T/installed"
	yes 'programs and pages' test "$(wc -l <"$T/installed")" -gt 10
	no 'that everybody can use' \
	    sh -c "find '$T/dest' ! -perm -044 -mindepth 1 | grep ."
	whether 'and taken away' built "$@" uninstall DESTDIR="$T/dest"
	whether 'nothing stays' left
done

# --- the tests in it

if [ -n "${DISTCHECK-}" ]; then
	whether 'its unit tests' built "$@" -j 2 unit
fi
no 'git was asked for nothing' test -s "$T/asked"

finish
