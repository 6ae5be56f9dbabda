#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Job control under a terminal: what a shell outside sees of a command that
# stops and goes on, and what becomes of the terminal.

. "$(dirname "$0")/lib.sh"
rig
have python3 || skip_all "no python3"
have bash || skip_all "no bash"

exec python3 "$E2E/jobcontrol.py"
