#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Runs test programs that speak TAP, TESTJOBS at a time, each for at most
# TEST_SECONDS, and prints what failed and the totals.  What each has said is
# kept in the folder TAP, if one is named.

set -eu

if [ $# -eq 0 ]; then
	echo 'no tests'
	exit 1
fi

CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT

if [ -n "${TAP-}" ]; then
	rm -rf "$TAP"
	mkdir -p "$TAP"
	PERL_TEST_HARNESS_DUMP_TAP=$TAP
	export PERL_TEST_HARNESS_DUMP_TAP
fi

# A test that hangs must not hang everything.
limit=
if timeout --foreground -k 10 1 true 2>/dev/null; then
	limit="timeout --foreground -k 10 ${TEST_SECONDS:-600}"
fi

exec prove --jobs "${TESTJOBS:-3}" --failures --comments --timer \
    --exec "$limit" "$@" </dev/null
