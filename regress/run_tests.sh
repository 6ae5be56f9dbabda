#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Runs test programs that speak TAP, TESTJOBS at a time, each for at most
# TEST_SECONDS, and prints what failed and the totals.

set -eu

if [ $# -eq 0 ]; then
	echo 'no tests'
	exit 1
fi

CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT

# A test that hangs must not hang everything.
limit=
if timeout --foreground -k 10 1 true 2>/dev/null; then
	limit="timeout --foreground -k 10 ${TEST_SECONDS:-300}"
fi

exec prove --jobs "${TESTJOBS:-2}" --failures --comments --timer \
    --exec "$limit" "$@" </dev/null
