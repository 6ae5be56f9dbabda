#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What a role that was taken over says in good form, and must not get.

. "$(dirname "$0")/lib.sh"
[ -z "${SRT_SANITIZE:-}" ] || skip_all "not with a sanitizer"
rig
have python3 || skip_all "no python3"
[ -x "${SRT_HELPERS:-}/taken/bin/srt" ] || skip_all "no test programs"
export E2E
exec python3 "$E2E/forge.py"
