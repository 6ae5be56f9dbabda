#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A role that was taken over can do what PRIVSEP.md says, and nothing else:
# each one tries, right after it has confined itself.

. "$(dirname "$0")/lib.sh"
[ -z "${SRT_SANITIZE:-}" ] || skip_all "not with a sanitizer"
rig
have python3 || skip_all "no python3"
[ -x "${SRT_HELPERS:-}/taken/bin/srt" ] || skip_all "no test programs"
exec python3 "$E2E/taken_try.py"
