#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2086
#
# What a role that was taken over says to its peers.  "make fuzz-roles" is
# the same for longer.

. "$(dirname "$0")/lib.sh"
[ -z "${SRT_SANITIZE:-}" ] || skip_all "not with a sanitizer"
rig
have python3 || skip_all "no python3"
[ -x "${SRT_HELPERS:-}/taken/bin/srt" ] || skip_all "no test programs"
exec python3 "$E2E/"rave.py ${BENCH_ARGS:-part 0}
