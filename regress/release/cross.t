#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# srt for aarch64, built on this machine: every program is for that one, with
# the filters for that one.  What needs no kernel of its own is run by qemu:
# it decides the same, and the filters that it writes there are the same.

. "$(dirname "$0")/../exec/lib.sh"

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ -z "${SRT_SANITIZE-}" ] || skip_all 'built without sanitizers'
cross=aarch64-linux-gnu-gcc
command -v $cross >/dev/null || skip_all "there is no $cross"
cd "$SRT_SRC" || exit 1

C=$SRT_BUILD/cross
B=$C/build
sh etc/cross.sh arm64 "$C/arm64" 2>"$T/why" ||
    skip_all "no libraries for arm64: $(tail -n 1 "$T/why")"

whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

# Pure, and quick in an emulator, too.
TESTS='addr_test buf_test dns_parse_test guard_test host_test
    http_parse_test ibuf_test pattern_test plan_test promises_test rule_test
    socks_parse_test tls_hello_test'

made() {
	make O="$B" CC="$cross --sysroot=$C/arm64/root" \
	    CONFIGURE_ARGS="PKG_CONFIG='$C/arm64/pkg-config'" "$@"
}
tests() {
	for test in $TESTS; do
		echo "$B/regress/$test"
	done
}
# shellcheck disable=SC2046
whether 'it is built' made -j 2 all $(tests)

# The machine stands in bytes 18 and 19 of an ELF file.
for program in bin/srt libexec/srt/srt-exec libexec/srt/srt-proxy \
    libexec/srt/srt-monitor libexec/srt/srt-tls; do
	yes "$program is for aarch64" test \
	    "$(od -An -tu1 -j18 -N2 "$B/$program" | tr -d ' ')" = 1830
	python3 regress/release/filters_of.py "$B/$program" >"$T/filters"
	whether 'and so are its filters' \
	    grep -qx "${program##*/} aarch64" "$T/filters"
done
python3 regress/release/filters_of.py "$SRT" >"$T/filters"
no "those of this machine's srt are others" grep -q aarch64 "$T/filters" ||
    [ "$(uname -m)" = aarch64 ]

for emulator in qemu-aarch64-static qemu-aarch64 ''; do
	command -v "$emulator" >/dev/null && break
done
if [ -z "$emulator" ]; then
	skip 'and run' 'there is no qemu-aarch64'
	finish
fi
there() {
	"$emulator" -L "$C/arm64/root" "$@"
}

for test in $TESTS; do
	whether "$test, there" there "$B/regress/$test"
done

# --- the filters: numbers of calls and arguments, as that machine has them

generator() {
	# shellcheck disable=SC2086
	$cross --sysroot="$C/arm64/root" -Icommon -o "$T/$1" $2 \
	    common/gen_filter.c -lseccomp && there "$T/$1" "$T/$1.h"
}
whether 'the tool that writes the filters of the roles runs there' \
    generator role "common/gen_role_filter.c common/promises.c"
whether 'it writes the same as here' cmp "$T/role.h" "$B/gen/role_filter.h"
whether 'so does the one for the filters of the command' \
    generator command \
    "srt-exec/gen_command_filter.c srt-exec/gen_command_table.c"
whether 'the same again' cmp "$T/command.h" "$B/gen/command_filter.h"

# --- what srt says

same() {
	name=$1
	shift
	"$SRT" "$@" >"$T/here" 2>&1
	echo $? >>"$T/here"
	there "$B/bin/srt" "$@" >"$T/there" 2>&1
	echo $? >>"$T/there"
	whether "$name" cmp "$T/here" "$T/there"
}
cat >"$T/settings.json" <<EOT
{ "network": { "allowedDomains": ["example.com", "*.example.org:8443"],
    "deniedDomains": ["bad.example.org"] },
  "filesystem": { "denyRead": ["$W/secret"], "denyWrite": ["$W/**/*.key"],
    "allowWrite": ["$W"] } }
EOT
mkdir "$W/secret"
same 'its version' --version
same 'its options' --help
same 'the settings are good' -s "$T/settings.json" -n
for what in example.com a.example.org:8443 bad.example.org 10.0.0.1 \
    "$W/file" "$W/a/b.key" "$W/secret/file" /etc/passwd; do
	same "$what is explained" -s "$T/settings.json" --explain "$what"
done
echo '{ "network": { "allowedDomain": [] } }' >"$T/settings.json"
same 'what is wrong with others' -s "$T/settings.json" -n

there "$B/bin/srt" --check >"$T/out" 2>&1
status=$?
is 1 'what an emulator cannot do is named' 'missing  landlock'

finish
