#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the broker opened for a program it does not keep open: a file is closed
# when the program has closed it.

. "$(dirname "$0")/lib.sh"

x -w "$W" -- "$SRT_HELPERS/linger" 5000
is 0 'the lock of a closed file is gone' 'lock: 0 of 5000'
is 0 'nobody writes to a program that was closed' 'program: 0 of 500'
is 0 'a closed FIFO has no writer' 'fifo: 0 of 5000'

finish
