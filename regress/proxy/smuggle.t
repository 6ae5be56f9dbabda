#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Requests that two readers may read differently, through srt-proxy to python,
# node, nginx and Apache, and such responses on the way back: see smuggle.py.
# "make smuggle" has many more of them.

. "$(dirname "$0")/../e2e/lib.sh"
have python3 || skip_all "no python3"
rig
# shellcheck disable=SC2086
exec python3 -u "$TOP/regress/proxy/smuggle.py" \
    "${SRT_HELPERS:-$O/regress}" "$O/libexec/srt/srt-proxy" "$T" \
    ${BENCH_ARGS:-}
