#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What only macOS compiles, looked at by the compilers of this system with the
# declarations of regress/stubs/darwin in place of macOS's own headers; and
# that such a look finds what is wrong.

set -u

src=${SRT_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${SRT_BUILD:-$src/build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/darwinXXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$src" || exit 1
n=0

# ok STATUS NAME: one test; what was seen is shown if it failed.
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/seen"
	fi
}

# look COMPILER FILE: is it clean?
look() {
	LC_ALL=C "$1" -std=gnu11 -fsyntax-only -Wall -Wextra -Wshadow \
	    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	    -Wsign-compare -Werror -I regress/stubs/darwin -I "$build" \
	    -iquote common "$2" >"$tmp/seen" 2>&1
}

# refused COMPILER WHAT FILE WHY: a broken copy, and what is said of it.
refused() {
	if look "$1" "$3"; then
		echo "it was taken" >"$tmp/seen"
		ok 1 "$1 refuses $2"
	else
		grep -q "error: .*$4" "$tmp/seen"
		ok $? "$1 refuses $2"
	fi
}

files=$(ls ./*/*darwin*.c)
for cc in gcc clang; do
	if ! command -v "$cc" >/dev/null; then
		n=$((n + 1))
		echo "ok $n - $cc # SKIP it is not installed"
		continue
	fi
	for file in $files; do
		look "$cc" "$file"
		ok $? "$cc $file"
		copy=$tmp/${file%/*}/${file##*/}
		mkdir -p "${copy%/*}"
		cp "${file%/*}"/*.h "${copy%/*}"
		{
			cat "$file"
			echo 'int nobodys(void);'
			echo 'int nobodys(void) { return kevent_of_nobody(); }'
		} >"$copy"
		refused "$cc" "a call of nothing in ${file##*/}" "$copy" \
		    kevent_of_nobody
		sed 's/, NULL)/)/' "$file" >"$copy"
		if ! cmp -s "$file" "$copy"; then
			refused "$cc" "a missing argument in ${file##*/}" \
			    "$copy" 'too few arguments'
		fi
	done
done

# Nothing else may need them.
grep -nE '#include <(sandbox|libproc|sys/event|sys/proc_info)\.h>' ./*/*.c \
    ./*/*.h 2>/dev/null | grep -v '^\./[^/]*/[^/]*darwin[^/]*:' >"$tmp/seen"
[ ! -s "$tmp/seen" ]
ok $? "no other file includes what macOS alone has"

# And nothing that is built here may be one of them.
grep -n '^CONF_.*darwin[_.]' "$build/config.mk" >"$tmp/seen"
[ "$(uname -s)" = Darwin ] || [ ! -s "$tmp/seen" ]
ok $? "none of them is built elsewhere"
echo "1..$n"
