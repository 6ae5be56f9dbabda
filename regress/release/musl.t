#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# Every source file is taken by musl's headers, without a warning.  Where
# SRT_MUSL names a folder with include/ and lib/ of srt's libraries made for
# musl, srt is built with them and runs.

. "$(dirname "$0")/../exec/lib.sh"

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ -z "${SRT_SANITIZE-}" ] || skip_all 'nothing is run'
command -v musl-gcc >/dev/null || skip_all 'there is no musl-gcc'
cd "$SRT_SRC" || exit 1

# The libraries' headers know no libc; of the system's folder nothing else is
# to be seen, and the kernel's come after musl's own.
I=$T/include
K=$T/kernel
mkdir -p "$I" "$I/openssl" "$K"
multi=/usr/include/$(cc -dumpmachine)
for header in bsd event2 yajl cmocka.h http_parser.h seccomp.h \
    seccomp-syscalls.h sha2.h; do
	[ ! -e "/usr/include/$header" ] || ln -s "/usr/include/$header" "$I/"
done
for header in /usr/include/openssl/*.h "$multi"/openssl/*.h; do
	[ ! -e "$header" ] || ln -s "$header" "$I/openssl/"
done
for header in /usr/include "$multi"; do
	for folder in linux asm asm-generic; do
		[ ! -d "$header/$folder" ] || ln -s "$header/$folder" "$K/"
	done
done
taken() {
	echo "$1" | xargs -n 24 -P 2 musl-gcc -fsyntax-only -std=gnu11 \
	    -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	    -Wmissing-prototypes -Wpointer-arith -Werror -isystem "$I" \
	    -idirafter "$K" -I"$SRT_BUILD" -I"$SRT_BUILD/gen" -Icommon
}

whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

echo '#include <features.h>
#ifdef __GLIBC__
#error not musl
#endif' >"$T/libc.c"
whether "the headers are musl's" taken "$T/libc.c"
make -s O="$SRT_BUILD" sources >"$T/sources"
for folder in common srt srt-proxy srt-exec srt-monitor; do
	whether "those of $folder" taken "$(grep "^$folder/" "$T/sources")"
done
# What stands in for macOS has headers of its own.
tests=$(printf '%s\n' regress/*/*.c | grep -v helper/darwin_)
[ -e "$I/http_parser.h" ] ||
    tests=$(echo "$tests" | grep -v 'httpref\|http_diff')
whether 'and those of the tests' taken "$tests"

if [ -z "${SRT_MUSL-}" ]; then
	skip 'srt is built with musl' 'SRT_MUSL names no libraries for it'
	finish
fi
B=$SRT_BUILD/musl
musl="musl-gcc -idirafter $K"
whether 'srt is built with musl' make -j 2 O="$B" CC="$musl" \
    CFLAGS="-isystem $SRT_MUSL/include" LDFLAGS="-L$SRT_MUSL/lib" \
    CONFIGURE_ARGS='PKG_CONFIG=false CC_FOR_BUILD=cc'
yes 'and has nothing of glibc' sh -c \
    "! grep -l GLIBC_ '$B/bin/srt' '$B'/libexec/srt/*"
cat >"$T/settings.json" <<EOT
{ "network": { "allowedDomains": [], "deniedDomains": [] },
  "filesystem": { "denyRead": [], "denyWrite": [], "allowWrite": ["$W"] } }
EOT
whether 'it runs a command' "$B/bin/srt" -s "$T/settings.json" \
    sh -c ": >'$W/yes'; ! : >'$T/no'"
yes 'which writes where it may' test -e "$W/yes"
no 'and nowhere else' test -e "$T/no"

finish
