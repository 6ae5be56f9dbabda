#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Rules and patterns beside a model of the reference's: see model.py.

command -v python3 >/dev/null || {
	echo '1..0 # SKIP no python3'
	exit 0
}

exec python3 -u "$(dirname "$0")/model.py" "$SRT_HELPERS"
