#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every attack on files, layer by layer, by an ordinary user: see
# fs_layers.sh.

. "$(dirname "$0")/lib.sh"
rig
. "$(dirname "$0")/fs_layers.sh"

[ -x "$tool" ] || skip_all "no helper"

tree=/tmp/tree		# in memory: see rig_tmp
layers_all user

done_testing
