#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2086
#
# F15: death and failure at any point.  "make death" is the same for longer.

. "$(dirname "$0")/lib.sh"
[ -z "${SRT_SANITIZE:-}" ] || skip_all "not with a sanitizer"
have python3 || skip_all "no python3"
[ -x "${SRT_HELPERS:-}/taken/bin/srt" ] || skip_all "no test programs"

rig_more() {
	rig_dev
}

rig net
exec python3 "$E2E/"death.py ${BENCH_ARGS:-22 0}
