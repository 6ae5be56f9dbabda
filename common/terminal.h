/* SPDX-License-Identifier: ISC */
#ifndef TERMINAL_H
#define TERMINAL_H

/*
 * What comes after this can be read, whatever the command has left of the
 * terminal; nothing of it shows, and none of it clears the screen.  In this
 * order: ends a sequence or string that is not finished (CAN, ST), the mode
 * of a VT52, which knows none of this, and what goes to a printer; colours and
 * concealment; the letters (SI, ASCII as G0); the other screen; margins at the
 * sides, and those at top and bottom, which would move the cursor; lines that
 * end at the edge.  The palette stays: it may be the user's own.
 */
#define TERMINAL_PLAIN							\
	"\030\033\\\033<\033[4i\033[m\017\033(B\033[?47l"		\
	"\033[?69l\0337\033[r\0338\033[?7h"

#endif /* TERMINAL_H */
