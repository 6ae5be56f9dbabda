#!/bin/sh
# SPDX-License-Identifier: ISC
#
# srt-proxy's parsers of HTTP beside those of others: see http_diff.py.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null 2>&1 || {
	echo '1..0 # SKIP no python3'
	exit 0
}
# shellcheck disable=SC2086
exec python3 -u "$TOP/regress/proxy/http_diff.py" \
    "${SRT_HELPERS:-${O:-$TOP/build}/regress}" "$TOP/regress/fuzz/corpus" \
    ${BENCH_ARGS:-}
