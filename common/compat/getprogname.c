/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>

/* getprogname(3) from glibc's and musl's own variable. */
const char *
getprogname(void)
{
	return program_invocation_short_name;
}
