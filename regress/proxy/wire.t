#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What srt-proxy says and does, byte by byte: see wire.py.

. "$(dirname "$0")/../e2e/lib.sh"
have python3 || skip_all "no python3"
rig
exec python3 -u "$E2E/wire.py" "${SRT_HELPERS:-$O/regress}/proxyd" \
    "$O/libexec/srt/srt-proxy"
