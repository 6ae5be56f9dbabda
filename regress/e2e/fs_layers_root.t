#!/bin/sh
# SPDX-License-Identifier: ISC
#
# As fs_layers.t, by the machine's own root.  No rig; all that an attack can
# change when nothing holds it lies in this test's folder, and knobs are
# opened only.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/fs_layers.sh"

[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ "$(cut -d' ' -f4 /proc/self/uid_map | tail -c 11 | tr -d ' ')" != 1 ] ||
    skip_all "root of a user namespace only"
[ -x "$tool" ] || skip_all "no helper"
if [ -z "${LAYERS_ROOT:-}" ]; then
	why=$(unshare -m true 2>&1) || skip_all "no mount namespace: $why"
	LAYERS_ROOT=1 exec unshare -m sh "$0"
fi

T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
T=$(cd "$T" && pwd -P)
trap 'cd /; umount -l "$T" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 143' HUP INT TERM
mount -n -t tmpfs -o mode=755 attack "$T" || skip_all "no tmpfs"
W=$T

tree=$T/tree
layers_all root

done_testing
