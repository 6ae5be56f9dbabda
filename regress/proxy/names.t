#!/bin/sh
# SPDX-License-Identifier: ISC
#
# DNS, connect(2) and server names in TLS, as srt-proxy handles them: see
# names.py.

. "$(dirname "$0")/../e2e/lib.sh"
for tool in python3 openssl; do
	have "$tool" || skip_all "no $tool"
done
# Every address is local, as it is in the sandbox.
if [ "${RIG_LEVEL:-0}" = 1 ]; then
	ip link set lo up &&
	    ip route add local 192.0.2.0/24 dev lo &&
	    ip -6 route add local 2001:db8:1::/64 dev lo || exit 1
fi
rig
rig_certificate || exit 1
exec python3 -u "$TOP/regress/proxy/names.py" \
    "${SRT_HELPERS:-$O/regress}/proxyd" "$O/libexec/srt/srt-proxy" "$T/etc"
