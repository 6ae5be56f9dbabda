#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# What srt is made of on other systems.  It is built as for one that has no
# way to hold a command and lacks all of which common/compat has its own: it
# refuses by name to run one.  The same files are compiled with headers that
# show no more than such a system's, and those for OpenBSD and FreeBSD with
# stubs of their headers (regress/stubs).

. "$(dirname "$0")/../exec/lib.sh"

if [ -n "${SRT_SANITIZE-}" ]; then
	echo '1..0 # SKIP no sanitizer looks at what is only compiled'
	exit 0
fi
cd "$SRT_SRC" || exit 1
B=$SRT_BUILD/none

whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

# --- built

TESTS='audit_test ibuf_test imsg_test ipc_test monitor_test settings_test
    synth_test walk_test'
# How fast it is does not matter here.
made() {
	make O="$B" CFLAGS='-O1 -Wno-error' \
	    CONFIGURE_ARGS='--backend=none --compat' "$@"
}
tests() {
	for test in $TESTS; do
		echo "$B/regress/$test"
	done
}
# shellcheck disable=SC2046
whether 'it is built' made -j 2 all $(tests)
for test in $TESTS; do
	whether "$test" "$B/regress/$test"
done

# --- it runs nothing

cat >"$T/settings.json" <<EOT
{ "network": { "allowedDomains": ["example.com"], "deniedDomains": [] },
  "filesystem": { "denyRead": [], "denyWrite": [], "allowWrite": ["$W"] } }
EOT
refuses() {
	name=$1
	shift
	"$B/bin/srt" -s "$T/settings.json" "$@" >"$T/out" 2>&1
	status=$?
	is 125 "$name" 'no backend here that could enforce filesystem.allowWrite'
	yes 'the network, too' grep -q 'network.allowedDomains' "$T/out"
	no 'nothing ran' test -e "$W/ran"
}
refuses 'a command is refused' touch "$W/ran"
refuses 'as it is by a shell' -c "touch $W/ran"
refuses 'and while srt learns' --learn "$W/learned.json" touch "$W/ran"
no 'which does not begin' test -e "$W/learned.json"
"$B/bin/srt" -s "$T/settings.json" --check >"$T/out" 2>&1
status=$?
is 1 'srt --check says what is missing' 'missing  backend'
yes 'and why nothing runs' grep -q '^missing  run .*no backend' "$T/out"
sed 's/"filesystem": {/"filesystem": { "disabled": true,/' \
    "$T/settings.json" >"$T/open.json"
"$B/bin/srt" -s "$T/open.json" touch "$W/ran" >"$T/out" 2>&1
status=$?
is 125 'what nobody asked for is not named' \
    'could enforce network.allowedDomains'
"$B/libexec/srt/srt-exec" touch "$W/ran" >"$T/out" 2>&1
status=$?
is 125 'nor does srt-exec run anything' 'no way to hold a command'
for role in proxy monitor tls; do
	"$B/libexec/srt/srt-$role" </dev/null >"$T/out" 2>&1
	status=$?
	is 1 "srt-$role does not start by hand" 'started by srt(1)'
done
no 'nothing ran' test -e "$W/ran"

whether 'the settings are checked' "$B/bin/srt" -s "$T/settings.json" -n
for what in example.com other.example "$W/file" /etc/passwd; do
	"$SRT" -s "$T/settings.json" --explain "$what" >"$T/here" 2>&1
	echo $? >>"$T/here"
	"$B/bin/srt" -s "$T/settings.json" --explain "$what" >"$T/there" 2>&1
	echo $? >>"$T/there"
	whether "and explained as here: $what" cmp "$T/here" "$T/there"
done

# --- no header that others have not

made -s sources >"$T/made"
grep '\.c$' "$T/made" >"$T/sources"
sed 's,/[^/]*$,,' "$T/sources" | sort -u | while read -r folder; do
	ls "$folder"/*.h
done 2>/dev/null | grep -vE 'gen_filter|linux(_new)?\.h|broker' >"$T/headers"
headers() {
	# shellcheck disable=SC2046
	sed -n 's/^#include <\(.*\)>.*/\1/p' \
	    $(cat "$T/sources" "$T/headers") | sort -u
}
known='arpa/inet.h assert.h bsd/ ctype.h dirent.h err.h errno.h event2/
    fcntl.h fnmatch.h getopt.h grp.h ifaddrs.h imsg.h inttypes.h limits.h
    net/if.h netdb.h netinet/in.h netinet/tcp.h openssl/ poll.h pthread.h
    pwd.h regex.h sha2.h signal.h stdarg.h stddef.h stdint.h stdio.h stdlib.h
    string.h strings.h sys/file.h sys/ioctl.h sys/mman.h sys/param.h
    sys/queue.h sys/resource.h sys/select.h sys/socket.h sys/stat.h
    sys/time.h sys/tree.h sys/types.h sys/uio.h sys/un.h sys/utsname.h
    sys/wait.h syslog.h termios.h time.h unistd.h vis.h wchar.h wctype.h
    yajl/'
