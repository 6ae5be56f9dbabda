/* SPDX-License-Identifier: ISC */

/* Where the intervals are the system's, as on OpenBSD. */

#include "compat.h"

#include "proxy.h"

void
keepalive_set(int fd)
{
	(void)fd;
}
