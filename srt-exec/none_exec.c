/* SPDX-License-Identifier: ISC */

/*
 * srt-exec where there is no way to hold a command: it runs none.  srt does
 * not start it; should anybody, it says why.
 */

#include "compat.h"

#include "log.h"

int
main(void)
{
	log_init("srt-exec", 0);
	fatalx("there is no way to hold a command on this system yet");
}
