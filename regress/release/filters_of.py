# SPDX-License-Identifier: ISC
#
# The seccomp programs embedded in files: every one begins by looking at the
# machine that a call is made on.  Prints for each file how many there are
# and for which machines they are.

import struct
import sys

LOAD_ARCH = struct.pack("<HBBI", 0x20, 0, 0, 4)
MACHINES = {0xc000003e: "x86_64", 0xc00000b7: "aarch64"}

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        data = file.read()
    found = {}
    at = data.find(LOAD_ARCH)
    while at != -1:
        code, _, _, value = struct.unpack_from("<HBBI", data, at + 8)
        if code == 0x15:
            machine = MACHINES.get(value, hex(value))
            found[machine] = found.get(machine, 0) + 1
        at = data.find(LOAD_ARCH, at + 8)
    print(name.rsplit("/", 1)[-1], *sorted(found))