unknown() {
	headers | while read -r header; do
		folder=${header%%/*}/
		case " $(echo "$known" | tr '\n' ' ') " in
		*" $header "*|*" $folder "*) ;;
		*)	echo "$header" ;;
		esac
	done | grep .
}
yes 'they include headers' sh -c "[ $(headers | wc -l) -gt 30 ]"
no 'and none that is of one system' unknown

# --- what differs is a file, a header's or common's matter

conditions() {
	grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)' "$@"
}
yes 'a condition would be seen' conditions srt-exec/linux_new.h
no 'no role is made of conditions' conditions srt/*.c srt-exec/*.c \
    srt-monitor/*.c srt-proxy/*.c

# --- compiled with what others show

WARN='-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wsign-compare -Werror'
# The libraries' headers, of the system's folder nothing else.
mkdir -p "$T/lib" "$T/bsd" "$T/openbsd" "$T/freebsd"
names='BINDIR LIBEXECDIR SYSCONFDIR VERSION'
for name in $names; do
	echo "#define SRT_$name \"/nowhere\""
done >"$T/bsd/config.h"
echo '#define SETTING_HERE SETTING_BOTH' >>"$T/bsd/config.h"
# Nothing that is glibc's own, nor of Linux.
echo '#define _DEFAULT_SOURCE 1' >>"$T/bsd/config.h"
cp "$T/bsd/config.h" "$T/freebsd/config.h"
{
	cat "$T/bsd/config.h"
	for name in IMSG STRNVIS GETPROGNAME CLOSEFROM NOSIGNAL; do
		echo "#define HAVE_$name 1"
	done
} >"$T/openbsd/config.h"
echo '#define HAVE_GETPROGNAME 1' >>"$T/bsd/config.h"
echo '#define HAVE_GETPROGNAME 1' >>"$T/freebsd/config.h"

# compiles COMPILER SYSTEM FILE ...
compiles() {
	compiler=$1
	system=$2
	shift 2
	stubs=-Iregress/stubs/bsd
	[ "$system" = bsd ] || stubs="-Iregress/stubs/$system $stubs"
	# shellcheck disable=SC2086
	printf '%s\n' "$@" | xargs -n 24 -P 2 "$compiler" -fsyntax-only \
	    -std=gnu11 -O1 -U__linux__ $WARN -I"$T/$system" -Icommon $stubs
}

# The Linux files that configure found here, and what stands for them there.
there() {
	cat "$T/sources"
	printf '%s\n' common/imsg.c common/imsg-*.c common/compat/*.c \
	    srt-proxy/relay_copy.c srt-proxy/keepalive_none.c \
	    srt-proxy/pktinfo_none.c
}
there | grep -vE '/gen_|_linux\.c|_tcp\.c|_splice\.c|getprogname' |
    sort -u >"$T/there"
grep -vE 'common/imsg|compat/(strnvis|closefrom)' "$T/there" >"$T/there.openbsd"
yes 'there are many' test "$(wc -l <"$T/there")" -gt 100

for compiler in gcc clang; do
	if ! command -v $compiler >/dev/null; then
		skip "$compiler" "there is no $compiler"
		continue
	fi
	# shellcheck disable=SC2046
	whether "$compiler takes all as on a system that lacks all" \
	    compiles $compiler bsd $(cat "$T/there")
	# shellcheck disable=SC2046
	whether "with OpenBSD's imsg, strnvis and pledge" \
	    compiles $compiler openbsd $(cat "$T/there.openbsd") \
	    common/sandbox-openbsd.c common/sandbox-drop.c \
	    common/have/pledge.c common/have/imsg.c common/have/strnvis.c
	whether "what is for FreeBSD" compiles $compiler freebsd \
	    common/sandbox-freebsd.c common/sandbox-drop.c \
	    common/self_sysctl.c common/have/capsicum.c \
	    common/have/self_sysctl.c
	# What must not pass.
	printf '#include "compat.h"\n#include <unistd.h>\n%s\n' \
	    'int f(int *);int f(int *p){return pipe2(p, 0) + gettid();}' \
	    >"$T/wrong.c"
	no "$compiler is shown no call of Linux" \
	    compiles $compiler bsd "$T/wrong.c"
	sed 's/pledge(sandboxes/pledge(role, sandboxes/' \
	    common/sandbox-openbsd.c >"$T/wrong.c"
	no "nor does it take a wrong call of OpenBSD's" \
	    compiles $compiler openbsd "$T/wrong.c"
	no "nor FreeBSD's strnvis for OpenBSD's" compiles $compiler bsd \
	    common/have/strnvis.c
done

finish
